"""One network architecture a file, with its Config."""
