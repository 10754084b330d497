import numpy as np
import pytest

from toolkit.evaluation import wow
from toolkit.evaluation.speed_error import residual_cents, speed_error
from toolkit.values import Audio

RATE = 44100


def short(audio: Audio, seconds: float = 5.0) -> Audio:
    return audio.with_samples(audio.samples[:, : int(seconds * RATE)].copy())


TONES = short(wow.steady_tones())


@pytest.mark.parametrize(("rate_hz", "depth", "share"), [(1.0, 1.0, 0.03), (5.0, 0.1, 0.05)])
def test_known_wow_is_measured(rate_hz, depth, share):
    worn = wow.apply_wow(TONES, wow.Wow(rate_hz, depth, 0.3))
    peak = 1200 * np.log2(1 + depth / 100)
    found = residual_cents(TONES.samples, worn.samples, RATE)
    assert found == pytest.approx(peak / np.sqrt(2), rel=share)
    cents, weights = speed_error(TONES.samples, worn.samples, RATE)
    time = (np.arange(len(cents)) * 256 + 1024) / RATE
    expected = peak * np.sin(2 * np.pi * rate_hz * time + 0.3)
    assert np.corrcoef(cents[20:-20], expected[20:-20])[0, 1] > 0.99
    assert weights.all()


def test_a_delay_a_gain_and_a_constant_speed_are_no_wow():
    late = np.pad(0.5 * TONES.samples, ((0, 0), (300, 0)))
    assert residual_cents(TONES.samples, late, RATE) < 0.01
    line = short(wow.vibrato_tone())
    fast = wow.apply_wow(line, wow.Wow(1e-4, 0.1, np.pi / 2))
    assert residual_cents(line.samples, fast.samples, RATE) < 0.3
    cents, weights = speed_error(line.samples, fast.samples, RATE)
    assert np.average(cents, weights=weights) == pytest.approx(1.73, abs=0.1)


@pytest.mark.parametrize("num_samples", [0, 1, 2048, 2304, 9000])
def test_silence_and_short_signals_have_no_error(num_samples):
    silence = np.zeros((1, num_samples), np.float32)
    assert np.isnan(residual_cents(silence, silence, RATE))
