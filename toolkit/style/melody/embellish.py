"""Vary a tune in the manner of an idiom, so that it remains the tune.

What is structural stays: strong beats, long notes, turns of the contour, ends of phrases. The rest
is re-timed, left out, ornamented by rule or, in jazz and blues, led on by a network that learned
from transcribed solos how players go from one note to another. Of several variants of each phrase
the best is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.style.melody.line_steps import SLOTS
from toolkit.style.melody.line_writing import LineWriter, Place, Point
from toolkit.style.melody.melody_moves import BLUES_STEPS
from toolkit.style.melody.ornamenting import answered, ornamented
from toolkit.style.melody.retiming import Spans, is_locked, retimed

CANDIDATES = 4

_LEARNED = ("jazz", "blues")
_BLUES_TASTE = 0.9
_DENSITY = (0.45, 1.2)
_FASTEST_SECOND = 5.5
_SLOW_TEMPO = 100.0
_REST_BEATS = 1.0
_FILL_REST = 1.5
_FILLS = 1.1
_TOUCHED = (0.2, 0.9)
_SHORTEST_GAP = 0.7
_UNEVEN = (0.4, 1.6)
_LONGEST = 1.0
_ORNAMENT = 0.2
_SOFTER = 0.88
_NO_NEWS = -3.2
_FIT, _MISSED = 0.8, 0.6


@dataclass(frozen=True)
class _Variant:
    """Hold one way to go through a phrase: the notes put in, and how good it is."""

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
        0 leaves the melody as it is, 1 is free.
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
    notes = retimed(sheet, amount, rng, locked)
    if idiom == "blues":
        notes = answered(sheet, notes, amount, rng, locked)
    writer = LineWriter(sheet, _taste(sheet, idiom), idiom == "blues", model)
    added = _lines(writer, notes, amount, rng, locked)
    whole = _one_at_a_time(sorted([*notes, *added], key=lambda note: note.onset))
    return replace(sheet, melody=ornamented(sheet, whole, idiom, amount, rng, locked))


def _lines(
    writer: LineWriter,
    notes: tuple[LineNote, ...],
    amount: float,
    rng: np.random.Generator,
    locked: Spans,
) -> list[LineNote]:
    """Return what is put between the notes, phrase by phrase, the best of some variants."""
    added: list[LineNote] = []
    place = Place(_point(notes[0]))
    first = 0
    phrases = [writer.sheet.phrase_at(note.onset).onset for note in notes]
    for index in range(1, len(notes) + 1):
        if index < len(notes) and phrases[index] == phrases[first]:
            continue
        span = notes[first : index + 1]
        variants = [_variant(writer, span, place, amount, rng, locked) for _ in range(CANDIDATES)]
        best = max(variants, key=lambda each: each.score)
        added += best.added
        place = best.place
        first = index
    return added


def _variant(
    writer: LineWriter,
    notes: Sequence[LineNote],
    place: Place,
    amount: float,
    rng: np.random.Generator,
    locked: Spans,
) -> _Variant:
    """Return one way through some notes."""
    added: list[LineNote] = []
    likelihood, fits = 0.0, 0.0
    for note, after in pairwise(notes):
        goal = _point(after)
        count = 0
        if not is_locked(locked, note.onset, after.onset):
            count = _how_many(writer, note, after, amount, rng)
        points, chance, place = writer.write(place, goal, count, rng)
        likelihood += chance
        fits += sum(_fits(writer.sheet, point) for point in points)
        added += _as_notes(points, note, after)
    if not added:
        return _Variant((), place, _NO_NEWS)
    length = max(notes[-1].onset - notes[0].onset, 1.0)
    rate = (len(added) + len(notes) - 1) / length
    missed = abs(rate - _density(writer.sheet, amount))
    score = (likelihood + _FIT * fits) / len(added) - _MISSED * missed
    return _Variant(tuple(added), place, score)


def _how_many(
    writer: LineWriter, note: LineNote, after: LineNote, amount: float, rng: np.random.Generator
) -> int:
    """Draw how many notes to put between two: none in most short gaps and breaths."""
    touch, uneven, up = rng.random(), rng.uniform(*_UNEVEN), rng.random()
    gap, rest = after.onset - note.onset, after.onset - note.offset
    wanted = _TOUCHED[0] + _TOUCHED[1] * amount
    if rest >= _REST_BEATS:
        wanted = _FILLS * amount if rest >= _FILL_REST else 0.5 * amount
    if gap < _SHORTEST_GAP or touch > wanted:
        return 0
    if rest >= _REST_BEATS:
        gap = min(gap, max(rest, 1.5))
    mean = _density(writer.sheet, amount) * gap * uneven - 1
    return max(int(np.floor(mean + up)), 0)


def _density(sheet: LeadSheet, amount: float) -> float:
    """Return how many notes a beat there are to be, fewer when fast, more when slow."""
    usual = _DENSITY[0] + _DENSITY[1] * amount
    slow = max(_SLOW_TEMPO / sheet.tempo, 1.0) ** 0.5
    return float(min(usual * slow, _FASTEST_SECOND * 60 / sheet.tempo))


def _fits(sheet: LeadSheet, point: Point) -> float:
    """Return 1 for a chord tone, 0.5 between beats whatever it is."""
    span = sheet.chord_at(max(point.slot / SLOTS, 0.0))
    if span is not None and point.pitch % 12 in span.chord.pitch_classes:
        return 1.0
    return 0.5 if point.slot % SLOTS else 0.0


def _as_notes(points: Sequence[Point], note: LineNote, after: LineNote) -> tuple[LineNote, ...]:
    """Return points as notes that sound up to the next one, a beat at most."""
    ends = [*(point.slot / SLOTS for point in points[1:]), after.onset][: len(points)]
    velocity = round(_SOFTER * (note.velocity + after.velocity) / 2, 2)
    return tuple(
        LineNote(
            point.slot / SLOTS,
            min(end - point.slot / SLOTS, _LONGEST),
            point.pitch,
            _ORNAMENT,
            velocity,
        )
        for point, end in zip(points, ends, strict=True)
    )


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
