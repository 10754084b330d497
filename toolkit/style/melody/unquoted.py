"""Take apart what a line happens to have in common with somebody's solo.

A network that learned from solos falls into their commonest turns, and now and then one after the
other until nine notes are those of a solo. Eight in a row are language, more are a quotation: from
a longer run a note is left out that was put in. The runs are kept as numbers of 32 bits, one for
each row of nine notes of the training solos; a line of its own meets one of them by chance once in
seventy thousand times, and then lacks a note it could have had.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt

from toolkit.shipped import folder
from toolkit.style.lead_sheet import LineNote
from toolkit.style.melody.line_steps import SLOTS
from toolkit.style.melody.retiming import Spans, is_locked

NOTES = 9
"""How many notes in a row are too many."""

STEPS = NOTES - 1

PATH = folder("checkpoints") / "embellish-jazz" / "said_runs.npy"
"""Where `toolkit.training.said_runs` keeps the numbers."""

_LEGATO = 0.1

Word = tuple[tuple[int, int], ...]
"""(semitones, twelfths of a beat) from each note of a run to the next."""


def number_of(word: Word) -> int:
    """Return the number of 32 bits that stands for a run, whatever its key."""
    return zlib.crc32(np.array(word, "<i2").tobytes())


def unquoted(
    notes: Sequence[LineNote], source: Sequence[LineNote], locked: Spans = ()
) -> tuple[LineNote, ...]:
    """Return a line in which no nine notes in a row are those of a training solo.

    Parameters
    ----------
    notes : sequence of LineNote
        One at a time, ascending.
    source : sequence of LineNote
        The tune that was varied: its own notes stay, wherever else they may be.
    locked : sequence of (begin, end)
        Spans in beats that stay as they are.
    """
    own = {(round(note.onset * SLOTS), note.pitch) for note in source}
    line = list(notes)
    at = 0
    while at + NOTES <= len(line):
        if not _is_said(_word(line[at : at + NOTES])):
            at += 1
            continue
        free = [
            index
            for index in range(at + 1, at + NOTES - 1)
            if (round(line[index].onset * SLOTS), line[index].pitch) not in own
            and not is_locked(locked, line[index].onset, line[index].offset)
        ]
        if not free:
            at += 1
            continue
        # What lies between beats is missed least, and two short runs least resemble one long.
        middle = at + NOTES // 2
        gone = min(free, key=lambda index: (_on_beat(line[index]), abs(index - middle)))
        line[gone - 1 : gone + 1] = [_without(line[gone - 1], line[gone])]
        at = max(at - STEPS, 0)
    return tuple(line)


def _word(notes: Sequence[LineNote]) -> Word:
    slots = [round(note.onset * SLOTS) for note in notes]
    return tuple(
        (notes[at + 1].pitch - notes[at].pitch, slots[at + 1] - slots[at])
        for at in range(len(notes) - 1)
    )


def _is_said(word: Word) -> bool:
    said = _said()
    number = np.uint32(number_of(word))
    at = int(np.searchsorted(said, number))
    return at < len(said) and bool(said[at] == number)


@cache
def _said() -> npt.NDArray[np.uint32]:
    found: npt.NDArray[np.uint32] = np.load(PATH)
    return found


def _on_beat(note: LineNote) -> bool:
    return round(note.onset * SLOTS) % SLOTS == 0


def _without(note: LineNote, gone: LineNote) -> LineNote:
    """Return a note that also lasts as long as the one after it, if it was bound to it."""
    if gone.onset - note.offset > _LEGATO:
        return note
    return replace(note, duration=gone.offset - note.onset)
