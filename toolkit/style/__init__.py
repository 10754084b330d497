"""Symbolic music: what notes say about beats, bars, keys, chords and swing."""
