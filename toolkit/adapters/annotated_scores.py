"""Read scores of the music21 corpus with their bars, meters and key signatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.adapters import music21_scores


@dataclass(frozen=True)
class Bar:
    """Hold one bar of a score.

    Parameters
    ----------
    start, length : float
        In quarter notes from the beginning of the score; a pickup is shorter than its meter.
    numerator, denominator : int
        The time signature in force.
    """

    start: float
    length: float
    numerator: int
    denominator: int


@dataclass(frozen=True)
class Score:
    """Hold a score as numbers.

    Parameters
    ----------
    notes : tuple[tuple[float, float, int, int], ...]
        (onset in quarter notes, duration in quarter notes, MIDI pitch, part from the top),
        ascending; tied notes are one.
    bars : tuple[Bar, ...]
        Ascending.
    sharps : tuple[tuple[float, int], ...]
        (onset in quarter notes, number of sharps, flats being negative), ascending.
    """

    notes: tuple[tuple[float, float, int, int], ...]
    bars: tuple[Bar, ...]
    sharps: tuple[tuple[float, int], ...]


def annotated_score(work: str) -> Score:
    """Return a score of the corpus as notes and bars.

    Parameters
    ----------
    work : str
        Path of the work inside music21's corpus.

    Raises
    ------
    ToolkitError
        If `music21` is not installed.
    """
    with music21_scores.quietly() as music21:
        return of_parts(music21.corpus.parse(work))


def of_parts(score: Any) -> Score:
    """Return a score of music21 as notes and bars, the bars being those of its first part."""
    parts = list(score.parts)
    flat = [part.flatten().stripTies() for part in parts]
    bars = tuple(_bar(each) for each in parts[0].getElementsByClass("Measure"))
    return Score(
        tuple(sorted(note for number, part in enumerate(flat) for note in _notes(part, number))),
        tuple(bar for bar in bars if bar.length > 0),
        tuple(
            (float(each.offset), int(each.sharps))
            for each in parts[0].flatten().getElementsByClass("KeySignature")
        ),
    )


def _notes(part: Any, number: int) -> list[tuple[float, float, int, int]]:
    return [
        (float(element.offset), float(element.quarterLength), int(pitch.midi), number)
        for element in part.notes
        if element.quarterLength > 0
        for pitch in element.pitches
    ]


def _bar(measure: Any) -> Bar:
    meter = measure.timeSignature or measure.getContextByClass("TimeSignature")
    return Bar(
        float(measure.offset),
        float(measure.duration.quarterLength),
        int(meter.numerator) if meter else 4,
        int(meter.denominator) if meter else 4,
    )
