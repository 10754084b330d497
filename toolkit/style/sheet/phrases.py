"""Divide a lead sheet into phrases and say which of them are alike.

Bars are compared by their tune and their harmony (the self-similarity of J. Foote, "Visualizing
music and audio using self-similarity", 1999). A phrase is likely to end with a long note, a rest or
a cadence, and to begin where something comes back; of all divisions the cheapest is found by
dynamic programming, lengths of two, four and eight bars costing least (E. Cambouropoulos' local
boundaries, 2001, with the hypermeter of D. Temperley, 2001).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.style.lead_sheet import LeadSheet, LineNote, Phrase

Array = npt.NDArray[np.float64]

_SLOTS = 8  # of a bar, for its tune
_LENGTHS = {1: 2.4, 2: 1.0, 3: 1.8, 4: 0.0, 5: 1.7, 6: 1.0, 7: 2.0, 8: 0.0, 9: 2.0, 10: 1.4,
            12: 0.9, 16: 0.8}  # fmt: skip
_SECONDS, _PER_DOUBLING = 10.0, 0.7
_PHRASE, _BOUNDARY = 1.6, 2.0
_REST, _CADENCE, _HALF_CADENCE, _RETURN, _CHANGE = 0.8, 0.5, 0.2, 0.9, 0.4
_ALIKE, _OPENS_ALIKE = 0.80, 0.93
_MOST_COMPARED = 400


def phrases(sheet: LeadSheet) -> tuple[Phrase, ...]:
    """Return the phrases of a sheet, which begin at bar lines and cover all bars.

    Parameters
    ----------
    sheet : LeadSheet
        Its own phrases, if any, are not looked at.
    """
    described = _described(sheet)
    edges = _best_edges(sheet, _boundaries(sheet, described))
    starts = [sheet.bars[index].onset for index in edges[:-1]]
    ends = [*starts[1:], sheet.length]
    labels = _labels(described, edges)
    return tuple(
        Phrase(start, end - start, label)
        for start, end, label in zip(starts, ends, labels, strict=True)
    )


def _described(sheet: LeadSheet) -> Array:
    """Return the tune and the tones of each bar, shape (bars, features), of length 1."""
    tune = _roll(sheet, sheet.melody, _SLOTS)
    tones = _roll(sheet, (*sheet.melody, *sheet.bass, *sheet.inner), 2)
    return np.asarray(np.hstack([_unit(tune), _unit(np.sqrt(tones))]) / np.sqrt(2))


def _roll(sheet: LeadSheet, notes: Sequence[LineNote], slots: int) -> Array:
    """Return how long each pitch class sounds in the slots of each bar, (bars, slots * 12)."""
    starts = np.array([bar.onset for bar in sheet.bars])
    beats = np.array([bar.beats for bar in sheet.bars])
    out = np.zeros((len(starts) * slots, 12))
    edges = np.append((starts[:, None] + np.arange(slots) / slots * beats[:, None]).ravel(), 0)
    edges[-1] = sheet.length
    for note in notes:
        first = max(int(np.searchsorted(edges, note.onset + 1e-6, side="right")) - 1, 0)
        stop = min(int(np.searchsorted(edges, note.offset - 1e-6)), len(out))
        for slot in range(first, stop):
            covered = min(note.offset, edges[slot + 1]) - max(note.onset, edges[slot])
            out[slot, note.pitch % 12] += max(covered, 0.0)
    return out.reshape(len(starts), slots * 12)


def _unit(rows: Array) -> Array:
    # Two empty bars are alike: both have the one feature of being so.
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    empty = norm < 1e-9
    return np.hstack([np.where(empty, 0.0, rows / np.maximum(norm, 1e-9)), empty.astype(float)])


def _boundaries(sheet: LeadSheet, described: Array) -> Array:
    """Return how likely a phrase begins with each bar, shape (bars,)."""
    strength = _REST * _rests(sheet) + _cadences(sheet)
    after, before = described[1:], described[:-1]
    strength[1:] += _CHANGE * (1 - (after * before).sum(axis=1))
    strength[1:] += _RETURN * _returns(described)[1:]
    return strength


def _rests(sheet: LeadSheet) -> Array:
    """Return how long the tune pauses towards the end of the bar before, in doublings, 0..2."""
    out = np.zeros(len(sheet.bars))
    if len(sheet.melody) < 2:
        return out
    onset = np.array([note.onset for note in sheet.melody])
    wait = np.append(np.diff(onset), 4.0)
    typical = float(np.median(wait))
    for index in range(1, len(out)):
        before, here = sheet.bars[index - 1].onset, sheet.bars[index].onset
        first, stop = np.searchsorted(onset, [before - 1e-6, here - 1e-6])
        # A note that lasts beyond the bar line by a beat belongs to what follows.
        reach = onset[first:stop] + wait[first:stop]
        longest = wait[first:stop][reach <= here + sheet.bars[index].beats + 1e-6]
        if first == stop:
            out[index] = 1.0
        elif len(longest):
            out[index] = np.clip(np.log2(longest.max() / typical), 0, 2)
    return out


def _cadences(sheet: LeadSheet) -> Array:
    """Return what the harmony before each bar line says: D to T closes, D halfway does a little."""
    out = np.zeros(len(sheet.bars))
    for index in range(1, len(out)):
        last = sheet.chord_at(sheet.bars[index].onset - 0.5)
        before = sheet.chord_at(last.onset - 0.5) if last is not None else None
        if last is None:
            continue
        if last.function == "T" and before is not None and before.function == "D":
            out[index] = _CADENCE
        elif last.function == "D":
            out[index] = _HALF_CADENCE
    return out


def _returns(described: Array) -> Array:
    """Return how clearly something comes back that has not been going on already, 0..1."""
    count = len(described)
    out = np.zeros(count)
    for index in range(1, count - 1):
        earliest = max(index - _MOST_COMPARED, 0)
        same = described[earliest:index] @ described[index]
        same = same + described[earliest + 1 : index + 1] @ described[index + 1]
        before = np.full(index - earliest, 0.5)
        before[1:] = described[earliest : index - 1] @ described[index - 1]
        if earliest:
            before[0] = described[earliest - 1] @ described[index - 1]
        out[index] = np.clip(2 * (same / 2 - 0.55) - before + 0.2, 0, 1).max()
    return out


def _best_edges(sheet: LeadSheet, strength: Array) -> list[int]:
    """Return the indices of the bars that begin phrases, and the number of bars."""
    count = len(sheet.bars)
    seconds = 60 / sheet.tempo * np.array([bar.beats for bar in sheet.bars], float)
    time = np.concatenate([[0.0], np.cumsum(seconds)])
    total = np.full(count + 1, np.inf)
    total[0] = 0.0
    came = np.zeros(count + 1, np.intp)
    for end in range(1, count + 1):
        gain = _BOUNDARY * strength[end] if end < count else 0.0
        for length, price in _LENGTHS.items():
            begin = end - length
            if begin < 0:
                continue
            stretch = abs(np.log2((time[end] - time[begin]) / _SECONDS))
            cost = total[begin] + price + _PER_DOUBLING * stretch + _PHRASE - gain
            if cost < total[end]:
                total[end], came[end] = cost, begin
    edges = [count]
    while edges[-1] > 0:
        edges.append(int(came[edges[-1]]))
    return edges[::-1]


def _labels(described: Array, edges: Sequence[int]) -> list[str]:
    """Return a label for each phrase; what is alike has the same."""
    firsts: list[tuple[int, int]] = []
    labels = []
    for start, stop in itertools.pairwise(edges):
        scores = [_likeness(described, first, (start, stop)) for first in firsts[:_MOST_COMPARED]]
        best = int(np.argmax(scores)) if scores else -1
        if best < 0 or scores[best] < 1:
            best = len(firsts)
            firsts.append((start, stop))
        labels.append(_letters(best))
    return labels


def _likeness(described: Array, first: tuple[int, int], other: tuple[int, int]) -> float:
    """Return 1 or more if two phrases are the same music, by all bars or by how they begin."""
    lengths = first[1] - first[0], other[1] - other[0]
    shared = min(lengths)
    if shared < max(lengths) / 2:
        return 0.0
    pairs = described[first[0] : first[0] + shared] * described[other[0] : other[0] + shared]
    same = pairs.sum(axis=1)
    opening = same[: max((shared + 1) // 2, 1)]
    return float(max(same.mean() / _ALIKE, opening.mean() / _OPENS_ALIKE))


def _letters(number: int) -> str:
    """Return A to Z, then AA, AB and so on."""
    head = _letters(number // 26 - 1) if number >= 26 else ""
    return head + chr(ord("A") + number % 26)
