"""Read scores in MusicXML, compressed or not, through music21."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.adapters import annotated_scores, music21_scores
from toolkit.errors import InputError
from toolkit.values import Note, Notes

SUFFIXES = (".musicxml", ".mxl", ".xml")

_TEMPO = 100.0
_FIRST_BYTES = 4096
_ACCENTS = ((4.0, 0.74), (2.0, 0.7), (1.0, 0.66))
_OFF_BEAT = 0.6


def is_musicxml(path: Path) -> bool:
    """Return whether a file's name and first bytes are those of MusicXML."""
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(_FIRST_BYTES)
    return start.startswith(b"PK") or b"<score-" in start or start.lstrip().startswith(b"<?xml")


def read(path: Path) -> Notes:
    """Return the notes of a score with its tempo and meters; repeats are played.

    Raises
    ------
    InputError
        If it cannot be read as MusicXML.
    ToolkitError
        If music21 is not installed.
    """
    with music21_scores.quietly() as music21:
        try:
            score = music21.converter.parse(path, format="musicxml", forceSource=True)
            played = _unfolded(music21_scores.first_of(score))
            annotated = annotated_scores.of_parts(played)
            tempo = _tempo(played)
        except Exception as error:  # its parser raises whatever its own code stumbles over
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(
                f"{path.name}: broken MusicXML: {reason}", "open and save it in a score editor"
            ) from error
    return _notes(annotated, tempo)


def _unfolded(score: Any) -> Any:
    """Return the score with its repeats written out; as it is where they do not add up."""
    from music21.repeat import ExpanderException

    try:
        return score.expandRepeats()
    except ExpanderException:
        return score


def _tempo(score: Any) -> float:
    """Return the first tempo that is marked, in quarter notes a minute."""
    marks = score.flatten().getElementsByClass("MetronomeMark")
    found = [mark.getQuarterBPM() for mark in marks]
    return float(next((each for each in found if each), _TEMPO))


def _notes(score: annotated_scores.Score, tempo: float) -> Notes:
    second = 60.0 / tempo
    notes = tuple(
        Note(begin * second, (begin + length) * second, pitch, _accent(begin))
        for begin, length, pitch, _ in score.notes
    )
    meters: list[tuple[float, int, int]] = []
    for bar in score.bars:
        numerator = max(round(bar.length * bar.denominator / 4), 1)
        if not meters or meters[-1][1:] != (numerator, bar.denominator):
            meters.append((bar.start * second, numerator, bar.denominator))
    return Notes(notes, tempo_map=((0.0, tempo),), meters=tuple(meters))


def _accent(quarter: float) -> float:
    return next((loud for every, loud in _ACCENTS if quarter % every == 0), _OFF_BEAT)
