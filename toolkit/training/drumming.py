"""Invent drum parts: a pulse, a beat, a backbeat, other percussion, fills."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from toolkit.values import DRUMS, Note

_KICKS, _SNARES, _PULSES = (35, 36, 36), (38, 38, 40, 37, 39), (42, 42, 42, 51, 59, 44, 70, 54)
_EXTRAS = (46, 56, 60, 61, 62, 63, 64, 69, 75, 76, 54, 53)
_FILL, _CRASHES = (50, 48, 47, 45, 43, 41, 38), (49, 57, 55)
_LENGTH = 0.1
_FILL_SHARE = 0.12

Slots = dict[int, float]
"""Slot of a bar to velocity."""


def drumming(rng: np.random.Generator, beats: Sequence[float]) -> list[Note]:
    """Return a drum part over some beats, one pattern that varies from bar to bar.

    Parameters
    ----------
    rng : np.random.Generator
        Decides meter, subdivision, swing, pattern and loudness.
    beats : sequence of float
        Times in seconds, ascending.
    """
    if len(beats) < 2:
        return []
    per_beat = int(rng.choice([2, 2, 3, 4]))
    slots = per_beat * int(rng.choice([3, 4, 4, 4]))
    grid = _grid(rng, beats, per_beat)
    lines = _pattern(rng, slots, per_beat)
    loudness = float(rng.uniform(0.5, 1.0))
    found = []
    for first in range(0, len(grid) - 1, slots):
        bar = [(pitch, slot, size) for pitch, line in lines for slot, size in line.items()]
        # A bar leaves out a stroke here and there, and adds soft ones.
        bar = [stroke for stroke in bar if rng.random() > 0.06]
        bar += [(38, int(rng.integers(slots)), 0.3) for _ in range(int(rng.poisson(0.4)))]
        if rng.random() < _FILL_SHARE:
            bar = [stroke for stroke in bar if stroke[1] < slots - per_beat]
            bar += _fill(rng, slots, per_beat)
        for pitch, slot, size in bar:
            if first + slot < len(grid):
                onset = max(grid[first + slot] + float(rng.normal(0, 0.006)), 0.0)
                velocity = float(np.clip(loudness * size * rng.uniform(0.8, 1.2), 0.05, 1))
                found.append(Note(onset, onset + _LENGTH, pitch, velocity, DRUMS))
    return found


def _grid(rng: np.random.Generator, beats: Sequence[float], per_beat: int) -> list[float]:
    """Return the times of all slots; where a beat has two, the second may swing."""
    shares = np.arange(per_beat) / per_beat
    if per_beat == 2 and rng.random() < 0.4:
        shares[1] = rng.uniform(0.55, 0.68)
    spans = pairwise(beats)
    return [float(begin + share * (end - begin)) for begin, end in spans for share in shares]


def _pattern(rng: np.random.Generator, slots: int, per_beat: int) -> list[tuple[int, Slots]]:
    kick = {slot: 1.0 for slot in range(slots) if slot == 0 or rng.random() < 0.14}
    backbeat = dict.fromkeys(range(per_beat, slots, 2 * per_beat), 0.9)
    scattered = {slot: 0.8 for slot in range(1, slots) if rng.random() < 0.15}
    step = int(rng.choice([1, 1, max(per_beat // 2, 1), per_beat]))
    accent = float(rng.uniform(0.5, 1.0))
    pulse = {slot: 0.8 * (1 if slot % per_beat == 0 else accent) for slot in range(0, slots, step)}
    lines = [(int(rng.choice(_KICKS)), kick)] if rng.random() < 0.92 else []
    if rng.random() < 0.88:
        lines.append((int(rng.choice(_SNARES)), backbeat if rng.random() < 0.7 else scattered))
    if rng.random() < 0.9:
        lines.append((int(rng.choice(_PULSES)), pulse))
    for _ in range(int(rng.choice([0, 0, 1, 1, 2]))):
        density = float(rng.uniform(0.05, 0.5))
        line = {slot: 0.7 for slot in range(slots) if rng.random() < density}
        lines.append((int(rng.choice(_EXTRAS)), line))
    return lines


def _fill(rng: np.random.Generator, slots: int, per_beat: int) -> list[tuple[int, int, float]]:
    strokes = [(int(rng.choice(_CRASHES)), 0, 1.0)]
    for slot in range(slots - per_beat, slots):
        drum = _FILL[int(rng.integers(len(_FILL)))]
        strokes.append((drum, slot, float(rng.uniform(0.6, 1.0))))
    return strokes
