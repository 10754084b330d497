"""Hear beats, bars, keys, chords and swing in notes."""
