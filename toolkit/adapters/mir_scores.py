"""Score beats and chords against the truth with mir_eval, as the field does."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.errors import ToolkitError

Array = npt.NDArray[np.float64]


def beat_f_measure(reference: Array, estimate: Array) -> float:
    """Return the F-measure of beats in seconds that are right within 70 ms, 0..1."""
    beat = _mir_eval("beat")
    with warnings.catch_warnings():
        # It mentions that there are no beats, which the figure says as well.
        warnings.simplefilter("ignore")
        return float(beat.f_measure(reference, estimate))


def beat_f_any_level(reference: Array, estimate: Array) -> float:
    """Return the best F-measure over beats, their halves, every second of them, and off-beats."""
    if len(reference) < 2:
        return beat_f_measure(reference, estimate)
    middle = (reference[1:] + reference[:-1]) / 2
    double = np.sort(np.concatenate([reference, middle]))
    levels = (reference, middle, double, reference[::2], reference[1::2])
    return max(beat_f_measure(level, estimate) for level in levels)


def chord_recalls(
    reference: tuple[Array, Sequence[str]], estimate: tuple[Array, Sequence[str]]
) -> dict[str, float]:
    """Return the share of time in which root, major or minor, and seventh chord are right.

    Parameters
    ----------
    reference, estimate : tuple of (np.ndarray, shape (n, 2), in seconds; n symbols)
    """
    chord, util = _mir_eval("chord"), _mir_eval("util")
    intervals, symbols = util.adjust_intervals(
        estimate[0],
        list(estimate[1]),
        reference[0].min(),
        reference[0].max(),
        chord.NO_CHORD,
        chord.NO_CHORD,
    )
    joined, truth, found = util.merge_labeled_intervals(
        reference[0], list(reference[1]), intervals, symbols
    )
    seconds = util.intervals_to_durations(joined)
    with warnings.catch_warnings():
        # It mentions symbols that a figure leaves out, such as augmented chords of "majmin".
        warnings.simplefilter("ignore")
        return {
            name: float(chord.weighted_accuracy(getattr(chord, name)(truth, found), seconds))
            for name in ("root", "majmin", "sevenths")
        }


def _mir_eval(part: str) -> Any:
    try:
        import mir_eval.beat
        import mir_eval.chord
        import mir_eval.util
    except ImportError as error:
        raise ToolkitError(
            "mir_eval is not installed", "install it with: uv sync --group bench"
        ) from error
    return getattr(mir_eval, part)
