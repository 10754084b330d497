"""Tell by which signs a piece comes to its end: it slows down, fades, or says its close again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.style.arrangement import Tone
from toolkit.style.lead_sheet import LeadSheet

_SLOW_BARS, _SLOWER, _FROM = 4, 0.93, 0.97
_SLOWEST = 0.5
_SPREADS = 3.0
_FADE_BARS, _FADED, _UNEVEN = 4, 0.6, 0.02
_SOFTEST = 0.1
_AGAIN = (4, 2)
_ALIKE, _SELDOM, _FEWEST_NOTES = 0.8, 0.15, 3
_STEP = 0.25

Said = frozenset[tuple[int, int]]


def slower(tempi: Sequence[float]) -> tuple[float, ...]:
    """Return shares of the usual tempo in the last bars, from where it slows down; else nothing.

    Parameters
    ----------
    tempi : sequence of float
        Of each bar, the last one with the last chord.
    """
    if len(tempi) < 2 * _SLOW_BARS:
        return ()
    values = np.asarray(tempi, float)
    usual = float(np.median(values[:-_SLOW_BARS]))
    spread = float(np.std(np.log(values[:-_SLOW_BARS] / usual)))
    shares = np.clip(values[-_SLOW_BARS:] / usual, _SLOWEST, 1.0)
    # A tempo that wanders all the time slows down at the end, too, half of the time.
    if shares.min() > min(_SLOWER, float(np.exp(-_SPREADS * spread))):
        return ()
    first = int(np.flatnonzero(shares < _FROM)[0])
    return tuple(round(float(share), 3) for share in shares[first:])


def faded(sheet: LeadSheet, tones: Sequence[Tone], last: int) -> tuple[int, float]:
    """Return over how many last bars the music fades, and to which share of its velocity.

    Parameters
    ----------
    sheet : LeadSheet
        With the bars.
    tones : sequence of Tone
        Of the accompaniment.
    last : int
        Index of the last bar.

    Returns
    -------
    tuple[int, float]
        (0, 1) where it does not fade.
    """
    sums, counts = np.zeros(len(sheet.bars)), np.zeros(len(sheet.bars))
    for tone in tones:
        sums[sheet.bar_at(tone.onset)] += tone.velocity
        counts[sheet.bar_at(tone.onset)] += 1
    played = np.flatnonzero(counts[: last + 1])
    loud = sums[played] / counts[played]
    if len(loud) < 2 * _FADE_BARS:
        return 0, 1.0
    rises = np.flatnonzero(np.diff(loud) > _UNEVEN)
    count = len(loud) - (int(rises[-1]) + 1 if len(rises) else 0)
    usual = float(np.median(loud))
    share = float(loud[-1]) / max(usual, 1e-6)
    count = min(count, int((loud[-count:] < usual).sum()) + 1)
    if count < _FADE_BARS or share > _FADED:
        return 0, 1.0
    return count, round(max(share, _SOFTEST), 3)


def said_again(sheet: LeadSheet, tune: Sequence[Tone], last: int) -> int:
    """Return how many bars before the last one repeat those before them, 0 if they do not.

    A piece that repeats itself all along says nothing by it at its end.

    Parameters
    ----------
    sheet : LeadSheet
        With the bars.
    tune : sequence of Tone
        Its notes.
    last : int
        Index of the last bar.
    """
    said: list[set[tuple[int, int]]] = [set() for _ in sheet.bars]
    for tone in tune:
        index = sheet.bar_at(tone.onset)
        place = round((tone.onset - sheet.bars[index].onset) / _STEP)
        said[index].add((place, tone.pitch))
    bars = [frozenset(each) for each in said]
    for count in _AGAIN:
        places = range(2 * count, last)
        usual = [_alike(bars, place, count) for place in places]
        if last >= 2 * count and _alike(bars, last, count) and _share(usual) <= _SELDOM:
            return count
    return 0


def _share(flags: Sequence[bool]) -> float:
    return float(np.mean(np.array(flags, float))) if flags else 0.0


def _alike(bars: Sequence[Said], end: int, count: int) -> bool:
    """Return whether the tune of so many bars before one is that of as many before them."""
    here, before = bars[end - count : end], bars[end - 2 * count : end - count]
    size = sum(map(len, here))
    common = sum(len(one & other) for one, other in zip(here, before, strict=True))
    every = sum(len(one | other) for one, other in zip(here, before, strict=True))
    return size >= _FEWEST_NOTES and common >= _ALIKE * every
