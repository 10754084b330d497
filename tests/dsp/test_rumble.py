import numpy as np
import pytest

from toolkit.dsp.rumble import constant_offset, has_rumble

RATE = 8000


def bass(seconds):
    """Return notes of 20 to 45 Hz that come and go, each with a mean of its own."""
    rng = np.random.default_rng(0)
    signal = np.zeros(seconds * RATE)
    for start in range(0, seconds * RATE - RATE, RATE // 2):
        time = np.arange(RATE // 2) / RATE
        swell = np.hanning(len(time)) ** 2
        tone = np.sin(2 * np.pi * rng.uniform(20, 45) * time) + rng.uniform(0, 0.3)
        if start // (RATE // 2) % 4:
            signal[start : start + len(time)] += 0.2 * swell * tone
    return signal.astype(np.float32)


def test_an_offset_is_found_under_music_channel_by_channel():
    music = bass(12) - bass(12).mean()
    offsets = constant_offset(np.stack([music + 0.5, music, music - 0.4]), RATE)
    np.testing.assert_allclose(offsets, [0.5, 0, -0.4], atol=2e-3)


def test_a_mean_that_comes_with_the_notes_is_none():
    signal = bass(12) + 0.01 * np.repeat(np.arange(12) % 2, RATE)
    assert abs(signal.mean()) > 1e-3
    assert constant_offset(signal[None].astype(np.float32), RATE) == 0


@pytest.mark.parametrize("num_samples", [0, 1, 3, RATE])
def test_short_signals_have_neither(num_samples):
    ones = np.ones((2, num_samples), np.float32)
    np.testing.assert_array_equal(constant_offset(ones, RATE), [0, 0])
    assert not has_rumble(ones, RATE, 16)


def test_steady_deep_noise_is_rumble_and_notes_are_not():
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft(rng.standard_normal(12 * RATE))
    spectrum[np.abs(np.arange(len(spectrum)) / 12 - 10) > 5] = 0
    deep = np.fft.irfft(spectrum)
    rumble = (0.02 * deep / deep.std()).astype(np.float32)
    music = bass(12)
    assert has_rumble((music + rumble)[None], RATE, 16)
    assert not has_rumble(music[None], RATE, 16)
    assert not has_rumble(rumble[None], RATE, 0)


def test_white_noise_is_no_rumble():
    noise = 0.1 * np.random.default_rng(2).standard_normal((1, 12 * RATE))
    assert not has_rumble(noise.astype(np.float32), RATE, 16)
