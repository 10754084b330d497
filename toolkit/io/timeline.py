"""Convert seconds to ticks and back along a tempo map.

A Standard MIDI File counts time in ticks, R of them to a quarter note, and stores a tempo as whole
microseconds a quarter; so neither the times of tempo changes nor the tempos themselves can be kept
exactly. Rounding each alone would add up: half a microsecond a quarter is a tick after a thousand
quarters. Here the *beats* are rounded first, b_i = round(R·Σ (t_{k+1} - t_k)·q_k/60), and then each
tempo is chosen so that its segment ends at the nearest possible moment to the wanted one,

    u_i = round(10⁶ · R · (t_{i+1} - a_i) / (b_{i+1} - b_i)),
    a_{i+1} = a_i + (b_{i+1} - b_i)·u_i / (10⁶·R),

where a_i is when tick b_i really sounds. The error of a_i stays below u's rounding times one
segment, however many segments there are, and beats that were meant to be whole stay whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from toolkit.values import Notes

DEFAULT_TEMPO = 120.0
"""What a Standard MIDI File means, in quarter notes a minute, when it says no tempo."""

_LONGEST_QUARTER = (1 << 24) - 1


@dataclass(frozen=True)
class Timeline:
    """Hold which tick sounds when.

    Parameters
    ----------
    resolution : int
        Ticks a quarter note, > 0.
    segments : tuple[tuple[float, int, int], ...]
        (time in seconds, tick, microseconds a quarter note), ascending from (0, 0); each holds
        until the next.

    Examples
    --------
    >>> line = Timeline(480, ((0.0, 0, 500_000), (1.0, 960, 1_000_000)))
    >>> line.tick(2.0), line.time(1440), line.quarter(0.75)
    (1440, 2.0, 1.5)
    """

    resolution: int
    segments: tuple[tuple[float, int, int], ...]

    def tick(self, time: float) -> int:
        """Return the tick nearest to a time in seconds."""
        return round(self._position(time))

    def quarter(self, time: float) -> float:
        """Return how many quarter notes have passed at a time in seconds."""
        return self._position(time) / self.resolution

    def time(self, tick: float) -> float:
        """Return when a tick sounds, in seconds."""
        place = bisect_right(self.segments, tick, key=lambda segment: segment[1]) - 1
        seconds, first, microseconds = self.segments[max(place, 0)]
        return seconds + (tick - first) * microseconds / (1e6 * self.resolution)

    def _position(self, time: float) -> float:
        place = bisect_right(self.segments, time, key=lambda segment: segment[0]) - 1
        seconds, first, microseconds = self.segments[max(place, 0)]
        return first + (time - seconds) * 1e6 * self.resolution / microseconds


def follow(notes: Notes, resolution: int) -> Timeline:
    """Return the timeline of a performance; 120 quarters a minute where it has no tempo map."""
    wanted = _from_zero(notes.tempo_map)
    ticks, quarters = [0], 0.0
    for (time, tempo), (end, _) in pairwise(wanted):
        quarters += (end - time) * tempo / 60
        ticks.append(round(quarters * resolution))
    segments: list[tuple[float, int, int]] = []
    actual = 0.0
    for place, (_, tempo) in enumerate(wanted):
        is_last = place + 1 == len(wanted)
        length = 0 if is_last else ticks[place + 1] - ticks[place]
        if length == 0 and not is_last:
            continue
        exact = 60 / tempo if is_last else (wanted[place + 1][0] - actual) * resolution / length
        microseconds = min(max(round(1e6 * exact), 1), _LONGEST_QUARTER)
        segments.append((actual, ticks[place], microseconds))
        actual += length * microseconds / (1e6 * resolution)
    return Timeline(resolution, tuple(segments))


def count(tempos: Iterable[tuple[int, int]], resolution: int) -> Timeline:
    """Return the timeline of (tick, microseconds a quarter note) as a file lists them."""
    segments = [(0.0, 0, round(60e6 / DEFAULT_TEMPO))]
    for tick, microseconds in sorted(tempos, key=lambda each: each[0]):
        seconds, first, former = segments[-1]
        seconds += (tick - first) * former / (1e6 * resolution)
        if tick == first:
            segments.pop()
        segments.append((seconds, tick, max(microseconds, 1)))
    return Timeline(resolution, tuple(segments))


def _from_zero(tempo_map: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    wanted = [(max(time, 0.0), tempo) for time, tempo in tempo_map if tempo > 0]
    if not wanted:
        return [(0.0, DEFAULT_TEMPO)]
    return wanted if wanted[0][0] == 0 else [(0.0, wanted[0][1]), *wanted]
