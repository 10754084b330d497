from functools import cache

import numpy as np
import pytest

from toolkit.dsp import band_levels, cutoff, zero_phase
from toolkit.dsp.missing_band import grid

RATE = 44100


@cache
def music(seconds=4.0, rate=RATE, seed=0):
    """Notes whose partials fall by 9 dB an octave, over soft noise."""
    rng = np.random.default_rng(seed)
    out = 1e-4 * rng.standard_normal(int(seconds * rate))
    length = int(0.8 * rate)
    decay = np.exp(-4 * np.arange(length) / rate)
    for onset in np.arange(0, seconds - 1, 0.2):
        pitch = 150 * 2 ** (rng.integers(0, 24) / 12)
        harmonics = np.arange(1, int(0.48 * rate / pitch))
        spectrum = np.zeros(length // 2 + 1, complex)
        phases = rng.uniform(0, 2 * np.pi, len(harmonics))
        bins = np.round(harmonics * pitch * length / rate).astype(int)
        spectrum[bins] = harmonics**-1.5 * np.exp(1j * phases)
        first = int(onset * rate)
        out[first : first + length] += length * np.fft.irfft(spectrum, length) * decay
    return (0.1 * out / out.std()).astype(np.float32)[None]


def narrowed(samples, cutoff_hz, slope_db, rate=RATE):
    def gain_db(frequency):
        return -slope_db * np.maximum(np.log2(frequency / cutoff_hz), 0)

    return zero_phase.filter_by(samples, gain_db, rate, out=np.zeros_like(samples))


def found(samples, rate=RATE):
    return cutoff.find_cutoff(cutoff.mean_powers([samples], grid(rate), rate), rate)


@pytest.mark.parametrize("slope_db", [36, 96])
@pytest.mark.parametrize("cutoff_hz", [3000, 4500, 7000, 10000])
def test_finds_where_a_filter_begins(cutoff_hz, slope_db):
    assert found(narrowed(music(), cutoff_hz, slope_db)) == pytest.approx(cutoff_hz, rel=0.15)


@pytest.mark.parametrize("rate", [44100, 96000])
def test_a_full_band_has_no_cutoff(rate):
    assert found(music(3.0, rate), rate) == 0


def test_noise_above_the_cutoff_does_not_hide_it():
    samples = narrowed(music(), 4000, 96)
    noise = 10 ** (-60 / 20) * 0.1 * np.random.default_rng(1).standard_normal(samples.shape)
    assert found((samples + noise).astype(np.float32)) == pytest.approx(4000, rel=0.15)


@pytest.mark.parametrize(
    "samples",
    [np.zeros((1, 5000)), np.full((2, 5000), 0.5), np.full((1, 5000), 1e-40), np.zeros((1, 1))],
)
def test_without_music_there_is_none(samples):
    assert found(samples.astype(np.float32)) == 0


def test_white_noise_is_a_full_band_at_low_rates_too():
    for rate in (4000, 8000, 16000, 768000):
        noise = np.random.default_rng(2).standard_normal((1, rate // 2)).astype(np.float32)
        assert found(noise, rate) == 0


def test_mean_powers_do_not_depend_on_how_parts_are_cut():
    samples = music()
    whole = cutoff.mean_powers([samples], grid(RATE), RATE)
    halves = cutoff.mean_powers(np.array_split(samples, 2, axis=1), grid(RATE), RATE)
    # The lowest band holds only noise and the windows' cuts.
    apart = 10 * np.log10(halves / whole)[1:]
    assert np.abs(apart).max() < 0.5
    assert whole.shape == (band_levels.num_bands(),)
