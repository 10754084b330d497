import numpy as np
import pytest

from toolkit.dsp import hum_rate

RATE = 44100


@pytest.mark.parametrize("length", [1, 7, 8, 9, 5003])
def test_decimation_is_the_convolution_at_every_factorth_sample(length):
    x = np.random.default_rng(0).standard_normal((2, length)).astype(np.float32)
    factor = hum_rate.choose_factor(RATE)
    taps = hum_rate.kernel(factor, RATE).ravel().astype(float)
    reach = len(taps) // factor // 2 * factor
    low, rate = hum_rate.decimate(x, 0, length, RATE)
    assert rate == RATE / factor
    for channel in range(2):
        full = np.convolve(x[channel], taps[: 2 * reach + 1])[reach:][:length:factor]
        np.testing.assert_allclose(low[channel], full, atol=1e-5)


def test_blocks_do_not_matter(monkeypatch):
    x = np.random.default_rng(1).standard_normal((2, 9001)).astype(np.float32)
    whole, _ = hum_rate.decimate(x, 100, 9001, RATE)
    monkeypatch.setattr(hum_rate, "_BLOCK", 2048)
    parts, _ = hum_rate.decimate(x, 100, 9001, RATE)
    np.testing.assert_allclose(parts, whole, atol=1e-6)


@pytest.mark.parametrize("hertz", [50, 640, 1900])
def test_a_tone_comes_back_in_phase(hertz):
    time = np.arange(RATE) / RATE
    tone = np.cos(2 * np.pi * hertz * time + 1).astype(np.float32)[None]
    factor = hum_rate.choose_factor(RATE)
    low, _ = hum_rate.decimate(tone, 0, RATE, RATE)
    back = hum_rate.interpolate(low[0], factor, RATE)
    skip = hum_rate.margin(factor, RATE) * factor
    assert len(back) == (low.shape[1] - 2 * hum_rate.margin(factor, RATE)) * factor
    np.testing.assert_allclose(back[500:-500], tone[0, skip + 500 :][: len(back) - 1000], atol=1e-3)


def test_a_low_rate_stays_as_it_is():
    x = np.ones((1, 100), np.float32)
    low, rate = hum_rate.decimate(x, 0, 100, 8000)
    assert rate == 8000
    np.testing.assert_array_equal(low, x)
    np.testing.assert_array_equal(hum_rate.interpolate(x[0], 1, 8000), x[0])
