"""Read the analyses in Roman numerals that the music21 corpus has, and list its chorales."""

from __future__ import annotations

from typing import Any

from toolkit.adapters import music21_scores
from toolkit.errors import InputError
from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.harmony.changes import Changes, joined


def analyses() -> tuple[str, ...]:
    """Return the paths of all analyses in the corpus, sorted.

    Raises
    ------
    ToolkitError
        If music21 is not installed.
    """
    return tuple(path for path in _paths() if path.endswith(".rntxt"))


def chorales() -> tuple[str, ...]:
    """Return the works of J. S. Bach in the corpus by their paths, such as ``bach/bwv253``."""
    found = (path for path in _paths() if path.startswith("bach/bwv"))
    return tuple(path.removesuffix(".mxl") for path in found if path.endswith(".mxl"))


def analysis(path: str) -> Changes:
    """Return one analysis as a chart in its first key.

    Raises
    ------
    InputError
        If it has no chord that is one.
    """
    with music21_scores.quietly() as music21:
        score = music21.corpus.parse(path)
    meter = next(iter(score.recurse().getElementsByClass("TimeSignature")))
    beat = float(meter.beatDuration.quarterLength)
    numerals = list(score.recurse().getElementsByClass("RomanNumeral"))
    chords = [(float(each.quarterLength) / beat, _chord(each), False) for each in numerals]
    known = [(length, chord, opens) for length, chord, opens in chords if chord and length > 0]
    if not known:
        raise InputError(f"{path} has no chords", "choose another analysis")
    key = numerals[0].key
    return joined(path, (int(key.tonic.pitchClass), key.mode == "minor"), meter.beatCount, known)


def _chord(numeral: Any) -> Chord | None:
    tones = {int(pitch.pitchClass) for pitch in numeral.pitches}
    root, bass = int(numeral.root().pitchClass), int(numeral.bass().pitchClass)
    above = {(tone - root) % 12 for tone in tones}
    named = [name for name, steps in QUALITIES.items() if set(steps) == above]
    return Chord(root, named[0], bass=bass) if named else None


def _paths() -> list[str]:
    paths = music21_scores.library().corpus.getCorePaths()
    parts = [str(path).replace("\\", "/").split("/corpus/")[-1] for path in paths]
    return sorted(parts)
