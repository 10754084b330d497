"""Symbolic music: lead sheets, chords, styles and arrangements, and all that is done with them."""
