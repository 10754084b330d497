"""Decide where a click begins and ends, and what it added, by nested least squares.

Let a click c occupy L samples from n0 on, so that ``x = music + c`` and the prediction error is
``e = e_music + A c``, A being convolution by the model. The best c for given L solves
``G c = b`` with ``G = A'A`` and ``b = A'e``, and it lowers the squared error by ``b' G^-1 b``.
Write ``G = R R'`` (Cholesky) and ``w = R^-1 b``: then the gain is the sum of ``w[i]**2`` over the
click, and because R is triangular the same w serves every L. A sample that is no part of the click
gains about sigma squared, one that is gains more, so the end is where the sum of
``w[i]**2 / sigma**2`` less a penalty a sample is highest: maximum likelihood (Godsill & Rayner
1998) with an Akaike-like penalty (1974). Taking c away is at once the least-squares interpolation
of the span.

G is Toeplitz and its leading blocks are those of every shorter click, so one factor serves all
clicks that share a model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.linalg.lapack import dpbtrf, dtbtrs

from toolkit.dsp.ar import runs
from toolkit.dsp.linear_prediction import Array
from toolkit.dsp.smooth_click import fit_smooth, smooth_basis

# A sample that is no part of the click gains 1 on average; 4 leaves chance no foothold.
_PENALTY = 4.0
_ONSET_SIGMAS = 3.5
# Left unexplained by less than this, the error has no room for the price of a smooth click.
_WORTHWHILE = 30.0
# Share of the evidence for a long click that may be left unexplained.
_UNEXPLAINED = 0.2
# Where clicks lie dense, ticks that look like one click are told apart within these lengths.
_PRUNING_PATIENCE = 70.0
_SHORTEST_PRUNED, _LONGEST_PRUNED = 8, 96
_SAMPLE_SIGMAS = 3.0


@dataclass(frozen=True)
class Click:
    """Hold one click: where it lies, what it added there, and how sure it is.

    Parameters
    ----------
    start, stop : int
        First sample and one past the last.
    waveform : np.ndarray, shape (stop - start,)
        To be taken away; 0 at samples between its ends that are good.
    evidence : float
        Fall of the squared prediction error in units of its variance, less the penalty.
    """

    start: int
    stop: int
    waveform: Array
    evidence: float

    @cached_property
    def parts(self) -> list[tuple[int, int]]:
        """Return the spans of bad samples, (first, one past the last) each."""
        if self.waveform.all():
            return [(self.start, self.stop)]
        spans = self.start + runs(self.waveform != 0)
        return [(first, last) for first, last in spans.tolist()]


@dataclass
class Fitter:
    """Fit clicks under the models of a whitened signal, keeping the factor of each model.

    Parameters
    ----------
    models : np.ndarray, shape (frames, order + 1)
    hop : int
        Samples that each model is in force.
    window : int
        Longest click that is looked for, in samples.
    sample_rate : int
        In Hz.
    """

    models: Array
    hop: int
    window: int
    sample_rate: int = 44100
    _factors: dict[int, tuple[Array, Array]] = field(default_factory=dict)

    def fit(
        self, signal: Array, start: int, stop: int, sigma: float, patience: float
    ) -> Click | None:
        """Return the click that begins in start..stop - 1, or None where nothing is wrong.

        Parameters
        ----------
        signal : np.ndarray, shape (samples,)
            Earlier clicks are already taken away from it.
        start, stop : int
            Where the click may begin.
        sigma : float
            Standard deviation of the prediction error around.
        patience : float
            Undamaged samples after which it is asked whether what follows is the same click.
        """
        order = self.models.shape[1] - 1
        frame = min((start + stop) // 2 // self.hop, len(self.models) - 1)
        end = min(start + self.window, len(signal) - order)
        if start < order or end - start < 1:
            return None
        model = self.models[frame]
        error = np.convolve(signal[start - order : end + order], model, "valid") / sigma
        onset = _first_loud(error[: max(stop - start, 1)])
        if onset is None or onset >= end - start:
            return None
        begin = start + onset
        longest = min(self.window, end - begin)
        error = error[onset : onset + longest + order]
        factor, lags = self._factor(frame)
        length, gains, evidence = self._length(error, longest, model, factor, patience)
        waveform = _waveform(factor, gains, length)
        dense = patience < _PRUNING_PATIENCE
        if dense and _SHORTEST_PRUNED <= length <= _LONGEST_PRUNED:
            waveform, evidence = _pruned(waveform, evidence, error, model)
        # Among dense clicks a long swing is several short ones, and one that begins late in a group
        # of candidates is the rest of another.
        whole = longest == self.window and not dense
        if whole and float(error @ error) - len(error) > evidence + _WORTHWHILE:
            longer = self._smooth(signal[begin : begin + longest] / sigma, error, model, lags)
            if longer is not None and longer[1] > evidence and len(longer[0]) > length:
                waveform, evidence = longer
        return Click(begin, begin + len(waveform), waveform * sigma, evidence)

    def _length(
        self, error: Array, longest: int, model: Array, factor: Array, patience: float
    ) -> tuple[int, Array, float]:
        """Return the length of the click that begins with the error, its gains and evidence."""
        order = len(model) - 1
        gains, score = _gains(error, longest, model, factor)
        length = int(np.argmax(score)) + 1
        sunk = np.flatnonzero(np.maximum.accumulate(score) - score > (_PENALTY - 1) * patience)
        if len(sunk) and sunk[0] < length:
            # Good samples, then bad ones again: the smooth middle of one long click, or two clicks?
            first = int(np.argmax(score[: sunk[0]])) + 1
            rest = error[: longest + order].copy()
            rest[: first + order] -= np.convolve(_waveform(factor, gains, first), model)
            second = _first_loud(rest[first:length])
            cut_off = length > longest - order
            if (
                second is None
                or cut_off
                or self._parted(rest[first + second :], length - first - second, model, factor)
                > score[length - 1] - score[first - 1]
            ):
                length = first
        return length, gains, float(score[length - 1])

    def _smooth(
        self, signal: Array, error: Array, model: Array, lags: Array
    ) -> tuple[Array, float] | None:
        """Return waveform and evidence of the long, smooth click that begins with the error."""
        order = len(model) - 1
        smooth = smooth_basis(self.window, self.sample_rate, order)
        if smooth is None:
            return None
        right = np.correlate(error[: self.window + order], model, "valid")
        length, waveform, evidence = fit_smooth(smooth, lags, right, _PENALTY)
        heard = error[: length + order]
        # Two clicks one after the other leave much that no smooth one explains.
        unexplained = float(heard @ heard) - len(heard) - evidence
        # What is music is missed where it is taken away: the sum grows instead of shrinking.
        missed = float(waveform @ (waveform - 2 * signal[:length]))
        if unexplained > _UNEXPLAINED * evidence or missed > 0:
            return None
        return waveform, evidence

    @staticmethod
    def _parted(error: Array, longest: int, model: Array, factor: Array) -> float:
        return float(_gains(error, longest, model, factor)[1].max())

    def _factor(self, frame: int) -> tuple[Array, Array]:
        """Return the Cholesky factor of a frame's G and the lags that G is made of."""
        if frame not in self._factors:
            model = self.models[frame]
            lags = np.correlate(model, model, "full")[len(model) - 1 :]
            band = np.repeat(lags[:, None], self.window, axis=1)
            band[0] *= 1 + 1e-9
            self._factors[frame] = dpbtrf(band, lower=1)[0], lags
        return self._factors[frame]


def _pruned(waveform: Array, evidence: float, error: Array, model: Array) -> tuple[Array, float]:
    """Return the click without its good samples, if that explains the error as well.

    The covariance of the waveform is ``G^-1``, so that a sample whose share of the click is small
    beside the root of the diagonal may be good. The evidence decides.
    """
    length, order = len(waveform), len(model) - 1
    lags = np.zeros(max(length, order + 1))
    lags[: order + 1] = np.correlate(model, model, "full")[order:]
    right = np.correlate(error[: length + order], model, "valid")
    apart = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
    normal = lags[apart] + 1e-9 * lags[0] * np.eye(length)
    doubt = np.sqrt(np.abs(np.diag(np.linalg.inv(normal))))
    bad = np.flatnonzero(np.abs(waveform) > _SAMPLE_SIGMAS * doubt)
    if not 0 < len(bad) < length:
        return waveform, evidence
    values = np.linalg.solve(normal[np.ix_(bad, bad)], right[bad])
    kept = float(values @ right[bad]) - _PENALTY * len(bad)
    if kept < evidence:
        return waveform, evidence
    sparse = np.zeros(length)
    sparse[bad] = values
    return sparse, kept


def _first_loud(error: Array) -> int | None:
    loud = np.abs(error) > _ONSET_SIGMAS
    first = int(loud.argmax()) if len(loud) else 0
    return first if len(loud) and loud[first] else None


def _gains(error: Array, longest: int, model: Array, factor: Array) -> tuple[Array, Array]:
    right = np.correlate(error[: longest + len(model) - 1], model, "valid")
    gains = dtbtrs(factor[:, : len(right)], right[:, None], uplo="L")[0][:, 0]
    return gains, np.cumsum(gains**2 - _PENALTY)


def _waveform(factor: Array, gains: Array, length: int) -> Array:
    solved = dtbtrs(factor[:, :length], gains[:length, None], uplo="L", trans="T")[0]
    return np.asarray(solved[:, 0])
