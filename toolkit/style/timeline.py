"""Convert between seconds and quarter notes along a tempo map, and write beats as one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
TempoMap = tuple[tuple[float, float], ...]
Meters = tuple[tuple[float, int, int], ...]

_AT_ZERO_SECONDS = 0.05


def quarters(tempo_map: TempoMap, seconds: npt.ArrayLike) -> Array:
    """Return times as quarter notes from time 0.

    Parameters
    ----------
    tempo_map : tuple of (seconds, quarter notes a minute)
        Not empty, from time 0.
    seconds : array-like
        Any times; the last tempo goes on.

    Examples
    --------
    >>> quarters(((0.0, 60.0), (2.0, 120.0)), [1.0, 3.0]).tolist()
    [1.0, 4.0]
    """
    starts, tempi, passed = _pieces(tempo_map)
    at = np.asarray(seconds, float)
    piece = np.maximum(np.searchsorted(starts, at, side="right") - 1, 0)
    return np.asarray(passed[piece] + (at - starts[piece]) * tempi[piece])


def seconds(tempo_map: TempoMap, quarter_notes: npt.ArrayLike) -> Array:
    """Return quarter notes from time 0 as times, the inverse of `quarters`.

    Examples
    --------
    >>> seconds(((0.0, 60.0), (2.0, 120.0)), [1.0, 4.0]).tolist()
    [1.0, 3.0]
    """
    starts, tempi, passed = _pieces(tempo_map)
    at = np.asarray(quarter_notes, float)
    piece = np.maximum(np.searchsorted(passed, at, side="right") - 1, 0)
    return np.asarray(starts[piece] + (at - passed[piece]) / tempi[piece])


def write(
    beats: Array, places: npt.NDArray[np.intp], lengths: npt.NDArray[np.intp], compound: bool
) -> tuple[TempoMap, Meters]:
    """Return beats and bars as a tempo map and meters.

    A tempo holds from each beat to the next. What precedes the first downbeat is a bar of its own
    of a whole number of quarter notes, the last of which are the pickup.

    Parameters
    ----------
    beats : np.ndarray
        In seconds, ascending, two at least.
    places, lengths : np.ndarray of int
        Each beat's place in its bar and how many beats its bar has, of
        `toolkit.style.listening.bars`.
    compound : bool
        Whether a beat is three eighths; a quarter note otherwise.
    """
    worth = 1.5 if compound else 1.0
    beats = np.where(np.arange(len(beats)) == 0, _grounded(beats[0]), beats)
    tempo = 60 * worth / np.diff(beats)
    tempo_map = list(zip(beats[:-1].tolist(), tempo.tolist(), strict=True))
    downbeats = np.flatnonzero(places == 0)
    first = int(downbeats[0]) if len(downbeats) else len(beats)
    meters: list[tuple[float, int, int]] = []
    lead = 0.0
    if beats[0] > 0:
        lead = _lead_in(beats[0] / (beats[1] - beats[0]) * worth, first * worth)
        tempo_map.insert(0, (0.0, 60 * lead / float(beats[0])))
    if first or lead:
        meters.append((0.0, max(round(2 * (first * worth + lead)), 1), 8))
        if meters[0][1] % 2 == 0:
            meters[0] = (0.0, meters[0][1] // 2, 4)
    for index in downbeats:
        numerator = int(lengths[index]) * (3 if compound else 1)
        meter = (numerator, 8 if compound else 4)
        if not meters or meters[-1][1:] != meter or index == first:
            meters.append((float(beats[index]), *meter))
    return tuple(tempo_map), tuple(meters)


def _grounded(first: float) -> float:
    return 0.0 if first < _AT_ZERO_SECONDS else float(first)


def _lead_in(wanted: float, pickup: float) -> float:
    """Return about `wanted` quarter notes that with the pickup make a whole number, more than 0."""
    total = max(round(wanted + pickup), 0)
    while total - pickup <= 0:
        total += 1
    return total - pickup


def _pieces(tempo_map: TempoMap) -> tuple[Array, Array, Array]:
    """Return the pieces' starts in seconds, quarters a second, and starts in quarters."""
    table = np.array(tempo_map, float)
    tempi = table[:, 1] / 60
    passed = np.concatenate([[0.0], np.cumsum(np.diff(table[:, 0]) * tempi[:-1])])
    return table[:, 0], tempi, passed


def beats(tempo_map: TempoMap, meters: Meters, duration: float) -> Array:
    """Return the beats up to a time in seconds: quarter notes, three eighths in compound meters.

    Parameters
    ----------
    tempo_map, meters
        As in `toolkit.values.Notes`; without meters, 4/4.
    duration : float
        In seconds.
    """
    return _marks(tempo_map, meters, duration, bars=False)


def bar_lines(tempo_map: TempoMap, meters: Meters, duration: float) -> Array:
    """Return the beginnings of bars up to a time in seconds."""
    return _marks(tempo_map, meters, duration, bars=True)


def _marks(tempo_map: TempoMap, meters: Meters, duration: float, *, bars: bool) -> Array:
    spans = list(meters) or [(0.0, 4, 4)]
    starts = quarters(tempo_map, [start for start, _, _ in spans])
    ends = np.append(starts[1:], quarters(tempo_map, duration))
    marks = []
    for (_, numerator, denominator), start, end in zip(spans, starts, ends, strict=True):
        compound = denominator == 8 and numerator % 3 == 0
        step = numerator * 4 / denominator if bars else (12 if compound else 4) / denominator
        marks.append(np.arange(start, end - 1e-6, step))
    return seconds(tempo_map, np.concatenate(marks))
