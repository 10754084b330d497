import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.dsp.peak_prediction import refine

N_FFT = 4096


def clipped_tones(seed, level=0.6):
    """Return steady tones, what clipping left of them, its marks, and a rough estimate."""
    rng = np.random.default_rng(seed)
    time = np.arange(20000)
    clean = sum(
        rng.uniform(0.2, 1) * np.sin(rng.uniform(0.01, 0.3) * time + rng.uniform(0, 6))
        for _ in range(6)
    )
    clean = (clean / np.abs(clean).max()).astype(np.float32)
    x = np.clip(clean, -level, level).astype(np.float32)
    marks = (clean > level).astype(np.int8) - (clean < -level).astype(np.int8)
    wrong = 1 + 0.2 * np.sin(0.003 * time)
    estimate = np.where(marks != 0, x + (clean - x) * wrong, x).astype(np.float32)
    return clean, x, marks, estimate


def error_db(clean, out, marks):
    at = marks != 0
    return 10 * np.log10(np.mean((clean - out)[at].astype(float) ** 2))


@pytest.mark.parametrize("seed", range(3))
def test_tones_get_much_closer(seed):
    clean, x, marks, estimate = clipped_tones(seed)
    out = refine(x, marks, estimate, N_FFT)
    assert error_db(clean, out, marks) < error_db(clean, estimate, marks) - 8
    np.testing.assert_allclose(out[marks == 0], x[marks == 0], atol=1e-6)


def test_noise_is_left_nearly_as_it_is():
    rng = np.random.default_rng(0)
    clean = rng.standard_normal(20000).astype(np.float32)
    x = np.clip(clean, -1.5, 1.5).astype(np.float32)
    marks = (np.sign(clean) * (np.abs(clean) > 1.5)).astype(np.int8)
    estimate = np.where(marks != 0, 1.2 * x, x).astype(np.float32)
    out = refine(x, marks, estimate, N_FFT)
    assert error_db(clean, out, marks) < error_db(clean, estimate, marks) + 1
    moved = np.mean((out - estimate)[marks != 0] ** 2)
    assert moved < 0.2 * np.mean((estimate - x)[marks != 0] ** 2)


def test_an_estimate_that_adds_nothing_stays():
    _, x, marks, _ = clipped_tones(0)
    np.testing.assert_allclose(refine(x, marks, x, N_FFT), x, atol=1e-7)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**16), length=st.integers(1, 300), level=st.floats(0.05, 0.9))
def test_finite_for_any_length(seed, length, level):
    noise = np.random.default_rng(seed).standard_normal(length).astype(np.float32)
    x = np.clip(noise, -level, level).astype(np.float32)
    marks = (np.sign(noise) * (np.abs(noise) >= level)).astype(np.int8)
    out = refine(x, marks, (x * np.where(marks != 0, 1.5, 1)).astype(np.float32), 32)
    assert out.shape == x.shape
    assert np.isfinite(out).all()
    np.testing.assert_allclose(out[marks == 0], x[marks == 0], atol=1e-6)
