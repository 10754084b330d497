"""Audio files in and out: every chunk and tag kept, every write atomic."""
