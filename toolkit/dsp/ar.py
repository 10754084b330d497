"""Fill known gaps of a signal so that an autoregressive model of their surroundings holds in them.

With a model ``a`` of order p the prediction error of the whole stretch is ``e = A x``. Split x into
known and unknown samples, ``e = A_u x_u + A_k x_k``; the unknown samples that make ``e`` smallest
solve ``A_u' A_u x_u = -A_u' A_k x_k`` (least-squares AR interpolation, Janssen, Veldhuis & Vries
1986; Godsill & Rayner 1998). Away from the ends of the signal ``A_u' A_u`` holds the
autocorrelation of the model's coefficients at the distances between unknown samples: a symmetric
positive definite matrix of bandwidth p.

Gaps closer together than p are coupled and are solved as one group.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import solveh_banded

from toolkit.dsp.click_models import shift_models
from toolkit.dsp.linear_prediction import Array

Spans = npt.NDArray[np.int64]
"""Gaps as rows (first sample, one past the last), ascending, not touching."""

# Dense batched solves beat one banded solve a group up to about this many unknown samples.
_DENSE_LIMIT = 64
# Segments are fitted in batches so that the working memory stays near 16 MB.
_BATCH_VALUES = 2_000_000


def runs(active: npt.NDArray[np.bool_]) -> Spans:
    """Return where a condition holds, as spans."""
    change = np.diff(np.concatenate([[False], active, [False]]).astype(np.int8))
    return np.stack([np.flatnonzero(change == 1), np.flatnonzero(change == -1)], axis=1)


def merge_spans(spans: npt.ArrayLike, num_samples: int, distance: int = 0) -> Spans:
    """Return spans sorted, cut to the signal, and joined across `distance` samples or fewer.

    Parameters
    ----------
    spans : array-like, shape (spans, 2)
        In any order, overlapping or not; empty ones vanish.
    num_samples : int
        Length of the signal.
    distance : int
        0 joins spans that overlap or touch.
    """
    table = np.clip(np.asarray(spans, np.int64).reshape(-1, 2), 0, num_samples)
    table = table[table[:, 1] > table[:, 0]]
    if not len(table):
        return table
    table = table[np.argsort(table[:, 0], kind="stable")]
    ends = np.maximum.accumulate(table[:, 1])
    first = np.flatnonzero(np.concatenate([[True], table[1:, 0] > ends[:-1] + distance]))
    return np.stack([table[first, 0], np.append(ends[first[1:] - 1], ends[-1])], axis=1)


def interpolate(
    signal: npt.NDArray[np.floating],
    spans: npt.ArrayLike,
    order: int = 32,
    *,
    context: int | None = None,
    iterations: int = 1,
) -> Array:
    """Replace spans of one channel by least-squares AR interpolation.

    Parameters
    ----------
    signal : np.ndarray, shape (samples,)
        Finite; what it holds inside the spans does not matter.
    spans : array-like, shape (spans, 2)
        First sample and one past the last of each gap.
    order : int
        Of the model, >= 1; lowered where the signal is too short for it.
    context : int, optional
        Samples on each side of a gap that the model is fitted to; 8 × order by default.
    iterations : int
        >= 1; more than one alternates model and gap as Janssen et al. (1986) do.

    Returns
    -------
    np.ndarray, shape (samples,), float64
        A copy; samples outside the spans are the very same numbers.
    """
    filled = np.array(signal, dtype=np.float64)
    gaps = merge_spans(spans, len(filled))
    order = min(order, (len(filled) - 1) // 3)
    if not len(gaps):
        return filled
    unknown = np.zeros(len(filled), bool)
    for start, stop in gaps:
        unknown[start:stop] = True
    if unknown.all():
        filled[:] = 0
        return filled
    where = np.flatnonzero(unknown)
    known = np.flatnonzero(~unknown)
    filled[where] = np.interp(where, known, filled[known])
    if order < 1:
        return filled
    reach = 8 * order if context is None else max(context, 2 * order)
    groups = merge_spans(gaps, len(filled), order)
    for turn in range(iterations):
        models = _models(filled, unknown if turn == 0 else None, groups, order, reach)
        _solve(filled, unknown, groups, models)
    return filled


def _models(
    filled: Array, unknown: npt.NDArray[np.bool_] | None, groups: Spans, order: int, reach: int
) -> Array:
    """Return one model a group, fitted to `reach` samples on both sides of it.

    Where `unknown` is given, equations that touch an unknown sample are left out as long as enough
    others remain to determine the model.
    """
    models = np.empty((len(groups), order + 1))
    lengths = groups[:, 1] - groups[:, 0] + 2 * reach
    total = len(filled)
    before = None if unknown is None else np.concatenate([[0], np.cumsum(unknown)])
    for chosen in _batches(lengths, order + 1):
        longest = min(int(lengths[chosen].max()), total)
        start = np.clip(groups[chosen, 0] - reach, 0, total - longest)
        index = start[:, None] + np.arange(longest)
        trusted = np.arange(longest - order) < (lengths[chosen] - order)[:, None]
        if before is not None:
            known = trusted & (before[index[:, order:] + 1] == before[index[:, : longest - order]])
            enough = known.sum(axis=1) >= 2 * order
            trusted = np.where(enough[:, None], known, trusted)
        models[chosen] = shift_models(filled[index], trusted, order)
    return models


def _batches(lengths: npt.NDArray[np.int64], width: int) -> list[npt.NDArray[np.int64]]:
    """Return indices of similar lengths together, each batch within the memory allowance."""
    batches = []
    ordered = np.argsort(lengths, kind="stable")
    begin = 0
    while begin < len(ordered):
        end = begin + 1
        while end < len(ordered) and (end + 1 - begin) * lengths[ordered[end]] * width <= (
            _BATCH_VALUES
        ):
            end += 1
        batches.append(ordered[begin:end])
        begin = end
    return batches


def _solve(filled: Array, unknown: npt.NDArray[np.bool_], groups: Spans, models: Array) -> None:
    """Put the least-squares solution of every group into `filled`."""
    order = models.shape[1] - 1
    lengths = groups[:, 1] - groups[:, 0]
    for chosen in _batches(lengths + 2 * order, _DENSE_LIMIT):
        lags = _coefficient_correlation(models[chosen])
        longest = int(lengths[chosen].max())
        offsets = np.arange(-order, longest + order)
        index = groups[chosen, :1] + offsets
        # Beyond the ends of the signal the prediction error is left out by taking zeros there.
        inside = (index >= 0) & (index < len(filled))
        index = np.clip(index, 0, len(filled) - 1)
        gap = unknown[index] & inside & (offsets < lengths[chosen, None])
        known = np.where(inside & ~gap, filled[index], 0.0)
        right = -_two_sided(known, lags)
        mask = gap[:, order : order + longest]
        for row, group in enumerate(chosen):
            at = np.flatnonzero(mask[row])
            solution = _banded(lags[row], at, right[row, at])
            filled[groups[group, 0] + at] = solution


def _coefficient_correlation(models: Array) -> Array:
    order = models.shape[1] - 1
    return np.stack(
        [
            np.einsum("gk,gk->g", models[:, : order + 1 - lag], models[:, lag:])
            for lag in range(order + 1)
        ],
        axis=1,
    )


def _two_sided(known: Array, lags: Array) -> Array:
    """Return the correlation of each row with the symmetric filter of its lags, valid part."""
    order = lags.shape[1] - 1
    kernel = np.concatenate([lags[:, :0:-1], lags], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(known, 2 * order + 1, axis=1)
    return np.asarray(np.einsum("gnk,gk->gn", windows, kernel))


def _banded(lags: Array, at: npt.NDArray[np.int64], right: Array) -> Array:
    """Solve for the unknown samples at positions `at`, by banded Cholesky factorization."""
    size = len(at)
    band = min(len(lags), size)
    if at[-1] - at[0] == size - 1:
        table = np.repeat(lags[:band, None], size, axis=1)
    else:
        table = np.zeros((band, size))
        padded = np.append(lags, 0.0)
        for step in range(band):
            apart = np.minimum(at[step:] - at[: size - step], len(lags))
            table[step, : size - step] = padded[apart]
    table[0] *= 1 + 1e-9
    table[0] += 1e-30
    return np.asarray(solveh_banded(table, right, lower=True, check_finite=False))
