"""Put other chords under a tune."""
