"""Write notes down as a lead sheet: grid, voices, chords, phrases."""
