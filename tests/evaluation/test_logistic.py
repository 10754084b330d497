"""Does the regression tell classes apart, and are its probabilities what they say."""

import numpy as np
import pytest

from toolkit.evaluation import logistic


def material(rng: np.random.Generator, count: int, apart: float):
    classes = rng.random(count) < 0.4
    features = rng.normal(size=(count, 5))
    features[:, 2] += apart * classes
    return features, classes


def test_it_finds_the_feature_that_matters() -> None:
    features, classes = material(np.random.default_rng(1), 600, 2.0)
    found = logistic.fit(features, classes)
    assert np.abs(found.weights).argmax() == 2
    unheard, truth = material(np.random.default_rng(2), 600, 2.0)
    # Two normal classes two deviations apart: the area is Φ(2/√2) = 0.921.
    assert logistic.auc(found.score(unheard), truth) == pytest.approx(0.921, abs=0.02)


def test_auc_is_that_of_counting_pairs() -> None:
    rng = np.random.default_rng(3)
    scores, classes = rng.integers(0, 6, 40).astype(float), rng.random(40) < 0.5
    wins = [
        1.0 if one > other else 0.5 if one == other else 0.0
        for one in scores[classes]
        for other in scores[~classes]
    ]
    assert logistic.auc(scores, classes) == pytest.approx(np.mean(wins))


def test_calibrated_probabilities_are_frequencies() -> None:
    rng = np.random.default_rng(4)
    odds = rng.normal(0, 2, 8000)
    classes = rng.random(8000) < 1 / (1 + np.exp(-odds))
    slope, offset = logistic.calibration(5 * odds + 3, classes)
    again = slope * (5 * odds + 3) + offset
    # Both classes count alike, and here they are equally frequent.
    assert np.abs(again - odds).mean() < 0.25


def test_far_outliers_cannot_take_over() -> None:
    features, classes = material(np.random.default_rng(5), 300, 3.0)
    found = logistic.fit(features, classes)
    far = np.zeros((1, 5))
    far[0, 0] = 1e6
    near = np.zeros((1, 5))
    assert abs(found.score(far) - found.score(near))[0] < 4.1 * abs(found.weights[0]) + 0.1
