"""Read scores of the music21 corpus as notes."""

from __future__ import annotations

from typing import Any

from toolkit.adapters import music21_scores
from toolkit.values import Note, Notes


def corpus_notes(
    work: str,
    *,
    tempo: float,
    programs: tuple[tuple[int, ...], ...],
    first: float = 0.0,
    length: float = 16.0,
) -> Notes:
    """Return an excerpt of a score at a steady tempo.

    Parameters
    ----------
    work : str
        Path of the work inside music21's corpus.
    tempo : float
        Quarter notes a minute, > 0.
    programs : tuple[tuple[int, ...], ...]
        For each part from the top, the programs that play it: none leaves it out, several double
        it. The last entry serves all further parts.
    first, length : float
        The excerpt, in quarter notes.

    Returns
    -------
    toolkit.values.Notes
        From time 0. Notes that begin before the excerpt are left out, those that outlast it are
        cut at its end. Velocities follow the meter: louder on the downbeat, softer off the beat.

    Raises
    ------
    ToolkitError
        If `music21` is not installed.
    """
    with music21_scores.quietly() as music21:
        score = music21_scores.first_of(music21.corpus.parse(work))
        parts = [part.flatten().stripTies() for part in score.parts]
    seconds = 60.0 / tempo
    found = []
    for index, part in enumerate(parts):
        for program in programs[min(index, len(programs) - 1)]:
            found += _excerpt(part, first, length, seconds, program)
    return Notes(tuple(found))


def _excerpt(part: Any, first: float, length: float, seconds: float, program: int) -> list[Note]:
    notes = []
    for element in part.notes:
        begin = float(element.offset) - first
        end = min(begin + float(element.quarterLength), length)
        if begin < 0 or end - begin < 1e-3:
            continue
        accent = 0.78 if begin % 2 == 0 else 0.7 if begin % 1 == 0 else 0.62
        notes += [
            Note(round(begin * seconds, 6), round(end * seconds, 6), pitch.midi, accent, program)
            for pitch in element.pitches
        ]
    return notes
