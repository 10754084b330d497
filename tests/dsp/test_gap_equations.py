import numpy as np
import pytest

from toolkit.dsp.gap_equations import complete
from toolkit.dsp.predictor import fit_predictor


def tones(num_samples, seed=0):
    rng = np.random.default_rng(seed)
    time = np.arange(num_samples)
    tone = sum(np.sin(rng.uniform(0.02, 1) * time + rng.uniform(0, 6)) for _ in range(5))
    return tone + 0.01 * rng.standard_normal(num_samples)


def dense_solution(x, unknown, predictor, trust):
    """Return the minimum of |Ax|² + trust |x - guess|² from the dense normal equations."""
    order, n = predictor.order, len(x)
    filter_matrix = np.zeros((n + order, n))
    for column in range(n):
        filter_matrix[column : column + order + 1, column] = predictor.coefficients
    at = np.flatnonzero(unknown)
    rows = np.concatenate([filter_matrix[:, at], np.sqrt(trust) * np.eye(len(at))])
    known = np.where(unknown, 0, x)
    right = np.concatenate([-filter_matrix @ known, np.sqrt(trust) * x[at]])
    out = x.copy()
    out[at] = np.linalg.solve(rows.T @ rows, rows.T @ right)
    return out


@pytest.mark.parametrize("trust", [0.0, 0.1])
@pytest.mark.parametrize("order", [3, 40])
def test_equals_the_dense_solution(order, trust):
    x = tones(400)
    unknown = np.zeros(400, bool)
    for start, stop in ((0, 3), (50, 51), (60, 90), (95, 120), (300, 330), (398, 400)):
        unknown[start:stop] = True
    predictor = fit_predictor(x, order, 1e-5)
    guess = np.where(unknown, 0.1, x)
    out = complete(guess, unknown, predictor, trust=trust, iterations=400, tolerance=1e-24)
    expected = dense_solution(guess, unknown, predictor, trust)
    np.testing.assert_allclose(out, expected, atol=1e-4)
    np.testing.assert_array_equal(out[~unknown], x[~unknown])


def test_long_runs_are_cut_into_blocks():
    x = tones(1800)
    unknown = np.zeros(1800, bool)
    unknown[500:1000] = unknown[1100:1110] = True
    predictor = fit_predictor(x, 60, 1e-4)
    guess = np.where(unknown, 0, x)
    out = complete(guess, unknown, predictor, iterations=400, tolerance=1e-20)
    np.testing.assert_allclose(out, dense_solution(guess, unknown, predictor, 0), atol=1e-3)


def test_ten_steps_nearly_suffice():
    x = tones(2000)
    unknown = (np.arange(2000) % 100 < 25) & (np.arange(2000) > 50)
    predictor = fit_predictor(x, 100, 1e-5)
    guess = np.where(unknown, 0, x)
    expected = dense_solution(guess, unknown, predictor, 0)
    out = complete(guess, unknown, predictor, iterations=10)
    assert np.sum((out - expected) ** 2) < 1e-3 * np.sum((guess - expected) ** 2)


def test_much_trust_keeps_the_guess():
    x = tones(500)
    unknown = np.zeros(500, bool)
    unknown[200:220] = True
    out = complete(x, unknown, fit_predictor(x, 20, 1e-6), trust=1e12)
    np.testing.assert_allclose(out, x, atol=1e-6)


def test_silence_stays_silence():
    x = np.zeros(500)
    unknown = np.arange(500) % 7 == 0
    predictor = fit_predictor(tones(500), 20, 1e-6)
    np.testing.assert_array_equal(complete(x, unknown, predictor), x)
