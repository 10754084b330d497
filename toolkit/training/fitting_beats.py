"""Fit the constants of beat tracking: ``python -m toolkit.training.fitting_beats fitted.json``.

They are fitted to the performed works of `toolkit.evaluation.works.DEVELOPMENT`: what of an attack
is an accent, by logistic regression, and the choice among chains of beats, so that the expected
F-measure is largest. The latter is also fitted without each sixth of the composers in turn, so that
what it reaches on works of others is known. The file holds `_WEIGHTS` of `toolkit.style.attacks`,
``LEVEL_WEIGHTS`` of `toolkit.style.beat_patterns`, and the cross-validated figures.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import optimize

from toolkit.adapters import mir_scores
from toolkit.evaluation import beats, works
from toolkit.evaluation.performance import MANNERS
from toolkit.style import attacks as attack_features
from toolkit.style import beat_chains, beat_levels
from toolkit.style import beats as tracking

Array = npt.NDArray[np.float64]

FOLDS = 6

_RIDGE = 0.003
_WORST = 0.02
_NEAR_SECONDS = 0.04
_ITERATIONS = 60


@dataclass(frozen=True, eq=False)
class Example:
    """Hold the chains of one performance.

    Parameters
    ----------
    work, manner : str
        What is played, and how.
    features : np.ndarray, shape (candidates, features)
        As `toolkit.style.beat_levels.features` gives them.
    scores : np.ndarray, shape (candidates,)
        The F-measure that each would reach.
    """

    work: str
    manner: str
    features: Array
    scores: Array

    @property
    def fold(self) -> int:
        """Return the part that the work's composer belongs to, in 0..FOLDS−1."""
        return zlib.crc32(self.work.split("/")[0].encode()) % FOLDS


def examples(names: Sequence[str] = works.DEVELOPMENT) -> Iterator[Example]:
    """Yield the chains of each performance of the works."""
    for work in names:
        for manner in MANNERS:
            played = beats.performance(work, manner)
            heard = attack_features.attacks(played.notes)
            found = beat_chains.chains(heard)
            scores = [
                mir_scores.beat_f_measure(played.beats, tracking.refined(each, heard))
                for each in found
            ]
            yield Example(work, manner, beat_levels.features(found, heard), np.array(scores))


def accent_weights(names: Sequence[str] = works.DEVELOPMENT) -> Array:
    """Return the weights with which an attack's features tell that it lies on a beat."""
    columns, truth, weights = [], [], []
    for work in names:
        for manner in MANNERS:
            played = beats.performance(work, manner)
            onsets = np.array([note.onset for note in played.notes])
            labels, times = attack_features.gather(onsets)
            columns.append(attack_features.features(played.notes, labels, times))
            truth.append(np.abs(times[:, None] - played.beats).min(axis=1) < _NEAR_SECONDS)
            weights.append(np.full(len(times), 1 / len(times)))
    features = np.concatenate(columns)
    features = np.column_stack([features, np.ones(len(features))])
    return logistic(features, np.concatenate(truth), np.concatenate(weights))[:-1]


def logistic(features: Array, truth: npt.NDArray[np.bool_], weights: Array) -> Array:
    """Return the weights of a logistic regression, shape (features,)."""
    share = weights / weights.sum()

    def loss(guess: Array) -> tuple[float, Array]:
        odds = features @ guess
        slope = share * (1 / (1 + np.exp(-odds)) - truth)
        value = float((share * (np.logaddexp(0, odds) - truth * odds)).sum())
        return value + 1e-4 * float(guess @ guess), slope @ features + 2e-4 * guess

    return np.asarray(optimize.minimize(loss, np.zeros(features.shape[1]), jac=True).x)


def level_weights(some: Sequence[Example]) -> Array:
    """Return the weights that make the F-measure expected of softmax(features · weights) largest.

    The logarithm of what is expected of each performance is summed, so that hopeless ones do not
    rule; features are scaled by their spread within a performance before large weights cost.
    """
    centered = [each.features - each.features.mean(axis=0) for each in some]
    scale = np.concatenate(centered).std(axis=0) + 1e-9
    centered = [each / scale for each in centered]
    gains = [each.scores**2 + _WORST for each in some]

    def loss(guess: Array) -> tuple[float, Array]:
        value, slope = 0.0, np.zeros(len(guess))
        for features, gain in zip(centered, gains, strict=True):
            odds = np.exp(features @ guess - (features @ guess).max())
            odds /= odds.sum()
            expected = float(odds @ gain)
            value -= float(np.log(expected / gain.max()))
            slope -= (odds * gain / expected - odds) @ features
        count = max(len(centered), 1)
        return value / count + _RIDGE * float(guess @ guess), slope / count + 2 * _RIDGE * guess

    guess = np.zeros(len(scale))
    options = {"maxiter": _ITERATIONS}
    return np.asarray(optimize.minimize(loss, guess, jac=True, options=options).x / scale)


def cross_validated(some: Sequence[Example]) -> dict[str, float]:
    """Return the mean F-measure in each manner on composers that the weights do not know."""
    reached: dict[str, list[float]] = {manner: [] for manner in MANNERS}
    for fold in range(FOLDS):
        weights = level_weights([each for each in some if each.fold != fold])
        for each in some:
            if each.fold == fold:
                chosen = int((each.features @ weights).argmax())
                reached[each.manner].append(float(each.scores[chosen]))
    return {manner: float(np.mean(scores)) for manner, scores in reached.items() if scores}


def main(path: Path) -> None:
    """Write what was fitted as JSON."""
    some = list(examples())
    fitted = {
        "accent weights": np.round(accent_weights(), 2).tolist(),
        "level weights": np.round(level_weights(some), 2).tolist(),
        "mean F of unknown composers": cross_validated(some),
        "performances": len(some),
    }
    path.write_text(json.dumps(fitted, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
