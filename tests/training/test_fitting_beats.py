import numpy as np
import pytest

from toolkit.training import fitting_beats
from toolkit.training.fitting_beats import Example


def invented(rng, works):
    """Return examples in which the first feature alone tells which candidate is right."""
    made = []
    for number in range(works):
        features = rng.normal(0, 1, (8, 3))
        scores = np.where(features[:, 0] == features[:, 0].max(), 0.95, 0.3)
        manner = fitting_beats.MANNERS[number % 2]
        made.append(Example(f"composer{number}/work", manner, features, scores))
    return made


def test_the_feature_that_tells_is_found():
    weights = fitting_beats.level_weights(invented(np.random.default_rng(1), 60))
    assert weights[0] > 5 * np.abs(weights[1:]).max()


def test_unknown_composers_are_chosen_for_as_well():
    reached = fitting_beats.cross_validated(invented(np.random.default_rng(2), 60))
    assert set(reached) == set(fitting_beats.MANNERS)
    assert min(reached.values()) > 0.8


def test_a_composer_is_in_one_fold():
    one, two = (
        Example(f"haydn/opus{number}", "steady", np.zeros((1, 1)), np.zeros(1)) for number in (1, 2)
    )
    assert one.fold == two.fold


def test_logistic_regression_finds_the_slope():
    rng = np.random.default_rng(3)
    features = np.column_stack([rng.normal(0, 1, 20000), np.ones(20000)])
    odds = features @ np.array([1.5, -0.5])
    truth = rng.uniform(size=20000) < 1 / (1 + np.exp(-odds))
    found = fitting_beats.logistic(features, truth, np.ones(20000))
    np.testing.assert_allclose(found, [1.5, -0.5], atol=0.08)


@pytest.mark.parametrize("manner", fitting_beats.MANNERS)
def test_examples_hold_what_each_candidate_reaches(manner):
    some = [each for each in fitting_beats.examples(("bach/bwv66.6",)) if each.manner == manner]
    assert len(some) == 1
    assert len(some[0].features) == len(some[0].scores)
    assert some[0].scores.max() > 0.8
