import numpy as np
import pytest

from toolkit.adapters import deepfilternet
from toolkit.values import Audio


@pytest.mark.parametrize(("rate", "num_channels"), [(44100, 1), (48000, 2), (96000, 1)])
def test_it_keeps_length_and_time_and_takes_noise(rate, num_channels):
    rng = np.random.default_rng(0)
    noise = 0.05 * rng.standard_normal((num_channels, rate + 1)).astype(np.float32)
    out = deepfilternet.denoise(Audio(noise, rate))
    assert out.samples.shape == noise.shape
    assert out.sample_rate == rate
    assert np.isfinite(out.samples).all()
    assert out.samples.std() < 0.5 * noise.std()


def test_its_delay_is_taken_out():
    rate = 48000
    rng = np.random.default_rng(1)
    time = np.arange(3 * rate) / rate
    pitch = 150 + 20 * np.sin(2 * np.pi * 3 * time)
    voice = sum(np.sin(k * 2 * np.pi * np.cumsum(pitch) / rate) / k for k in range(1, 12))
    voice *= 0.1 * (np.sin(2 * np.pi * 2 * time) > 0)
    noisy = (voice + 0.002 * rng.standard_normal(len(time))).astype(np.float32)
    out = deepfilternet.denoise(Audio(noisy[None], rate)).samples[0]
    lags = range(-960, 961, 48)
    match = [float(out[2000:-2000] @ np.roll(voice, lag)[2000:-2000]) for lag in lags]
    assert abs(lags[int(np.argmax(match))]) <= 48
