from functools import cache

import numpy as np
import pytest

from toolkit.dsp import band_levels, missing_band

RATE = 44100
CUTOFF = 4211.0


@cache
def saw(seconds=3.0, rate=RATE, pitch=220.0):
    """A saw tooth up to the Nyquist frequency, swelling twice a second."""
    time = np.arange(int(seconds * rate)) / rate
    harmonics = np.arange(1, int(0.45 * rate / pitch))
    spectrum = np.zeros(len(time) // 2 + 1, complex)
    spectrum[np.round(harmonics * pitch * seconds).astype(int)] = (
        np.exp(1j * harmonics**2) / harmonics
    )
    tone = len(time) / 2 * np.fft.irfft(spectrum, len(time))
    return (0.1 * tone * (1 + 0.5 * np.sin(2 * np.pi * 2 * time))).astype(np.float32)


def narrowed(samples, cutoff_hz=CUTOFF, rate=RATE):
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / rate) > cutoff_hz] = 0
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


def extender(power=1e-3, rate=RATE, cutoff_hz=CUTOFF, seed=0):
    noise = missing_band.noise_table(np.random.default_rng(seed), missing_band.grid(rate))
    return missing_band.Extender(rate, cutoff_hz, power, noise)


def band_powers(samples, rate=RATE, start=0):
    grid = missing_band.grid(rate)
    power = grid.power(grid.analyze(samples[None], start))[0]
    return power @ band_levels.averages(grid.num_bins, rate).T


def oracle(whole, power, flatness=-0.6, rate=RATE, start=0):
    """Answer with the true levels of a recording."""

    def guess(levels, known):
        first = missing_band.grid(rate).frame_range(start, len(whole))[0] % 2
        bands = band_powers(whole, rate, start)[first::2]
        decibels = 10 * np.log10(np.maximum(bands / power, 1e-9))
        wanted = (decibels - missing_band.CENTER_DB) / missing_band.UNIT_DB
        return wanted.astype(np.float32), np.full_like(levels, flatness)

    return guess


def constant(level_db, flatness=-0.25):
    def guess(levels, known):
        level = (level_db - missing_band.CENTER_DB) / missing_band.UNIT_DB
        return np.full_like(levels, level), np.full_like(levels, flatness)

    return guess


@pytest.mark.parametrize("rate", [32000, 44100, 96000])
def test_levels_come_out_as_guessed(rate):
    whole = saw(rate=rate)
    narrow = narrowed(whole, rate=rate)
    output = narrow + extender(rate=rate).added(narrow, 0, oracle(whole, 1e-3, rate=rate))
    top = min(18000, 0.45 * rate)
    above = (band_levels.edges()[:-1] > 1.1 * CUTOFF) & (band_levels.edges()[1:] < top)
    wanted, found = (
        band_powers(each, rate)[20:-20, above].mean(axis=0) for each in (whole, output)
    )
    assert np.abs(10 * np.log10(found / wanted)).max() < 2.5


def test_nothing_moves_below_the_cutoff():
    whole = saw()
    narrow = narrowed(whole)
    made = extender().added(narrow, 0, oracle(whole, 1e-3))
    spectrum = np.abs(np.fft.rfft(made)) ** 2
    below = np.fft.rfftfreq(len(made), 1 / RATE) < 0.97 * CUTOFF
    energy = np.sum(np.abs(np.fft.rfft(narrow)) ** 2)
    assert 10 * np.log10(spectrum[below].sum() / energy) < -60
    assert 10 * np.log10(spectrum[~below].sum() / energy) > -30


def test_harmonics_lie_where_the_tones_own_do():
    whole = saw()
    made = extender().added(narrowed(whole), 0, oracle(whole, 1e-3, flatness=-1.0))
    spectrum = np.abs(np.fft.rfft(made[RATE // 2 : RATE // 2 + RATE] * np.hanning(RATE))) ** 2
    harmonics = np.arange(22, 60) * 220
    on = sum(spectrum[each - 8 : each + 9].sum() for each in harmonics)
    between = sum(spectrum[each + 102 : each + 119].sum() for each in harmonics)
    assert on > 20 * between


def test_a_flat_band_is_filled_with_noise():
    narrow = narrowed(saw())
    made = extender().added(narrow, 0, constant(-20))
    harmonics = extender().added(narrow, 0, constant(-20, flatness=-1.0))
    assert kurtosis(made) < 0.3 * kurtosis(harmonics)


def kurtosis(made):
    power = np.abs(np.fft.rfft(made[: 2 * RATE])) ** 2
    power = power[12000:20000]
    return np.mean(power**2) / np.mean(power) ** 2


def test_a_slope_that_is_left_is_turned_up_in_phase():
    whole = saw()
    spectrum = np.fft.rfft(whole)
    frequency = np.fft.rfftfreq(len(whole), 1 / RATE)
    soft = np.fft.irfft(spectrum * np.where(frequency > CUTOFF, 0.3, 1), len(whole))
    narrow = soft.astype(np.float32)
    output = narrow + extender().added(narrow, 0, oracle(whole, 1e-3))

    def error(samples):
        apart = np.abs(np.fft.rfft(samples) - spectrum) ** 2
        return apart[(frequency > 1.1 * CUTOFF) & (frequency < 15000)].sum()

    assert error(output) < 0.05 * error(narrow)


def test_silence_stays_silent_whatever_is_guessed():
    assert not extender().added(np.zeros(30000, np.float32), 0, constant(0)).any()


def test_a_full_band_gets_nothing():
    whole = saw()
    made = extender().added(whole, 0, constant(-80))
    assert np.sum(made**2) < 1e-7 * np.sum(whole**2)


@pytest.mark.parametrize("flatness", [-0.1, -0.25, -2.0])
@pytest.mark.parametrize("cutoff_hz", [1500.0, 4000.0, 4211.0, 11000.0])
@pytest.mark.parametrize("rate", [22050, 44100, 96000])
def test_what_is_made_is_never_louder_than_guessed(rate, cutoff_hz, flatness):
    time = np.arange(rate) / rate
    tone = (0.1 * np.sin(2 * np.pi * 1000 * time) * np.exp(-3 * time)).astype(np.float32)
    bang = np.zeros(rate, np.float32)
    bang[rate // 3 : rate // 3 + 500] = np.random.default_rng(0).uniform(-0.2, 0.2, 500)
    for samples in (tone, narrowed(tone + bang, cutoff_hz, rate)):
        made = extender(rate=rate, cutoff_hz=cutoff_hz).added(samples, 0, constant(-20, flatness))
        assert np.sum(made**2) < 0.5 * np.sum(samples**2)


def test_blocks_do_not_show():
    whole = narrowed(saw())
    every = extender().added(whole, 0, constant(-30))
    hop = missing_band.grid(RATE).hop_length
    for start in (40 * hop, 40 * hop + 77):
        part = extender().added(whole[start:], start, constant(-30))
        apart = np.abs(part[12 * hop :] - every[start + 12 * hop :]).max()
        assert apart < 10 ** (-90 / 20)


def test_every_other_frame_is_drawn_between_its_neighbors():
    values = np.array([[1.0], [3.0], [5.0]], np.float32)
    assert missing_band._every_frame(values, 0, 6)[:, 0].tolist() == [1, 2, 3, 4, 5, 5]
    assert missing_band._every_frame(values, 1, 6)[:, 0].tolist() == [1, 1, 2, 3, 4, 5]


def test_noise_is_white_and_repeats():
    grid = missing_band.grid(RATE)
    table = missing_band.noise_table(np.random.default_rng(0), grid)
    assert grid.power(table)[:, 5:-5].mean() == pytest.approx(1, abs=0.02)
    tiled = extender()
    quiet = narrowed(saw(8.0))
    made = tiled.added(quiet, 0, constant(-20))
    assert np.isfinite(made).all()
