"""Vary a tune in the manner of an idiom, so that it remains the tune.

What is structural stays: strong beats, long notes, turns of the contour, ends of phrases. The rest
is re-timed, left out, ornamented by rule or, in jazz and blues, led on by a network that learned
from transcribed solos how players go from one note to another. Of several variants of each phrase
the one is taken that is most like solos.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from toolkit.style.band.tempo_choice import rescaled
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.style.melody.filling import as_notes, how_many
from toolkit.style.melody.line_steps import SLOTS
from toolkit.style.melody.line_traits import likeness
from toolkit.style.melody.line_writing import LineWriter, Place, Point
from toolkit.style.melody.melody_moves import BLUES_STEPS
from toolkit.style.melody.ornamenting import answered, ornamented
from toolkit.style.melody.retiming import Phrasing, Spans, is_locked
from toolkit.style.melody.unquoted import unquoted

CANDIDATES = 5

_LEARNED = ("jazz", "blues")
_BLUES_TASTE = 0.9
_DOUBLE_TIME_BELOW = 70.0


@dataclass(frozen=True)
class _Variant:
    """Hold one way to go through a phrase: tune, notes put in, where it arrives, how good it is."""

    tune: tuple[LineNote, ...]
    added: tuple[LineNote, ...]
    place: Place
    score: float


def embellish(
    sheet: LeadSheet,
    *,
    amount: float,
    idiom: str,
    rng: np.random.Generator,
    locked: Spans = (),
    model: Any = None,
) -> LeadSheet:
    """Return a lead sheet whose melody is varied.

    Parameters
    ----------
    sheet : LeadSheet
        With the chords that will be played, since what is put in follows them.
    amount : float
        0 leaves the melody as it is, 1 is nearly a solo over its chords.
    idiom : str
        One of `toolkit.style.style.IDIOMS`.
    rng : np.random.Generator
        The same state gives the same melody.
    locked : sequence of (begin, end)
        Spans in beats in which nothing changes.
    model : nn.Module, optional
        `toolkit.models.line_stylist.Model`; the shipped one unless given.

    Returns
    -------
    LeadSheet
        Notes that were put in have a weight below 0.5; all others keep theirs and their pitch.
    """
    if amount <= 0 or not sheet.melody:
        return sheet
    if idiom not in _LEARNED:
        return replace(sheet, melody=ornamented(sheet, sheet.melody, idiom, amount, rng, locked))
    # The lines of a slow tune go in double time: its beats are counted as two.
    beat = 2.0 if sheet.tempo < _DOUBLE_TIME_BELOW and sheet.parts == 2 else 1.0
    felt = rescaled(sheet, beat, beat * sheet.tempo)
    spans = tuple((beat * begin, beat * end) for begin, end in locked)
    varied = _varied(felt, amount, idiom, rng, spans, model)
    notes = tuple(
        replace(note, onset=note.onset / beat, duration=note.duration / beat) for note in varied
    )
    return replace(sheet, melody=notes)


def _varied(
    sheet: LeadSheet,
    amount: float,
    idiom: str,
    rng: np.random.Generator,
    locked: Spans,
    model: Any,
) -> tuple[LineNote, ...]:
    """Return the melody as it is played in a learned idiom."""
    phrasing = Phrasing(sheet, amount, locked)
    writer = LineWriter(sheet, _taste(sheet, idiom), idiom == "blues", model)
    whole = _one_at_a_time(_lines(writer, phrasing, rng))
    if idiom == "blues":
        whole = _one_at_a_time(answered(sheet, whole, amount, rng, locked))
    played = ornamented(sheet, whole, idiom, amount, rng, locked)
    return unquoted(played, sheet.melody, locked)


def _lines(
    writer: LineWriter, phrasing: Phrasing, rng: np.random.Generator
) -> tuple[LineNote, ...]:
    """Return the melody phrase by phrase, each in the best of some variants."""
    melody = writer.sheet.melody
    (begun,) = phrasing.notes(0, 1, None, rng)
    played: list[LineNote] = []
    place = Place(_point(begun))
    first = 1
    phrases = [writer.sheet.phrase_at(note.onset).onset for note in melody]
    for index in range(1, len(melody) + 1):
        if index < len(melody) and phrases[index] == phrases[first]:
            continue
        # Up to the first note of the next phrase, which the next one goes on from.
        last = min(index + 1, len(melody))
        variants = [
            _variant(writer, phrasing, (first, last), begun, place, rng) for _ in range(CANDIDATES)
        ]
        best = max(variants, key=lambda each: each.score)
        played += [*best.tune[:-1], *best.added]
        begun, place = best.tune[-1], best.place
        first = last
        if first >= len(melody):
            break
    return tuple(sorted([*played, begun], key=lambda note: note.onset))


def _variant(
    writer: LineWriter,
    phrasing: Phrasing,
    span: tuple[int, int],
    begun: LineNote,
    place: Place,
    rng: np.random.Generator,
) -> _Variant:
    """Return one way through some notes."""
    tune = phrasing.notes(*span, begun, rng)
    added: list[LineNote] = []
    for note, after in pairwise(tune):
        count = 0
        if not is_locked(phrasing.locked, note.onset, after.onset):
            count = how_many(writer.sheet, note, after, phrasing.amount, rng)
        points, place = writer.write(place, _point(after), count, rng)
        added += as_notes(points, note, after)
    line = sorted([*tune, *added], key=lambda note: note.onset)
    return _Variant(tune, tuple(added), place, likeness(writer.sheet, line))


def _taste(sheet: LeadSheet, idiom: str) -> Any:
    """Return what the idiom adds to the logarithm of each pitch class's chance."""
    taste = np.zeros(12)
    if idiom == "blues":
        tonic, _ = tonic_and_mode(sheet.key_at(0.0))
        taste[[(tonic + step) % 12 for step in BLUES_STEPS]] = _BLUES_TASTE
    return taste


def _point(note: LineNote) -> Point:
    return Point(round(note.onset * SLOTS), note.pitch)


def _one_at_a_time(notes: Sequence[LineNote]) -> tuple[LineNote, ...]:
    """Return notes cut where the next one begins; of two at one place the structural one stays."""
    kept: list[LineNote] = []
    for note in notes:
        if kept and note.onset - kept[-1].onset < 1 / SLOTS - 1e-6:
            kept[-1] = max(kept[-1], note, key=lambda each: each.weight)
        else:
            kept.append(note)
    ends = [*(note.onset for note in kept[1:]), np.inf]
    return tuple(
        replace(note, duration=min(note.duration, end - note.onset))
        for note, end in zip(kept, ends, strict=True)
    )
