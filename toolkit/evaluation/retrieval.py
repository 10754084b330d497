"""Find the piece that a version was made of, among hundreds.

Each piece is a row of beats: the chroma of its melody and of everything. A version is held against
every piece in all twelve transpositions and a few beats early and late; the piece whose beats it
resembles most on average is found. Copying somebody's statistics does not help there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.evaluation.same_piece import chroma
from toolkit.evaluation.versions import Version

Array = npt.NDArray[np.float64]

BEATS = 96
_LAGS = range(-4, 5)
_FEWEST = 24


@dataclass(frozen=True, eq=False)
class Library:
    """Hold pieces to find one among.

    Parameters
    ----------
    names : tuple[str, ...]
        Of the pieces.
    rows : np.ndarray, shape (pieces, 12, 2, `BEATS`)
        Chroma of melody and of everything, each beat of unit length where it sounds.
    """

    names: tuple[str, ...]
    rows: Array

    def rank(self, version: Version, name: str) -> int:
        """Return at which place the piece of that name is found, from 1."""
        scores = self.scores(version)
        mine = scores[self.names.index(name)]
        return int((scores > mine).sum()) + 1

    def scores(self, version: Version) -> Array:
        """Return how much each piece resembles a version, shape (pieces,)."""
        query = described(version)
        best = np.full(len(self.names), -1.0)
        for lag in _LAGS:
            ours = query[..., max(lag, 0) : BEATS + min(lag, 0)]
            theirs = self.rows[..., max(-lag, 0) : BEATS - max(lag, 0)]
            mine = max(int(query.any(axis=(0, 1)).sum()), _FEWEST)
            for shift in range(12):
                alike = np.einsum("pvb,npvb->n", np.roll(ours, shift, axis=0), theirs)
                # A piece that ends early resembles only as much as it has beats.
                best = np.maximum(best, alike / (2 * mine))
        return best


def library(versions: Mapping[str, Version]) -> Library:
    """Return a library of pieces by name."""
    rows = np.array([described(each) for each in versions.values()])
    return Library(tuple(versions), rows)


def described(version: Version) -> Array:
    """Return the chroma of a version's beats, shape (12, 2, `BEATS`)."""
    length = round(version.sheet.length)
    found = np.zeros((12, 2, BEATS))
    for index, notes in enumerate((version.parts["melody"], version.pitched)):
        rows = chroma(notes, length)[:BEATS]
        found[:, index, : len(rows)] = rows.T
    norm = np.linalg.norm(found, axis=0)
    return np.asarray(found / np.maximum(norm, 1e-9))
