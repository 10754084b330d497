"""Find losses: short stretches in which the music itself is missing and something else stands.

Where a groove is torn, or a transfer lost a few milliseconds, nothing is added: the sound is gone,
and noise is heard in its place. As a click that is often too faint or too long to be one. But two
things about it no music does.

It begins where the past stops explaining what comes and ends where the future stops explaining what
was, so the forward error of a predictor rises at its beginning and the backward one at its end.
And what the surroundings predict is not there. With f the interpolation of the stretch and x what
is heard, music to which something was added holds f still: <x, f> / <f, f> is near 1, and x is the
louder of the two. Where the music is lost, x has nothing of f, and less energy.

Both could be the fault of f. With the model a and the variance σ² of its error around, the music
differs from f by d² = (x - f)' T (x - f) / σ² of about the number of its samples, T the
autocorrelation of a (see `toolkit.dsp.ar`); and since f makes the error of the whole stretch least,
d² σ² is just the error's energy with x less that with f. Where it is many times what it should be,
x is no guess gone astray.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.dsp.ar import Spans, merge_spans, runs
from toolkit.dsp.click_models import shift_models
from toolkit.dsp.inpainting import interpolate_gap
from toolkit.dsp.linear_prediction import Array
from toolkit.dsp.predictor import Predictor

_ORDER = 128
# Samples on each side that the model is fitted to.
_REACH = 4 * _ORDER
# Heights in sigmas above which errors are gathered, and across how many seconds. Short losses lie
# amid other errors; of long ones only the ends stand out. On the tuning pieces, torn by colored
# noise, the two find half of all, three such pairs a twentieth more.
_GATHER = ((4.5, 0.005), (6.0, 0.02))
_SHORTEST_SECONDS = 4e-4
# What is left of the music's energy and of its waveform where it is lost, and of d² a sample.
_MOST_ENERGY, _MOST_LIKENESS, _LEAST_EVIDENCE = 0.6, 0.3, 12.0
# The quiet before and after a loss is not quieter than the loss.
_AROUND_SECONDS = 0.01
_TINY = 1e-12


@dataclass(frozen=True)
class Compared:
    """Compare what is heard in a stretch with what its surroundings predict.

    Parameters
    ----------
    energy : float
        Of what is heard, relative to that of the interpolation, >= 0.
    likeness : float
        Share of the interpolation's waveform that what is heard holds; 1 for music.
    evidence : float
        d² a sample; near 1 for music that the model holds for.
    """

    energy: float
    likeness: float
    evidence: float


def find_losses(
    wave: Array, features: npt.NDArray[np.float32], sample_rate: float, longest: float, ease: float
) -> Spans:
    """Find the losses of one channel.

    Parameters
    ----------
    wave : np.ndarray, shape (samples,)
        Finite.
    features : np.ndarray, shape (4, samples)
        From `toolkit.dsp.click_features.features`.
    sample_rate : float
        In Hz.
    longest : float
        In seconds.
    ease : float
        Height of what counts relative to the usual one, > 0: at 2 the evidence has to be 4 times
        as strong.

    Returns
    -------
    np.ndarray, shape (losses, 2)
        First sample and one past the last, sorted, not touching.
    """
    shortest = max(round(_SHORTEST_SECONDS * sample_rate), 4)
    spans = _stretches(features, sample_rate, ease)
    lengths = spans[:, 1] - spans[:, 0]
    spans = spans[(lengths >= shortest) & (lengths <= longest * sample_rate)]
    quiet = _quieter(wave, spans, max(round(_AROUND_SECONDS * sample_rate), 1))
    kept = [
        (start, stop) for start, stop in spans[quiet].tolist() if _is_lost(wave, start, stop, ease)
    ]
    return merge_spans(kept, len(wave))


def compare(wave: Array, start: int, stop: int) -> Compared | None:
    """Return how a stretch of a channel compares; None where too little lies around it.

    Parameters
    ----------
    wave : np.ndarray, shape (samples,)
    start, stop : int
        0 <= start < stop <= samples.
    """
    first = max(start - _REACH, 0)
    part = wave[first : stop + _REACH]
    begin, end = start - first, stop - first
    trusted = np.ones(max(len(part) - _ORDER, 0), bool)
    trusted[max(begin - _ORDER, 0) : end] = False
    if np.count_nonzero(trusted) < 2 * _ORDER:
        return None
    model = shift_models(part[None], trusted[None], _ORDER)[0]
    errors = np.convolve(part, model, "valid")
    variance = float(np.mean(errors[trusted] ** 2)) + _TINY
    filled = part.copy()
    filled[begin:end] = interpolate_gap(part, begin, end, Predictor(model, variance))
    least = np.convolve(filled, model, "valid")[~trusted]
    heard, expected = part[begin:end], filled[begin:end]
    energy = float(expected @ expected) + _TINY
    excess = float(np.sum(errors[~trusted] ** 2) - np.sum(least**2))
    return Compared(
        energy=float(heard @ heard) / energy,
        likeness=float(heard @ expected) / energy,
        evidence=excess / variance / (stop - start),
    )


def _stretches(features: npt.NDArray[np.float32], sample_rate: float, ease: float) -> Spans:
    """Return where the forward error rises and, soon after, the backward error falls."""
    total = features.shape[1]
    found = []
    for height, seconds in _GATHER:
        high = np.float32(np.arcsinh(height * ease))
        rising, falling = (np.flatnonzero(np.abs(features[row]) > high) for row in (1, 2))
        loud = np.zeros(total, bool)
        loud[rising] = loud[falling] = True
        gathered = merge_spans(runs(loud), total, round(seconds * sample_rate))
        first = np.searchsorted(rising, gathered[:, 0])
        last = np.searchsorted(falling, gathered[:, 1]) - 1
        starts = np.append(rising, total)[first]
        stops = np.concatenate([falling, [-1]])[last] + 1
        found.append(np.stack([starts, stops], axis=1)[stops > starts])
    return np.unique(np.concatenate(found), axis=0)


def _quieter(wave: Array, spans: Spans, around: int) -> npt.NDArray[np.bool_]:
    """Return which stretches have less power than what lies around them."""
    total = np.concatenate([[0.0], np.cumsum(wave**2)])
    wide = np.clip(spans + np.array([-around, around]), 0, len(wave))
    inner, outer = (total[each[:, 1]] - total[each[:, 0]] for each in (spans, wide))
    size, reach = (each[:, 1] - each[:, 0] for each in (spans, wide))
    return np.asarray(inner * np.maximum(reach - size, 1) < (outer - inner) * size)


def _is_lost(wave: Array, start: int, stop: int, ease: float) -> bool:
    found = compare(wave, start, stop)
    return (
        found is not None
        and found.energy < _MOST_ENERGY
        and abs(found.likeness) < _MOST_LIKENESS
        and found.evidence > _LEAST_EVIDENCE * ease**2
    )
