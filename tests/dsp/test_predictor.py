import numpy as np
import pytest

from toolkit.dsp.predictor import autocorrelation, fit_predictor


def test_autocorrelation_equals_the_naive_sums():
    x = np.random.default_rng(0).standard_normal(50)
    expected = [sum(x[n] * x[n + lag] for n in range(50 - lag)) for lag in range(20)]
    np.testing.assert_allclose(autocorrelation(x, 19), expected, atol=1e-12)


def test_equals_the_dense_yule_walker_solution():
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.standard_normal(300)) * 0.1
    window = np.sin(np.pi * (np.arange(300) + 0.5) / 300) ** 2
    lags = np.correlate(x * window, x * window, "full")[299:]
    matrix = np.array([[lags[abs(i - j)] for j in range(12)] for i in range(12)])
    matrix += 1e-6 * lags[0] * np.eye(12)
    expected = np.concatenate([[1], -np.linalg.solve(matrix, lags[1:13])])
    predictor = fit_predictor(x, 12, 1e-6)
    np.testing.assert_allclose(predictor.coefficients, expected, atol=1e-8)
    assert predictor.order == 12


def test_finds_a_known_process():
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(100_000)
    x = np.zeros(len(noise))
    for n in range(2, len(x)):
        x[n] = 1.6 * x[n - 1] - 0.8 * x[n - 2] + 0.1 * noise[n]
    predictor = fit_predictor(x, 2, 1e-9)
    np.testing.assert_allclose(predictor.coefficients, [1, -1.6, 0.8], atol=0.02)
    assert predictor.variance == pytest.approx(0.01, rel=0.1)


def test_lags_are_those_of_the_coefficients():
    predictor = fit_predictor(np.random.default_rng(2).standard_normal(99), 5, 1e-6)
    a = predictor.coefficients
    np.testing.assert_allclose(predictor.lags(), np.correlate(a, a, "full")[5:], atol=1e-12)


def test_a_pure_tone_stays_solvable():
    predictor = fit_predictor(np.sin(0.1 * np.arange(4096)), 512, 1e-8)
    assert np.isfinite(predictor.coefficients).all()
    assert predictor.variance > 0
