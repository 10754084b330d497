"""Find, among many fingerprints, those that may be the same performance at another speed.

All triples of all recordings are kept sorted by key, so that one look finds every triple like a
given one. Each says by how much pitch and time differ; the two must agree. What is left is counted
in cells of recording, half a minute, speed and offset; the fullest cells are the candidates, which
`toolkit.dsp.fingerprint_match` then checks peak by peak.

Twelve bytes a triple make 1.2 MB an hour of sides of three minutes, 15 GB for 250,000 of them; the
fingerprints themselves, 0.32 MB an hour, can stay on disk. A query looks at a million triples at
most, those with the rarest keys, which takes about 0.1 s whatever the size of the collection. With
a hundredth of that, among 1600 recordings, all of 30 pairs of transfers were still candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.dsp.fingerprint import Fingerprint
from toolkit.dsp.fingerprint_match import LARGEST_CHANGE, Alignment
from toolkit.dsp.fingerprint_triples import NUM_KEYS, Triples, triples

Array = npt.NDArray[np.float64]

_MOST_CENTS = 1200 * np.log2(1 + LARGEST_CHANGE)
_TIED_CENTS = 110.0
_SEGMENT_SECONDS = 30.0
_CENTS_STEP = 24.0
_LAG_STEP = 2.0
_LEAST_VOTES = 2
_CANDIDATES = 20
# A bound on the time of a query. What is rare in a large collection tells most.
_MOST_ENTRIES = 1_000_000


@dataclass(frozen=True)
class Candidate:
    """Hold a recording that may be the same, by its number, and how it would lie."""

    number: int
    alignment: Alignment
    votes: int


class Index:
    """Hold the triples of many recordings, sorted by key.

    Parameters
    ----------
    fingerprints : sequence of Fingerprint
        Their places in it are the numbers that `candidates` gives.
    """

    def __init__(self, fingerprints: Sequence[Fingerprint]) -> None:
        found = [triples(each) for each in fingerprints]
        counts = [len(each) for each in found]
        self._own = np.repeat(np.arange(len(found), dtype=np.uint32), counts)
        keys = _joined([each.keys for each in found], np.uint32)
        order = np.argsort(keys, kind="stable")
        self._starts = np.zeros(NUM_KEYS + 1, np.int64)
        np.cumsum(np.bincount(keys, minlength=NUM_KEYS), out=self._starts[1:])
        self._own = self._own[order]
        self._times = _joined([each.milliseconds for each in found], np.uint32)[order]
        self._cents = _joined([each.cents for each in found], np.uint16)[order]
        self._spans = _joined([each.spans for each in found], np.uint16)[order]

    @property
    def num_bytes(self) -> int:
        """Return the memory that the triples take."""
        arrays = (self._own, self._times, self._cents, self._spans, self._starts)
        return sum(each.nbytes for each in arrays)

    def candidates(self, query: Fingerprint, without: int = -1) -> tuple[Candidate, ...]:
        """Return the recordings that may be the same as a query, most votes first.

        Parameters
        ----------
        query : Fingerprint
            The alignments lead from its time to that of the recordings found.
        without : int
            Number of a recording that is left out, such as the query itself.
        """
        own, begin, cents, lag = self._like(triples(query), without)
        if not len(own):
            return ()
        segment = np.floor(begin / _SEGMENT_SECONDS).astype(np.int64)
        cells = _numbered(own, segment, np.round(cents / _CENTS_STEP), np.round(lag / _LAG_STEP))
        order = np.argsort(cells, kind="stable")
        starts = np.flatnonzero(np.diff(cells[order], prepend=-1))
        votes = np.diff(starts, append=len(order))
        best: dict[int, Candidate] = {}
        for cell in np.argsort(-votes, kind="stable"):
            if votes[cell] < _LEAST_VOTES or len(best) >= _CANDIDATES:
                break
            members = order[starts[cell] : starts[cell] + votes[cell]]
            number = int(own[members[0]])
            if number not in best:
                alignment = _alignment(begin[members], cents[members], lag[members])
                best[number] = Candidate(number, alignment, int(votes[cell]))
        return tuple(best.values())

    def _like(
        self, query: Triples, without: int
    ) -> tuple[npt.NDArray[np.uint32], Array, Array, Array]:
        """Return whose triples are like the query's, when in the query, and cents and lag."""
        low, high = self._starts[query.keys], self._starts[query.keys.astype(np.int64) + 1]
        number = np.where(self._rare(high - low), high - low, 0)
        mine = np.repeat(np.arange(len(query)), number)
        place = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number - low, number)
        cents = self._cents[place].astype(np.float64) - query.cents[mine]
        spans = query.spans[mine] / self._spans[place].astype(np.float64)
        tied = np.abs(1200 * np.log2(spans) - cents) < _TIED_CENTS
        tied &= (np.abs(cents) < _MOST_CENTS + 10) & (self._own[place] != without)
        begin = query.milliseconds[mine[tied]] / 1000
        lag = self._times[place[tied]] / 1000 - begin
        return self._own[place[tied]], begin, cents[tied], lag

    @staticmethod
    def _rare(number: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return which triples are looked at: the rarest, until there is enough to look at."""
        order = np.argsort(number, kind="stable")
        looked_at = np.zeros(len(number), bool)
        looked_at[order] = np.cumsum(number[order]) <= _MOST_ENTRIES
        return looked_at


def _alignment(begin: Array, cents: Array, lag: Array) -> Alignment:
    """Return the alignment most members of a cell agree on, by their medians."""
    ratio = float(2 ** (np.median(cents) / 1200))
    return Alignment(float(np.median(begin + lag - begin / ratio)), ratio)


def _numbered(
    own: npt.NDArray[np.uint32],
    segment: npt.NDArray[np.int64],
    cents: Array,
    lag: Array,
) -> npt.NDArray[np.int64]:
    """Return one number for each combination of four whole numbers."""
    cell = own.astype(np.int64)
    for part in (segment, cents, lag):
        whole = part.astype(np.int64)
        low = int(whole.min())
        cell = cell * (int(whole.max()) - low + 1) + (whole - low)
    return cell


def _joined(arrays: Sequence[npt.NDArray[Any]], dtype: type) -> npt.NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype)
