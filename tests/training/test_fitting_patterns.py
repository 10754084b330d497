from itertools import pairwise

import numpy as np

from toolkit.style.listening.beat_patterns import PLACES
from toolkit.training import fitting_patterns


def test_attacks_are_counted_at_the_nearest_place():
    beats = np.array([1.0, 2.0, 3.0, 4.0])
    table = fitting_patterns.counts(
        np.array([0.98, 1.51, 1.99, 2.34]), np.array([1, 0, 1, 0]), beats, 2
    ).reshape(3, 2, len(PLACES))
    expected = np.zeros_like(table)
    expected[0, 1, 0] = expected[0, 0, 6] = expected[1, 1, 0] = expected[1, 0, 4] = 1
    np.testing.assert_array_equal(table, expected)


def test_the_posterior_is_that_of_all_paths():
    rng = np.random.default_rng(2)
    logs, real = rng.normal(0, 1, (2, 4, 2)), np.array([[True] * 4, [True] * 3 + [False]])
    shares, changes = np.array([0.6, 0.4]), np.array([[0.8, 0.2], [0.3, 0.7]])
    found, moves = fitting_patterns._posterior(logs, real, real * 1.0, shares, changes)
    expected_moves = np.zeros((2, 2))
    for row, length in enumerate((4, 3)):
        odds, total, pairs = np.zeros((length, 2)), 0.0, np.zeros((2, 2))
        for path in np.ndindex(*(2,) * length):
            likely = shares[path[0]] * np.exp(logs[row, 0, path[0]])
            for step in range(1, length):
                likely *= changes[path[step - 1], path[step]] * np.exp(logs[row, step, path[step]])
            total += likely
            for step, state in enumerate(path):
                odds[step, state] += likely
            for before, after in pairwise(path):
                pairs[before, after] += likely
        np.testing.assert_allclose(found[row, :length], odds / total, atol=1e-9)
        expected_moves += pairs / total
    np.testing.assert_allclose(moves, expected_moves, atol=1e-9)
    assert not found[1, 3].any()


def test_invented_patterns_are_found_again():
    rng = np.random.default_rng(4)
    truth = np.full((2, len(PLACES)), 0.01)
    truth[0, [0, 6]], truth[1, [0, 4, 8]] = 0.9, 0.9
    performances = []
    for _ in range(30):
        states = np.repeat(rng.integers(0, 2, 5), 12)
        performances.append((rng.uniform(size=(60, len(PLACES))) < truth[states]).astype(float))
    found = fitting_patterns.fit(performances, 1)
    assert abs(found.shares.sum() - 1) < 1e-6
    np.testing.assert_allclose(found.changes.sum(axis=1), 1)
    for each in truth:
        likeness = found.rates[:, 0] @ each / np.linalg.norm(found.rates[:, 0], axis=1)
        assert likeness.max() > 0.97 * np.linalg.norm(each)
