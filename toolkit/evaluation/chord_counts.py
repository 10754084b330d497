"""Foretell chords by counting: the models that a network has to be better than."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.style.harmony.chord_events import NUM_CHORDS, START, Events

Context = tuple[int, ...]


class Counts:
    """Foretell a chord from the chords before it.

    Counts of longer contexts are mixed with those of shorter ones by I. Witten and T. Bell's rule
    ("The zero-frequency problem", 1991): a context weighs as much as it was seen, against how many
    different chords followed it.

    Parameters
    ----------
    charts : sequence of Events
        What is counted.
    order : int
        Chords in all: 3 for a trigram, 1 for how frequent each chord is.
    """

    def __init__(self, charts: Sequence[Events], order: int) -> None:
        self._order = order
        self._seen: dict[Context, Counter[int]] = defaultdict(Counter)
        for chart in charts:
            chords = _padded(chart, order)
            for end in range(order - 1, len(chords)):
                for length in range(order):
                    self._seen[chords[end - length : end]][chords[end]] += 1

    def log_probabilities(self, chart: Events) -> npt.NDArray[np.float64]:
        """Return the log probability of every chord after those before it, shape (events,)."""
        chords = _padded(chart, self._order)
        first = self._order - 1
        return np.array(
            [
                np.log(self.probability(chords[end], chords[end - first : end]))
                for end in range(first, len(chords))
            ]
        )

    def probability(self, chord: int, context: Context) -> float:
        """Return the probability of a chord after others, the last one last."""
        shorter = self.probability(chord, context[1:]) if context else 1 / NUM_CHORDS
        seen = self._seen.get(context)
        if not seen:
            return shorter
        total, kinds = seen.total(), len(seen)
        return (seen[chord] + kinds * shorter) / (total + kinds)


def _padded(chart: Events, order: int) -> Context:
    return (START,) * (order - 1) + tuple(int(chord) for chord in chart.chords)
