import dataclasses
import math

import numpy as np
import pytest
from scipy import signal

from toolkit.dsp.measure import excerpts, measure
from toolkit.run import Run
from toolkit.values import Audio

RATE = 22050


def tones(seconds=8):
    time = np.arange(seconds * RATE) / RATE
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 0.7 * time)
    pitches = (262, 330, 392, 784, 1319)
    return 0.05 * swell * sum(np.sin(2 * np.pi * pitch * time) for pitch in pitches)


def noise(seconds=8, seed=0, level=0.01):
    return level * np.random.default_rng(seed).standard_normal(seconds * RATE)


def condition(*channels, rate=RATE):
    return measure(Audio(np.stack(channels).astype(np.float32), rate), Run())


def test_levels():
    found = condition(tones() + noise() + 0.02)
    samples = tones() + noise() + 0.02
    assert found.duration == 8
    assert found.peak_db == pytest.approx(20 * np.log10(np.abs(samples).max()), abs=1e-3)
    assert found.level_db == pytest.approx(10 * np.log10(np.mean(samples**2)), abs=1e-3)
    assert found.dc == pytest.approx(0.02, abs=1e-3)
    assert found.noise_floor_db == pytest.approx(-40, abs=1)
    music_db = 10 * np.log10(np.mean(tones() ** 2))
    assert found.snr_db == pytest.approx(music_db + 40, abs=1.5)


def test_the_band_of_the_music():
    found = condition(tones() + noise(level=0.0005))
    assert found.low_hz == pytest.approx(220, abs=80)
    assert 1319 < found.high_hz < 1700


def harmonics(seconds=8, top_hz=10000):
    """A scale of tones whose partials fall by 6 dB an octave."""
    out = np.zeros(seconds * RATE)
    time = np.arange(RATE // 2) / RATE
    for index, onset in enumerate(range(0, seconds * RATE, RATE // 2)):
        pitch = 220 * 2 ** ((index * 7 % 12) / 12)
        count = int(top_hz / pitch)
        tone = sum(np.sin(2 * np.pi * k * pitch * time) / k for k in range(1, count + 1))
        out[onset : onset + RATE // 2] = tone * np.exp(-3 * time)
    return 0.1 * out


@pytest.mark.parametrize("level", [0.001, 0.004])
def test_noise_above_the_music_is_not_its_band(level):
    taps = signal.firwin(801, 4000, fs=RATE)
    limited = signal.oaconvolve(harmonics(), taps, mode="same")
    crackle = np.zeros(8 * RATE)
    crackle[:: RATE // 7] = 0.1
    found = condition(limited + noise(level=level) + crackle)
    assert 4000 / 2 ** (1 / 3) < found.high_hz < 4000 * 2 ** (1 / 3)
    assert found.low_hz == pytest.approx(220, abs=40)


def test_full_band_music_has_a_full_band():
    assert condition(harmonics() + noise(level=1e-6)).high_hz > 9000


def test_rumble_is_below_30_hz():
    time = np.arange(8 * RATE) / RATE
    rumble = 0.01 * np.sin(2 * np.pi * 12.5 * time)
    assert condition(rumble + 0.1).rumble_db == pytest.approx(-43, abs=0.1)
    assert condition(tones()).rumble_db < -75


def test_grooves():
    left, right = noise(seed=1), noise(seed=2)
    other = np.roll(tones(), RATE // 3)
    assert condition(tones() + left).groove == "mono"
    assert condition(tones() + left, tones() + left).groove == "mono"
    assert condition(tones() + left, tones() + right).groove == "mono in stereo"
    assert condition(tones() + left, 0.9 * tones() + right).groove == "mono in stereo"
    assert condition(tones() + left, other + right).groove == "stereo"
    assert condition(tones() + left, right).groove == "stereo"
    assert condition(*[tones()] * 3).groove == "stereo"


def test_clicks_hum_and_clipping_are_asked_for():
    clicky = tones() + noise(level=0.001)
    clicky[1000 :: RATE // 4] += 0.5
    assert condition(clicky).clicks_per_second > 2
    time = np.arange(8 * RATE) / RATE
    hum = sum(0.02 / k * np.sin(2 * np.pi * 50 * k * time) for k in range(1, 7))
    assert condition(tones() + noise(level=0.001) + hum).hum_hz == pytest.approx(50, abs=0.2)
    clipped = condition(np.clip(4 * tones(), -0.5, 0.5))
    assert clipped.clipped_ratio > 0.01
    assert clipped.clip_level == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 700, 20000])
@pytest.mark.parametrize("kind", ["silence", "dc", "square", "denormal"])
@pytest.mark.parametrize("num_channels", [1, 2])
def test_odd_signals_have_a_condition(num_samples, kind, num_channels):
    index = np.arange(num_samples)
    row = {
        "silence": np.zeros(num_samples),
        "dc": np.full(num_samples, 0.5),
        "square": np.where(index // 30 % 2, 1.0, -1.0),
        "denormal": np.full(num_samples, 1e-40),
    }[kind]
    found = condition(*[row] * num_channels)
    levels = {"peak_db", "level_db", "noise_floor_db", "rumble_db", "hum_db"}
    for name, value in dataclasses.asdict(found).items():
        if not isinstance(value, str):
            assert math.isfinite(value) or (name in levels and value == -math.inf), name
    if kind == "silence":
        assert found.level_db == found.peak_db == found.noise_floor_db == -math.inf
        assert found.clicks_per_second == found.thumps_per_minute == found.clipped_ratio == 0


def test_long_recordings_are_sampled_from_end_to_end():
    samples = np.arange(1000 * 3600, dtype=np.float32)[np.newaxis]
    parts = excerpts(Audio(samples, 1000), 12, 5.0)
    assert len(parts) == 12
    assert all(part.shape == (1, 5000) for part in parts)
    assert parts[0][0, 0] == 0
    assert parts[-1][0, -1] == samples[0, -1]
    short = excerpts(Audio(samples[:, :5000], 1000), 12, 5.0)
    assert len(short) == 1
    assert short[0].shape == (1, 5000)


def test_excerpts_tell_what_the_whole_tells():
    rng = np.random.default_rng(3)
    rate = 8000
    pitches = signal.resample_poly(np.repeat(rng.choice([200, 300, 450], 400), 40), 100, 1)
    music = 0.1 * np.sin(2 * np.pi * np.cumsum(pitches) / rate)
    hiss = 0.005 * rng.standard_normal(len(music))
    found = condition(music + hiss, rate=rate)
    assert found.duration == 200
    assert found.noise_floor_db == pytest.approx(-46, abs=1.5)
