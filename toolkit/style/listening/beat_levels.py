"""Choose which of several chains of beats a listener would tap.

Any regular grid of times explains some of the attacks; the beat is the grid on which the accented
ones fall, that is neither very fast nor very slow (D. Moelants, "Preferred tempo reconsidered",
2002), and from which music repeats after one, two, three or four steps (D. Temperley, "The
Cognition of Basic Musical Structures", 2001). The score is a weighted sum of such properties, of
which the weights were fitted to make the F-measure that softmax(score) expects as large as can be.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.style.listening import beat_chains
from toolkit.style.listening.attacks import Attacks
from toolkit.style.listening.fitted_beats import FITTED

Array = npt.NDArray[np.float64]

_WEIGHTS = np.array(FITTED["level weights"])

_MIDDLE_SECONDS, _FAST_SECONDS, _SLOW_SECONDS = 0.6, 0.5, 0.9
_WIDEST = 0.4
_ON_BEAT = 0.12
_PARTS = 12  # of a beat in which repetition is looked for
_LAGS = (1, 2, 3, 4, 6, 8)  # beats
_MOST_ACCENT = 4.0
_STAY = 5.0  # score lost where the tempo doubles from one section to the next


def choose(candidates: list[Array], attacks: Attacks, before: float | None = None) -> Array:
    """Return the best of the candidates.

    Parameters
    ----------
    candidates : list of np.ndarray
        Beats in seconds, two or more in each; not empty.
    attacks : Attacks
        What they are to explain; not empty.
    before : float, optional
        Period of the beats of the section before, in seconds.
    """
    scores = features(candidates, attacks) @ _WEIGHTS
    if before is not None:
        periods = np.array([np.median(np.diff(beats)) for beats in candidates])
        scores -= _STAY * np.minimum(np.abs(np.log2(periods / before)), 1)
    return candidates[int(scores.argmax())]


def features(candidates: list[Array], attacks: Attacks) -> Array:
    """Return what tells beats from other grids, shape (candidates, features)."""
    strength = np.exp(np.clip(attacks.accents, -_MOST_ACCENT, _MOST_ACCENT) / 2)
    return np.array([_heard(beats, attacks, strength) for beats in candidates])


def _heard(beats: Array, attacks: Attacks, strength: Array) -> Array:
    place, nearest, on_beat = _places(beats, attacks.times)
    filled = np.unique(nearest[on_beat])
    accent = float(attacks.accents[on_beat].sum())
    periods = np.log(np.diff(beats))
    period = float(np.median(periods))
    slowness = period - np.log(_MIDDLE_SECONDS)
    count = len(place)
    return np.array(
        [
            beat_chains.log_likelihood(beats, attacks) / count,
            slowness,
            slowness**2,
            max(np.log(_FAST_SECONDS) - period, 0.0),
            max(period - np.log(_SLOW_SECONDS), 0.0),
            min(float(periods.std()), _WIDEST),
            accent / count,
            accent / max(int(on_beat.sum()), 1),
            on_beat.mean(),
            strength[on_beat].sum() / strength.sum(),
            len(filled) / len(beats),
            *_repetition(place, strength, len(beats)),
        ]
    )


def _places(beats: Array, times: Array) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Return where attacks are in beats, the beat nearest to each, and whether it is on it."""
    place = np.interp(times, beats, np.arange(len(beats)))
    nearest = np.rint(place)
    return place, nearest, np.abs(place - nearest) < _ON_BEAT


def _repetition(place: Array, strength: Array, count: int) -> tuple[float, ...]:
    """Return how alike attacks are one beat later, and bars later if bars have two or three beats.

    Of the groupings the better counts, lest one of them be preferred for having more lags.
    """
    at = np.floor(place * _PARTS).astype(int)
    after = place * _PARTS - at
    length = _PARTS * count + _PARTS + 1
    raw = np.bincount(at, strength * (1 - after), length)
    raw = raw + np.bincount(at + 1, strength * after, length)
    train: Array = np.convolve(raw, np.array([0.25, 0.5, 0.25]), "same")
    train -= train.mean()
    power = float(train @ train) + 1e-9
    after_one, two, three, four, six, eight = (
        float(train[_PARTS * lag :] @ train[: -_PARTS * lag]) / power if lag < count else 0.0
        for lag in _LAGS
    )
    by_two, by_three = (two + four + eight) / 3, (three + six) / 2
    return after_one, max(two, three), max(four, six), max(by_two, by_three)
