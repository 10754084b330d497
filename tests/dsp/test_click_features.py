import numpy as np
import pytest

from toolkit.dsp.click_features import HOP, error_scale, features, level, prediction_errors
from toolkit.dsp.whitening import whiten


def noise(num_samples, seed=0):
    rng = np.random.default_rng(seed)
    return np.convolve(rng.standard_normal(num_samples), [1, 1.6, 0.8], "same")


def test_errors_are_convolutions_with_each_frames_model_and_its_reverse():
    signal = noise(5000)
    errors = prediction_errors(signal)
    models = whiten(signal, 32, HOP).models
    padded = np.pad(signal, 64)
    for n in (100, 1500, 4000):
        model, at = models[n // HOP], n + 64
        assert errors[0, n] == pytest.approx(model @ padded[at : at - 33 : -1])
        assert errors[1, n] == pytest.approx(model @ padded[at : at + 33])
        lags = np.correlate(model, model, "full")
        expected = lags @ padded[at - 32 : at + 33] / np.linalg.norm(model)
        assert errors[2, n] == pytest.approx(expected)


def test_level_is_the_rms_around():
    signal = noise(9000)
    for n in (0, 4000, 8999):
        around = signal[max(n - 2205, 0) : n + 2205]
        assert level(signal)[n] == pytest.approx(np.sqrt(np.mean(around**2)), rel=1e-6)


def test_single_clicks_do_not_move_the_scale():
    error = np.random.default_rng(0).standard_normal(40000)
    spoiled = error.copy()
    spoiled[500::1000] += 100
    np.testing.assert_allclose(error_scale(spoiled), error_scale(error), rtol=0.2)


def test_a_click_begins_in_the_forward_and_ends_in_the_backward_error():
    signal = noise(20000)
    signal[10000:10030] += 40 * np.cos(np.arange(30) / 3)
    heard, scale = features(signal)
    assert heard.shape == (4, 20000)
    assert scale.shape == (20000,)
    assert np.flatnonzero(np.abs(heard[1]) > 2.5)[0] == pytest.approx(10000, abs=1)
    assert np.flatnonzero(np.abs(heard[2]) > 2.5)[-1] == pytest.approx(10029, abs=1)


@pytest.mark.parametrize("signal", [np.zeros(1), np.zeros(3000), np.ones(3000), [1e-40] * 99])
def test_edges_are_finite(signal):
    assert np.isfinite(features(np.asarray(signal))[0]).all()


@pytest.mark.parametrize("total", [1, 50, 4411, 20000])
def test_levels_are_those_of_what_lies_within_50_ms(total):
    wave = np.random.default_rng(0).standard_normal(total)
    found = level(wave)
    for at in {0, total // 3, total - 1}:
        around = wave[max(at - 2205, 0) : at + 2205]
        assert found[at] == pytest.approx(np.sqrt(np.mean(around**2)), rel=1e-6)
