"""Score a declicker by what it changed, the same way for every tool.

A sample that a tool changed is a sample that it claims was damaged; a sample that the damage
changed was damaged. In both, spans closer than 0.5 ms are one event, and any overlap of two events
is a hit. No tool is asked what it thinks it found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.values import Samples

MERGE_SECONDS = 0.0005

_CHANGED = 1e-6
"""-120 dB re full scale: below it, a difference is arithmetic and not a claim."""


@dataclass(frozen=True)
class Score:
    """Hold how well the changed events fit the damaged ones; all are shares 0..1.

    Parameters
    ----------
    precision : float
        Changed events that touch damage; 1 when nothing was changed.
    recall : float
        Damaged events that were touched; 1 when nothing was damaged.
    off_target : float
        Energy removed where nothing was damaged, as a share of all that was removed.
    """

    precision: float
    recall: float
    off_target: float

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def score(clean: Samples, damaged: Samples, repaired: Samples, sample_rate: int) -> Score:
    """Compare what a tool changed with what was damaged.

    Parameters
    ----------
    clean, damaged, repaired : np.ndarray, shape (channels, samples)
        Channels are scored each on its own and counted together.
    sample_rate : int
        In Hz.
    """
    gap = round(MERGE_SECONDS * sample_rate)
    right = claimed = found = real = 0
    for true, worn, mended in zip(clean, damaged, repaired, strict=True):
        damage = spans(np.abs(worn - true) > _CHANGED, gap)
        change = spans(np.abs(mended - worn) > _CHANGED, gap)
        right += int(overlaps(change, damage).sum())
        found += int(overlaps(damage, change).sum())
        claimed, real = claimed + len(change), real + len(damage)
    removed = np.square(damaged.astype(np.float64) - repaired)
    astray = removed[np.abs(damaged - clean) <= _CHANGED].sum()
    return Score(
        precision=right / claimed if claimed else 1.0,
        recall=found / real if real else 1.0,
        off_target=float(astray / removed.sum()) if removed.any() else 0.0,
    )


def spans(mask: np.ndarray, gap: int = 0) -> np.ndarray:
    """Return the runs of true in a mask as rows (start, end), those at most `gap` apart merged.

    Examples
    --------
    >>> spans(np.array([1, 1, 0, 1, 0, 0, 0, 1], bool), gap=1).tolist()
    [[0, 4], [7, 8]]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    starts, ends = edges[::2], edges[1::2]
    if len(starts) == 0:
        return np.zeros((0, 2), np.int64)
    apart = starts[1:] - ends[:-1] > gap
    return np.stack(
        [starts[np.concatenate(([True], apart))], ends[np.concatenate((apart, [True]))]], axis=1
    )


def overlaps(these: np.ndarray, those: np.ndarray) -> np.ndarray:
    """Return for each span of the first set whether any of the second, both sorted, touches it."""
    before = np.searchsorted(those[:, 0], these[:, 1], side="left")
    ended = np.searchsorted(those[:, 1], these[:, 0], side="right")
    return np.asarray(before > ended)
