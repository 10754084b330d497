"""Turn times in quarter notes into what can be written: grid places and notatable lengths.

All lengths are counted in twelfths of a quarter note, in which sixteenths (3), eighths (6), triplet
eighths (4) and dotted notes are whole. Each quarter takes the grid, in fours or in threes, that its
onsets miss least; even parts are preferred as long as they miss by little more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

UNITS = 12
"""Units a quarter note."""

_WRITABLE = (96, 72, 48, 36, 24, 18, 12, 9, 8, 6, 4, 3, 2, 1)
_EVEN, _TRIPLET = 3, 4
# Triplets must fit better by this much of a quarter, on average over the onsets of the quarter.
_PREFER_EVEN = 0.02


def grids(onsets: Iterable[float]) -> dict[int, int]:
    """Return the grid step in units (3 or 4) of each quarter in which something begins.

    Parameters
    ----------
    onsets : iterable of float
        In quarter notes from the beginning.
    """
    by_quarter: dict[int, list[float]] = {}
    for onset in onsets:
        # What lies just before a beat belongs to it whatever the grid.
        quarter = int(onset + 1 / 16)
        by_quarter.setdefault(quarter, []).append(onset - quarter)
    return {
        quarter: _TRIPLET
        if _miss(phases, _TRIPLET) + _PREFER_EVEN < _miss(phases, _EVEN)
        else _EVEN
        for quarter, phases in by_quarter.items()
    }


def place(time: float, steps: dict[int, int]) -> int:
    """Return the place in units nearest to a time in quarter notes on the grid of its quarter."""
    quarter = int(time + 1 / 16)
    step = steps.get(quarter, _EVEN)
    return quarter * UNITS + step * round((time - quarter) * UNITS / step)


def lengths(start: int, stop: int) -> list[int]:
    """Return notatable lengths that together go from `start` to `stop`, in units from a bar's line.

    A length that begins on a beat, or an eighth before or after one, is written whole if there is a
    note value for it; otherwise it is cut at the next beat.

    Examples
    --------
    >>> lengths(0, 18), lengths(6, 24), lengths(0, 60), lengths(8, 24)
    ([18], [6, 12], [48, 12], [4, 12])
    """
    found = []
    while start < stop:
        length = _first(start, stop)
        found.append(length)
        start += length
    return found


def _first(start: int, stop: int) -> int:
    whole = stop - start
    phase = start % UNITS
    if phase == 0:
        fits = (each for each in _WRITABLE if each <= whole)
        if whole % _EVEN and whole > UNITS:
            return max(each for each in fits if each % UNITS == 0)
        return next(fits)
    if phase == UNITS // 2 and whole == UNITS:
        return whole
    within = min(whole, UNITS - phase)
    return next(each for each in _WRITABLE if each <= within)


def _miss(phases: Sequence[float], step: int) -> float:
    return sum(abs(phase - round(phase * UNITS / step) * step / UNITS) for phase in phases) / len(
        phases
    )
