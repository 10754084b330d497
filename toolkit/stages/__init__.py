"""One stage a file; the file's name is its key. See README.md in this folder."""
