"""Read where the chords of an analysis in Roman numerals stand, to lay them over their score."""

from __future__ import annotations

from toolkit.adapters import music21_scores
from toolkit.style.chord import QUALITIES, Chord

Placed = tuple[float, float, Chord]


def placed(path: str) -> tuple[Placed, ...]:
    """Return the chords of an analysis as (begin, end, chord), in quarter notes, ascending.

    What is no chord of `toolkit.style.chord.QUALITIES`, such as an augmented sixth, is left out.

    Parameters
    ----------
    path : str
        Of the analysis in music21's corpus, as `toolkit.adapters.roman_chords.analyses` lists it.

    Raises
    ------
    ToolkitError
        If music21 is not installed.
    """
    with music21_scores.quietly() as music21:
        score = music21.corpus.parse(path)
        numerals = list(score.flatten().getElementsByClass("RomanNumeral"))
        found = []
        for each in numerals:
            tones = {int(pitch.pitchClass) for pitch in each.pitches}
            root, bass = int(each.root().pitchClass), int(each.bass().pitchClass)
            above = {(tone - root) % 12 for tone in tones}
            named = [name for name, steps in QUALITIES.items() if set(steps) == above]
            begin, length = float(each.offset), float(each.quarterLength)
            if named and length > 0:
                found.append((begin, begin + length, Chord(root, named[0], bass=bass)))
    return tuple(sorted(found, key=lambda each: each[0]))
