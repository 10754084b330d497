from functools import cache

import numpy as np
import pytest

from toolkit.dsp.clipping import clip_levels, find_clipping

SAMPLE_RATE = 44100


def music(seed=0):
    """Return decaying harmonic notes, peak 0.8; its own copy."""
    return render(seed).copy()


@cache
def render(seed, seconds=4.0):
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    out = np.zeros_like(time)
    for onset in np.arange(0, seconds, 0.25):
        pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
        age = np.maximum(time - onset, 0)
        for k in range(1, 9):
            envelope = np.exp(-3 * age) * (1 - np.exp(-200 * age)) / k
            out += envelope * np.sin(2 * np.pi * k * pitch * age + rng.uniform(0, 6))
    return (0.8 * out / np.abs(out).max()).astype(np.float32)[None]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("level", [0.05, 0.2, 0.5, 0.6])
def test_finds_hard_clipping_at_any_level(level, seed):
    x = music(seed=seed)
    ratio, found = find_clipping(np.clip(x, -level, level), SAMPLE_RATE)
    assert found == pytest.approx(level, rel=1e-4)
    assert ratio == pytest.approx(np.mean(np.abs(x) >= level), rel=0.05)


def test_counts_exactly_the_samples_at_the_level():
    x = music()
    clipped = np.clip(x, -0.4, 0.4)
    marks = clip_levels(clipped).mask(clipped)
    np.testing.assert_array_equal(marks[np.abs(x) > 0.4], np.sign(x[np.abs(x) > 0.4]))
    assert np.abs(clipped[marks != 0]).min() > 0.4 * (1 - 3e-4)


def test_survives_dither_and_16_bit():
    rng = np.random.default_rng(1)
    x = np.clip(music(), -0.4, 0.4) * 0.7
    dithered = np.round(x * 32768 + rng.uniform(-1, 1, x.shape)) / 32768
    ratio, level = find_clipping(dithered.astype(np.float32), SAMPLE_RATE)
    assert level == pytest.approx(0.28, rel=1e-3)
    assert ratio == pytest.approx(np.mean(np.abs(music()) >= 0.4), rel=0.05)


def test_channels_and_polarities_are_their_own():
    x = np.concatenate([music(seed=0), music(seed=1), music(seed=2)])
    x[0] = np.minimum(x[0], 0.3)
    x[1] = np.maximum(x[1], -0.25)
    levels = clip_levels(x)
    assert np.isfinite(levels.high).tolist() == [True, False, False]
    assert np.isfinite(levels.low).tolist() == [False, True, False]
    assert levels.high[0] == pytest.approx(0.3, rel=1e-4)
    assert levels.low[1] == pytest.approx(-0.25, rel=1e-4)


def test_a_few_samples_beyond_the_level_do_not_hide_it():
    x = np.clip(music(), -0.4, 0.4)
    x[0, [1000, 50000]] = 0.44
    assert find_clipping(x, SAMPLE_RATE)[1] == pytest.approx(0.4, rel=1e-4)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("gain", [1.0, 0.2])
def test_quantized_music_is_not_clipped(bits, gain):
    steps = 2 ** (bits - 1)
    x = np.round(music() / 0.8 * gain * (steps - 1)) / steps
    assert find_clipping(x.astype(np.float32), SAMPLE_RATE) == (0.0, 0.0)


def test_limited_music_is_not_clipped():
    assert find_clipping(np.tanh(5 * music()), SAMPLE_RATE) == (0.0, 0.0)


time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
square = np.sign(np.sin(2 * np.pi * 441.3 * time))
NOT_CLIPPED = {
    "square": square,
    "square bursts": square * (np.sin(3 * time) > 0),
    "pulses of three voices": 0.3 * square + 0.2 * np.sign(np.sin(700 * time) + 0.4),
    "sine": np.sin(2 * np.pi * 50 * time),
    "8-bit sine": np.round(127 * np.sin(2 * np.pi * 50 * time)) / 128,
    "noise": np.random.default_rng(0).uniform(-1, 1, len(time)),
    "silence": np.zeros(len(time)),
    "offset": np.full(len(time), 0.5),
    "impulse": (time == 1) * 1.0,
    "denormals": np.full(len(time), 1e-40),
}


@pytest.mark.parametrize("name", NOT_CLIPPED)
def test_other_flat_things_are_not_clipped(name):
    assert find_clipping(NOT_CLIPPED[name].astype(np.float32)[None], SAMPLE_RATE) == (0.0, 0.0)


def test_says_that_a_square_wave_is_flat():
    assert clip_levels(square.astype(np.float32)[None]).plateaus
    assert not clip_levels(np.clip(music(), -0.4, 0.4)).plateaus


@pytest.mark.parametrize("length", range(4))
def test_tiny_signals(length):
    assert find_clipping(np.ones((2, length), np.float32), SAMPLE_RATE) == (0.0, 0.0)
