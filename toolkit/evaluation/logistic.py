"""Tell two classes apart by a weighted sum: logistic regression, and how well it does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.dsp.layers import sigmoid

Array = npt.NDArray[np.float64]

_ROUNDS = 30
_LEAST_SPREAD = 1e-3
_FARTHEST = 4.0


@dataclass(frozen=True, eq=False)
class Logistic:
    """Hold a judge.

    Parameters
    ----------
    center, spread, weights : np.ndarray, shape (features,)
        Features less their center, in units of their spread, at most 4 of them, are weighted.
    bias : float
        Added to the sum.
    slope, offset : float
        Of the calibration: log odds are slope · sum + offset.
    """

    center: Array
    spread: Array
    weights: Array
    bias: float
    slope: float = 1.0
    offset: float = 0.0

    def score(self, features: Array) -> Array:
        """Return the weighted sum of rows of features, shape (rows,)."""
        scaled = np.clip(
            (np.atleast_2d(features) - self.center) / self.spread, -_FARTHEST, _FARTHEST
        )
        return np.asarray(scaled @ self.weights + self.bias)

    def probability(self, features: Array) -> Array:
        """Return the calibrated probability of the second class, shape (rows,)."""
        return sigmoid(self.slope * self.score(features) + self.offset)


def fit(features: Array, classes: npt.NDArray[np.bool_], ridge: float = 1.0) -> Logistic:
    """Return the regression of two classes that count alike, by Newton's method.

    Parameters
    ----------
    features : np.ndarray, shape (rows, features)
    classes : np.ndarray of bool, shape (rows,)
        Both occur.
    ridge : float
        Penalty on squared weights, in rows.
    """
    center = features.mean(axis=0)
    spread = np.maximum(features.std(axis=0), _LEAST_SPREAD)
    scaled = np.clip((features - center) / spread, -_FARTHEST, _FARTHEST)
    rows = np.column_stack([scaled, np.ones(len(scaled))])
    share = np.where(classes, 0.5 / classes.mean(), 0.5 / (~classes).mean())
    penalty = np.full(rows.shape[1], ridge)
    penalty[-1] = 1e-6
    weights = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        odds = sigmoid(rows @ weights)
        slope = rows.T @ (share * (odds - classes)) + penalty * weights
        curve = (rows * (share * odds * (1 - odds))[:, None]).T @ rows + np.diag(penalty)
        weights = weights - np.linalg.solve(curve, slope)
    return Logistic(center, spread, weights[:-1], float(weights[-1]))


def calibration(scores: Array, classes: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and offset that make scores of unheard rows log odds (J. Platt, 1999)."""
    found = fit(scores[:, None], classes, ridge=0.5)
    slope = float(found.weights[0] / found.spread[0])
    return slope, found.bias - slope * float(found.center[0])


def auc(scores: Array, classes: npt.NDArray[np.bool_]) -> float:
    """Return the probability that a row of the second class scores higher; ties count half."""
    wins = scores[classes][:, None] > scores[~classes][None, :]
    ties = scores[classes][:, None] == scores[~classes][None, :]
    return float(np.mean(wins + 0.5 * ties))
