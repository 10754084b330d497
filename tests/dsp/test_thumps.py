import numpy as np
import pytest

from toolkit.dsp.low_band import decimate, expand, lowpass
from toolkit.dsp.thumps import count_thumps, listen_deep, low_factor

RATE = 44100


def with_thumps(signal, level=0.3, every=0.77):
    """Add a decaying swing once per revolution."""
    rng = np.random.default_rng(5)
    spoiled = signal.copy()
    time = np.arange(RATE // 4) / RATE
    starts = np.arange(0.4, len(signal) / RATE - 0.4, every)
    for start in starts:
        frequency = rng.uniform(20, 45) * (1 - time)
        swing = np.sin(2 * np.pi * frequency * time) * np.exp(-time / 0.035)
        at = int(start * RATE)
        spoiled[at : at + len(time)] += level * rng.choice([-1, 1]) * swing
    return spoiled, len(starts)


def chord(seconds):
    time = np.arange(int(seconds * RATE)) / RATE
    return sum(0.08 * np.sin(2 * np.pi * f * time) for f in (55, 220, 277, 330, 1100))


def kick_drum(seconds, every=0.5):
    signal = np.zeros(int(seconds * RATE))
    time = np.arange(RATE // 3) / RATE
    phase = 2 * np.pi * np.cumsum(55 + 90 * np.exp(-time / 0.02)) / RATE
    hit = 0.6 * np.sin(phase) * np.exp(-time / 0.08)
    for start in np.arange(0.1, seconds - 0.4, every):
        at = int(start * RATE)
        signal[at : at + len(hit)] += hit
    return signal


def bass_line(seconds, every=0.5, length=0.2):
    signal = np.zeros(int(seconds * RATE))
    for number, start in enumerate(np.arange(0.1, seconds - 0.6, every)):
        time = np.arange(int(length * RATE)) / RATE
        pitch = 41.2 * 2 ** ((number % 5) / 12)
        note = sum(np.sin(2 * np.pi * k * pitch * time) / k for k in range(1, 8))
        envelope = np.minimum(time / 0.005, 1) * np.minimum((length - time) / 0.02, 1)
        at = int(start * RATE)
        signal[at : at + len(time)] += 0.15 * note * envelope
    return signal


def test_decimation_is_the_convolution_at_every_factorth_sample():
    from toolkit.dsp.low_band import _kernel

    signal = np.random.default_rng(0).standard_normal(1003)
    full = np.convolve(signal, _kernel(20))[80 : 80 + 1003 : 20]
    np.testing.assert_allclose(decimate(signal, 20), full, atol=1e-12)


@pytest.mark.parametrize("num_samples", [1, 19, 20, 21, 4000])
def test_lengths_survive_the_way_down_and_up(num_samples):
    low = decimate(np.ones(num_samples), 20)
    assert len(low) == -(-num_samples // 20)
    assert len(expand(low, 20, num_samples)) == num_samples


def test_a_deep_tone_comes_back_in_phase():
    tone = np.sin(2 * np.pi * 30 * np.arange(RATE) / RATE)
    factor = low_factor(RATE)
    back = expand(decimate(tone, factor), factor, RATE)
    np.testing.assert_allclose(back[5000:-5000], tone[5000:-5000], atol=2e-3)


def test_lowpass_keeps_an_offset_and_halves_its_cutoff():
    time = np.arange(4000) / 400
    assert lowpass(np.ones(4000), 20, 400, 0.3)[2000] == pytest.approx(1)
    tone = lowpass(np.cos(2 * np.pi * 20 * time), 20, 400, 0.3)[1000:3000]
    assert np.max(np.abs(tone)) == pytest.approx(0.5, abs=0.03)


def test_thumps_are_counted():
    spoiled, number = with_thumps(chord(12))
    count = count_thumps(spoiled.astype(np.float32)[None], RATE)
    assert count == pytest.approx(60 * number / 12, rel=0.15)


@pytest.mark.parametrize("music", [chord, kick_drum, bass_line])
def test_music_has_none(music):
    assert count_thumps(music(8).astype(np.float32)[None], RATE) == 0


def test_empty_and_silent_have_none():
    assert count_thumps(np.zeros((2, 0), np.float32), RATE) == 0
    assert count_thumps(np.zeros((2, RATE), np.float32), RATE) == 0


def test_a_thump_is_located():
    time = np.arange(4 * RATE) / RATE
    signal = chord(4)
    signal += (
        0.4
        * np.where(time > 2, np.sin(2 * np.pi * 30 * time), 0)
        * np.exp(-(time - 2) / 0.04)
        * (time > 2)
    )
    deep = listen_deep(signal, RATE)
    assert len(deep.thumps) == 1
    start, stop = deep.thumps[0] / deep.rate
    assert 1.95 < start < 2.0
    assert 2.05 < stop < 2.3
