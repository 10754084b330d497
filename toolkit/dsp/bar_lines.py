"""Place bar lines by a list of meters, in twelfths of a quarter note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.dsp.note_values import UNITS


@dataclass(frozen=True)
class Bar:
    """Hold a bar: from `start` to `stop` in units, and its meter (numerator, denominator)."""

    start: int
    stop: int
    meter: tuple[int, int]


def bars(meters: Sequence[tuple[float, int, int]], last: int) -> tuple[Bar, ...]:
    """Return bars from 0 until the place `last` is in one, one at least.

    Parameters
    ----------
    meters : sequence of (float, int, int)
        When a meter begins, in quarter notes, its numerator and its denominator; 4/4 when there are
        none. Each begins on the nearest quarter; where that cuts a bar of the meter before, the bar
        is as short as that, in a meter of its own.
    last : int
        In units.
    """
    starts = {max(round(at), 0) * UNITS: (top, bottom) for at, top, bottom in meters}
    starts.setdefault(0, starts[min(starts)] if starts else (4, 4))
    changes = sorted(starts)
    found: list[Bar] = []
    for place, start in enumerate(changes):
        meter = starts[start]
        length = max(4 * UNITS * meter[0] // meter[1], 1)
        is_last = place + 1 == len(changes)
        stop = max(last, start + 1) if is_last else changes[place + 1]
        at = start
        while at < stop:
            end = at + length if is_last else min(at + length, stop)
            is_short = end - at < length
            found.append(Bar(at, end, _short(end - at) if is_short else meter))
            at = end
    return tuple(found)


def _short(length: int) -> tuple[int, int]:
    """Return the simplest meter of a length in units."""
    for denominator, unit in ((4, UNITS), (8, UNITS // 2), (16, UNITS // 4)):
        if length % unit == 0:
            return length // unit, denominator
    return max(round(length / (UNITS / 4)), 1), 16
