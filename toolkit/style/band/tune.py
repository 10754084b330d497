"""Listen to the tune: what it sounds like in a span, where it is busy and where it leaves room."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from toolkit.style.lead_sheet import LeadSheet, LineNote

_EPSILON = 1e-6


class Tune:
    """Answer an accompanist's questions about a melody.

    Parameters
    ----------
    melody : tuple[LineNote, ...]
        Ascending.
    """

    def __init__(self, melody: tuple[LineNote, ...]) -> None:
        self._notes = melody
        self._onsets = [note.onset for note in melody]
        self._longest = max((note.duration for note in melody), default=0.0)

    @classmethod
    def of(cls, sheet: LeadSheet) -> Tune:
        """Return the tune of a lead sheet."""
        return cls(sheet.melody)

    def sounding(self, start: float, end: float) -> tuple[LineNote, ...]:
        """Return the notes that sound anywhere between two beats."""
        first = bisect_left(self._onsets, start - self._longest - _EPSILON)
        last = bisect_left(self._onsets, end - _EPSILON)
        return tuple(note for note in self._notes[first:last] if note.offset > start + _EPSILON)

    def beginning(self, start: float, end: float) -> tuple[LineNote, ...]:
        """Return the notes that begin from one beat to before another."""
        first = bisect_left(self._onsets, start - _EPSILON)
        return self._notes[first : bisect_left(self._onsets, end - _EPSILON)]

    def held(self, start: float, end: float) -> tuple[tuple[int, float], ...]:
        """Return the pitches that sound between two beats, each with for how many beats."""
        return tuple(
            (note.pitch, min(note.offset, end) - max(note.onset, start))
            for note in self.sounding(start, end)
        )

    def busy(self, start: float, end: float) -> float:
        """Return how busy it is between two beats: 0 at rest, 1 in running eighths or faster."""
        length = max(end - start, _EPSILON)
        return min(len(self.beginning(start, end)) / (2 * length), 1.0)

    def rests(self, start: float, end: float) -> bool:
        """Return whether it is silent between two beats."""
        return not self.sounding(start, end)

    def gaps(self, start: float, end: float, shortest: float) -> tuple[tuple[float, float], ...]:
        """Return the spans of at least so many beats in which it rests, held notes' tails apart.

        A note of more than two beats leaves room after its first two.
        """
        found: list[tuple[float, float]] = []
        at = start
        for note in self.sounding(start, end):
            if note.onset - at >= shortest - _EPSILON:
                found.append((at, note.onset))
            at = max(at, note.onset + min(note.duration, 2.0))
        if end - at >= shortest - _EPSILON:
            found.append((at, end))
        return tuple(found)

    def next_onset(self, beat: float) -> float:
        """Return when the next note begins after a beat, infinity if none does."""
        index = bisect_right(self._onsets, beat + _EPSILON)
        return self._onsets[index] if index < len(self._onsets) else float("inf")
