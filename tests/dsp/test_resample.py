import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.dsp import resample as module
from toolkit.dsp.resample import resample, resampled_length, warp


def sine(frequency, num_samples, sample_rate):
    angle = 2 * np.pi * frequency * np.arange(num_samples) / sample_rate
    return np.sin(angle)[None].astype(np.float32)


def error_db(samples, reference, margin=1500):
    error = (samples - reference)[:, margin:-margin].astype(float)
    return 10 * np.log10(2 * np.mean(error**2) + 1e-30)


@pytest.mark.parametrize(
    ("from_rate", "to_rate"),
    [(44100, 48000), (96000, 44100), (8000, 192_000), (45057.3, 44100), (44100, 41000.123)],
)
@pytest.mark.parametrize("share", [0.01, 0.1, 0.25])
def test_a_sine_stays_a_sine_in_time_with_itself(from_rate, to_rate, share):
    frequency = share * min(from_rate, to_rate)
    out = resample(sine(frequency, 20_000, from_rate), from_rate, to_rate)
    reference = sine(frequency, out.shape[1], to_rate)
    assert error_db(out, reference, margin=out.shape[1] // 4) < -100


@pytest.mark.parametrize("to_rate", [48000, 32000, 43210.5])
def test_the_pass_band_is_flat_to_a_hundredth_of_a_decibel(to_rate):
    out = resample(sine(0.44 * min(44100, to_rate), 40_000, 44100), 44100, to_rate)
    level = 10 * np.log10(2 * np.mean(out[:, 5000:-5000].astype(float) ** 2))
    assert level == pytest.approx(0, abs=0.012)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3000), st.integers(1, 3), st.floats(0.25, 4), st.sampled_from([8000, 44100]))
def test_length_is_exact(num_samples, num_channels, ratio, rate):
    samples = np.ones((num_channels, num_samples), np.float32)
    out = resample(samples, rate * ratio, rate)
    assert out.shape == (num_channels, resampled_length(num_samples, rate * ratio, rate))
    assert np.isfinite(out).all()


def test_blocks_of_resampling_do_not_show(monkeypatch):
    samples = np.random.default_rng(0).standard_normal((2, 30_000)).astype(np.float32)
    whole = resample(samples, 44100, 43210)
    monkeypatch.setattr(module, "_BLOCK", 1237)
    np.testing.assert_array_equal(resample(samples, 44100, 43210), whole)


def wavering(indices):
    """1 % of wow at 1.5 Hz and an offset, in samples at 44.1 kHz."""
    swing = 0.01 * 44100 / (2 * np.pi * 1.5)
    return indices + 0.37 + swing * np.sin(2 * np.pi * 1.5 * indices / 44100)


@pytest.mark.parametrize("frequency", [50, 1000, 10_000, 18_000, 19_500])
def test_a_warped_sine_is_the_sine_of_the_warped_time(frequency):
    samples = sine(frequency, 50_000, 44100)
    out = warp(samples, wavering, out=np.zeros_like(samples), fastest=1.01)
    angle = 2 * np.pi * frequency / 44100 * wavering(np.arange(samples.shape[1]))
    assert error_db(out, np.sin(angle)[None]) < -100


def test_warp_is_the_sum_over_all_samples():
    samples = np.random.default_rng(1).standard_normal((1, 300)).astype(np.float32)
    positions = np.sort(np.random.default_rng(2).uniform(0, 299, 50))
    out = warp(samples, lambda indices: positions[indices], out=np.zeros((1, 50), np.float32))
    beta = 0.1102 * (105 - 8.7)
    for position, value in zip(positions, out[0], strict=True):
        distance = position - np.arange(300)
        inside = np.clip(1 - (distance / 64) ** 2, 0, None)
        kernel = 0.95 * np.sinc(0.95 * distance) * np.i0(beta * np.sqrt(inside)) / np.i0(beta)
        near = np.abs(distance) <= 64
        assert value == pytest.approx(np.sum(samples[0] * kernel * near), abs=2e-4)


def test_blocks_of_warping_do_not_show(monkeypatch):
    samples = np.random.default_rng(3).standard_normal((2, 20_000)).astype(np.float32)
    whole = warp(samples, wavering, out=np.zeros_like(samples))
    monkeypatch.setattr(module, "_BLOCK", 977)
    monkeypatch.setattr(module, "_KERNELS", 100)
    pieces = warp(samples, wavering, out=np.zeros_like(samples))
    np.testing.assert_allclose(pieces, whole, atol=1e-6)


def test_compression_folds_nothing_back():
    samples = sine(15_000, 40_000, 44100)
    out = warp(samples, lambda i: 2.0 * i, out=np.zeros((1, 20_000), np.float32), fastest=2)
    assert 10 * np.log10(np.mean(out[:, 500:-500].astype(float) ** 2)) < -90


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 5), st.integers(0, 300), st.floats(-500, 500))
def test_warp_takes_any_length_and_place(num_samples, num_out, offset):
    samples = np.ones((2, num_samples), np.float32)
    out = warp(samples, lambda i: i + offset, out=np.zeros((2, num_out), np.float32))
    assert np.isfinite(out).all()


def test_a_constant_stays_constant():
    samples = np.ones((1, 5000), np.float32)
    out = warp(samples, wavering, out=np.zeros((1, 4500), np.float32))
    np.testing.assert_allclose(out[:, 200:-200], 1, atol=1e-5)
