"""Sort notes into chords, hands and voices, as a staff shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

from toolkit.dsp.note_values import UNITS, place
from toolkit.io.timeline import Timeline
from toolkit.values import Note

_MIDDLE_C = 60
_REACH = range(48, 72)
_GAP = 5
_VOICES = 2


@dataclass(frozen=True)
class Chord:
    """Hold notes that begin and end together, from `start` to `stop` in units of a score's grid."""

    start: int
    stop: int
    notes: tuple[Note, ...]


def chords(notes: Sequence[Note], line: Timeline, steps: dict[int, int]) -> list[Chord]:
    """Return the chords of notes on the grid `steps` (see `toolkit.dsp.note_values.grids`).

    Of notes of one pitch at one place the longest is kept.
    """
    longest: dict[tuple[int, int], tuple[int, Note]] = {}
    for note in notes:
        start = place(line.quarter(note.onset), steps)
        # A note is at least as long as its quarter's grid is fine.
        shortest = steps.get(start // 12, 3)
        stop = max(place(line.quarter(note.offset), steps), start + shortest)
        stop = max(stop, start + 1)
        if longest.get((start, note.pitch), (0, note))[0] < stop:
            longest[start, note.pitch] = (stop, note)
    together: dict[tuple[int, int], list[Note]] = defaultdict(list)
    for (start, _), (stop, note) in longest.items():
        together[start, stop].append(note)
    return [
        Chord(start, stop, tuple(sorted(group, key=lambda note: note.pitch)))
        for (start, stop), group in sorted(together.items())
    ]


def strokes(found: Sequence[Chord]) -> list[Chord]:
    """Return drums as they are written: one chord a place, held to the next or the quarter's end.

    How long a drum sounds is not written, and rests as short as its sticks' touch are hard to read.
    """
    struck: dict[int, dict[int, Note]] = defaultdict(dict)
    for chord in found:
        struck[chord.start] |= {note.pitch: note for note in chord.notes}
    held = []
    for start, following in zip_longest(starts := sorted(struck), starts[1:]):
        quarter = (start // UNITS + 1) * UNITS
        stop = quarter if following is None else min(following, quarter)
        held.append(
            Chord(start, stop, tuple(struck[start][pitch] for pitch in sorted(struck[start])))
        )
    return held


def hands(found: Sequence[Chord]) -> tuple[list[Chord], list[Chord]]:
    """Return what the right and what the left hand plays."""
    by_start: dict[int, list[int]] = defaultdict(list)
    for chord in found:
        by_start[chord.start] += [note.pitch for note in chord.notes]
    right: list[Chord] = []
    left: list[Chord] = []
    for chord in found:
        border = _border(sorted(by_start[chord.start]))
        for hand, own in (
            (right, tuple(note for note in chord.notes if note.pitch >= border)),
            (left, tuple(note for note in chord.notes if note.pitch < border)),
        ):
            if own:
                hand.append(replace(chord, notes=own))
    return right, left


def _border(pitches: Sequence[int]) -> float:
    """Return the pitch that divides the hands: the middle of the widest gap near middle C."""
    gaps = [
        (high - low, (high + low) / 2)
        for low, high in pairwise(pitches)
        if int((high + low) / 2) in _REACH
    ]
    widest = max(gaps, default=(0, 0.0))
    return widest[1] if widest[0] >= _GAP else _MIDDLE_C


def voices(found: Sequence[Chord]) -> list[list[Chord]]:
    """Return up to two voices, in each of which nothing overlaps.

    Higher chords come first into the upper voice. What fits into neither cuts the chord that ends
    last; what begins with that joins it.
    """
    parted: list[list[Chord]] = [[] for _ in range(_VOICES)]
    for chord in sorted(found, key=lambda each: (each.start, -each.notes[-1].pitch, each.stop)):
        free = next((v for v in parted if not v or v[-1].stop <= chord.start), None)
        if free is not None:
            free.append(chord)
            continue
        voice = min(parted, key=lambda each: (each[-1].start == chord.start, each[-1].start))
        former = voice[-1]
        if former.start == chord.start:
            merged = {note.pitch: note for note in (*former.notes, *chord.notes)}
            notes = tuple(merged[pitch] for pitch in sorted(merged))
            voice[-1] = Chord(former.start, max(former.stop, chord.stop), notes)
        else:
            voice[-1] = replace(former, stop=chord.start)
            voice.append(chord)
    return parted
