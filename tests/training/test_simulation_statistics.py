"""What is drawn on an accelerator must follow the laws of the stages, number by number."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import signal, stats

from toolkit.dsp import damage, machine_noise, surface_noise
from toolkit.training import simulation
from toolkit.training.simulation import SAMPLE_RATE as RATE
from toolkit.training.simulation import Dice

RPM = 78.26
PERIOD = round(60 * RATE / RPM)
SLOW_RATE = 1260  # at which hum is looked at
SIDES = ("numpy", "torch")


def dice(seed: int) -> Dice:
    return Dice(torch.Generator().manual_seed(seed))


def alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether two samples may come from one distribution (Kolmogorov-Smirnov)."""
    return bool(stats.ks_2samp(first, second).pvalue > 0.005)


def surface(
    side: str,
    num_samples: int,
    batch: int,
    *,
    tilt_db=-3.0,
    rumble_db=6.0,
    repeating=0.5,
    depth=0.15,
) -> np.ndarray:
    """Return noise [batch, num_samples]; every item draws its own color."""
    if side == "torch":
        values = {"tilt_db": tilt_db, "rumble_db": rumble_db}
        values |= {"repeating": repeating, "modulation": depth}
        full = {name: torch.full((batch,), value) for name, value in values.items()}
        return simulation.surface_noise(dice(1), num_samples, **full).numpy()
    options = {"tilt_db": tilt_db, "rumble_db": rumble_db, "repeating": repeating}
    return np.concatenate(
        [
            surface_noise.draw(
                np.random.default_rng(seed), 1, RATE, modulation=depth, **options
            ).between(0, num_samples)
            for seed in range(batch)
        ]
    )


@pytest.mark.parametrize(("tilt_db", "rumble_db"), [(-3.0, 6.0), (-6.0, 25.0)])
def test_surface_noise_has_one_color(tilt_db, rumble_db):
    levels = {}
    for side in SIDES:
        noise = surface(side, 3 * RATE, 30, tilt_db=tilt_db, rumble_db=rumble_db)
        frequency, power = signal.welch(noise, RATE, nperseg=8192)
        edges = 22.0 * 2.0 ** np.arange(11)
        bands = [
            power[:, (frequency >= low) & (frequency < high)].mean(axis=1)
            for low, high in pairwise(edges)
        ]
        levels[side] = 10 * np.log10(np.array(bands))
    ours, theirs = (levels[side] for side in SIDES)
    # The ripple of 1.5 dB leaves the mean of 30 draws 0.3 dB off.
    np.testing.assert_allclose(theirs.mean(axis=1), ours.mean(axis=1), atol=1.2)
    np.testing.assert_allclose(theirs.std(axis=1), ours.std(axis=1), atol=0.7)


@pytest.mark.parametrize("repeating", [0.0, 0.5, 0.9])
def test_surface_noise_repeats_alike(repeating):
    for side in SIDES:
        noise = surface(side, 6 * PERIOD, 8, repeating=repeating, depth=0.0)
        turn, half = (
            np.mean([np.corrcoef(item[:-lag], item[lag:])[0, 1] for item in noise])
            for lag in (PERIOD, PERIOD // 2)
        )
        assert turn == pytest.approx(repeating, abs=0.03), side
        assert half == pytest.approx(0, abs=0.03), side
        assert noise.var() == pytest.approx(1, abs=0.1), side


@pytest.mark.parametrize("depth", [0.0, 0.4])
def test_surface_noise_swings_alike(depth):
    for side in SIDES:
        noise = surface(side, 8 * PERIOD, 8, repeating=0.0, depth=depth, rumble_db=0.0)
        sectors = noise[:, : 8 * (PERIOD // 36) * 36].reshape(8, -1)
        turns = noise[:, : 8 * PERIOD].reshape(8, 8, PERIOD)[..., : PERIOD // 36 * 36]
        level = np.sqrt(np.mean(turns.reshape(8, 8, 36, -1) ** 2, axis=(1, 3)))
        swing = 2 * np.abs(np.fft.rfft(level / level.mean(axis=1, keepdims=True))[:, 1]) / 36
        assert swing.mean() == pytest.approx(depth, abs=0.03), side
        assert sectors.var() == pytest.approx(1, abs=0.1), side


def bed(batch: int, num_samples: int) -> np.ndarray:
    """Return noise whose level rises and falls, for clicks to lie on."""
    rng = np.random.default_rng(9)
    swell = 10 ** (np.sin(2 * np.pi * 0.5 * np.arange(num_samples) / RATE) / 2)
    return (0.01 * swell * rng.standard_normal((batch, num_samples))).astype(np.float32)


def clicked(side: str, quiet: np.ndarray, rate: float, **options) -> tuple[np.ndarray, np.ndarray]:
    """Return damaged signals and where their clicks lie."""
    batch, num_samples = quiet.shape
    if side == "torch":
        damaged, touched = simulation.add_clicks(
            dice(2), torch.from_numpy(quiet), rate=torch.full((batch,), rate), **options
        )
        return damaged.numpy(), touched.numpy()
    damaged, touched = np.empty_like(quiet), np.zeros(quiet.shape, bool)
    for seed in range(batch):
        shape = damage.Recording(1, num_samples, RATE)
        clicks = damage.draw_clicks(np.random.default_rng(seed), shape, rate=rate, **options)
        damaged[seed] = damage.add_clicks(quiet[[seed]], 0, clicks, RATE)[0]
        for start, length in zip(clicks.start, clicks.length, strict=True):
            touched[seed, start : start + length] = True
    return damaged, touched


def events(touched: np.ndarray) -> list[tuple[int, int, int]]:
    """Return (item, start, stop) of every run of touched samples."""
    padded = np.pad(touched.astype(np.int8), ((0, 0), (1, 1)))
    change = np.diff(padded, axis=1)
    item, start = np.nonzero(change == 1)
    _, stop = np.nonzero(change == -1)
    return list(zip(item.tolist(), start.tolist(), stop.tolist(), strict=True))


def heights_db(quiet: np.ndarray, damaged: np.ndarray, touched: np.ndarray) -> np.ndarray:
    """Return each click's peak over the RMS within 50 ms."""
    reach = round(0.05 * RATE)
    peaks = []
    for item, start, stop in events(touched):
        around = quiet[item, max(start - reach, 0) : start + reach].astype(np.float64)
        peak = np.abs(damaged[item, start:stop] - quiet[item, start:stop]).max()
        peaks.append(20 * np.log10(peak / np.sqrt(np.mean(around**2))))
    return np.array(peaks)


@pytest.mark.parametrize("rate", [2.0, 15.0])
def test_clicks_come_as_often(rate):
    quiet = bed(16, 6 * RATE)
    gaps = {}
    for side in SIDES:
        _, touched = clicked(side, quiet, rate)
        found = events(touched)
        # The chance that two lie so close that they count as one is 2 % at the higher rate.
        expected = 16 * 6 * rate
        assert len(found) == pytest.approx(expected, abs=4 * expected**0.5 + 0.03 * expected)
        gaps[side] = np.array(
            [after[1] - before[1] for before, after in pairwise(found) if before[0] == after[0]]
        )
    assert alike(*gaps.values())


@pytest.mark.parametrize("impulses", [0.0, 0.25, 1.0])
def test_clicks_are_as_tall_and_as_long(impulses):
    quiet = bed(16, 6 * RATE)
    lengths, heights = {}, {}
    for side in SIDES:
        damaged, touched = clicked(side, quiet, 8.0, impulses=impulses, destructive=0.0)
        lengths[side] = np.array([stop - start for _, start, stop in events(touched)])
        heights[side] = heights_db(quiet, damaged, touched)
        short = np.mean(lengths[side] <= 3)
        assert short == pytest.approx(impulses, abs=0.06), side
    assert alike(*lengths.values())
    assert alike(*heights.values())


@pytest.mark.parametrize("height_db", [(6.0, 4.0), (20.0, 2.0)])
def test_heights_follow_the_options(height_db):
    quiet = bed(16, 6 * RATE)
    heights = []
    for side in SIDES:
        damaged, touched = clicked(
            side, quiet, 8.0, height_db=height_db, impulses=1.0, destructive=0.0
        )
        heights.append(heights_db(quiet, damaged, touched))
    assert alike(*heights)
    assert np.median(heights[1]) == pytest.approx(height_db[0], abs=0.6)


def test_clicks_sound_alike_and_come_in_both_polarities():
    quiet = np.zeros((16, 6 * RATE), np.float32)
    colors, decays = [], []
    for side in SIDES:
        damaged, touched = clicked(side, quiet, 8.0, impulses=0.0, destructive=0.0)
        waves = [damaged[i, start:stop] for i, start, stop in events(touched) if stop - start > 40]
        spectra = [np.abs(np.fft.rfft(wave, 4096)) for wave in waves]
        colors.append(np.array([np.argmax(spectrum) for spectrum in spectra]))
        energy = [np.cumsum(wave.astype(np.float64) ** 2) for wave in waves]
        decays.append(np.array([np.mean(each < 0.9 * each[-1]) for each in energy]))
        upward = np.mean([wave[np.abs(wave).argmax()] > 0 for wave in waves])
        assert upward == pytest.approx(0.5, abs=0.08), side
        # In silence a click is as tall as in music at -60 dB.
        tallest = np.abs(damaged).max()
        assert 0.8 * 1e-3 * 10**1.4 < tallest <= 1.001 * 1e-3 * 10**1.5, side
    assert alike(*colors)
    assert alike(*decays)


@pytest.mark.parametrize("destructive", [0.0, 0.3, 1.0])
def test_as_many_clicks_replace_the_signal(destructive):
    quiet = bed(16, 6 * RATE)
    for side in SIDES:
        damaged, touched = clicked(
            side, quiet, 8.0, height_db=(3.0, 0.0), impulses=0.0, destructive=destructive
        )
        shares = []
        for item, start, stop in events(touched):
            if stop - start >= 60:
                under = quiet[item, start:stop].astype(np.float64)
                change = damaged[item, start:stop] - under
                shares.append(change @ under / (under @ under))
        # A lost signal changes by its own negative, an added click in no relation to it.
        assert np.mean(np.array(shares) < -0.5) == pytest.approx(destructive, abs=0.07), side


def rendered_thumps(side: str, num_samples: int, batch: int) -> np.ndarray:
    if side == "torch":
        return simulation.thumps(dice(3), num_samples, batch, rpm=RPM).numpy()
    shape = damage.Recording(1, num_samples, RATE)
    return np.concatenate(
        [
            machine_noise.draw_thumps(np.random.default_rng(seed), shape, rpm=RPM).between(
                0, num_samples, RATE
            )
            for seed in range(batch)
        ]
    )


def test_thumps_come_once_a_revolution_and_sound_alike():
    periods, peaks, pitches, tails = ({side: [] for side in SIDES} for _ in range(4))
    for side in SIDES:
        # A thump that began before the recording is in only one of the two.
        waves = rendered_thumps(side, 4 * PERIOD, 120)[:, PERIOD // 2 :]
        for wave in waves.astype(np.float64):
            power = wave**2
            crest = np.argmax(power[: PERIOD + PERIOD // 2])
            early = crest + PERIOD - 400
            periods[side].append((early + np.argmax(power[early:][:800]) - crest) / RATE)
            peaks[side].append(np.sqrt(power.max()))
            spectrum = np.abs(np.fft.rfft(wave[:PERIOD], 1 << 18))
            pitches[side].append(np.argmax(spectrum) * RATE / (1 << 18))
            tails[side].append(np.mean(power > 1e-3 * power.max()))
        assert np.mean(periods[side]) == pytest.approx(60 / RPM, abs=0.0006), side
        assert np.std(periods[side]) == pytest.approx(0.001 * 2**0.5, abs=0.0005), side
    for figures in (periods, peaks, pitches, tails):
        assert alike(*(np.array(each) for each in figures.values()))


def rendered_hum(side: str, num_samples: int, batch: int) -> np.ndarray:
    if side == "torch":
        return simulation.hum(dice(4), num_samples, batch).numpy()
    hums = []
    for seed in range(batch):
        mains_hz = (50.0, 60.0)[seed % 2]
        hum = machine_noise.draw_hum(np.random.default_rng(seed), mains_hz=mains_hz)
        hums.append(hum.between(0, num_samples, RATE))
    return np.concatenate(hums)


def partials(wave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the fundamental in Hz over time, and the partials in dB."""
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 1 << 15))
    bins = (1 << 15) / SLOW_RATE
    low, high = round(45 * bins), round(65 * bins)
    around = (low + np.argmax(spectrum[low:high])) / bins
    turns = around * np.arange(len(wave)) / SLOW_RATE
    # Half a second: nothing of the other partials is left, and the drift is far slower.
    window = np.hanning(SLOW_RATE // 2)
    lines = [
        signal.fftconvolve(wave * np.exp(-2j * np.pi * number * turns), window, "valid")[::20]
        for number in range(1, 9)
    ]
    levels = [10 * np.log10(2 * np.mean(np.abs(line / window.sum()) ** 2)) for line in lines]
    drift = np.diff(np.unwrap(np.angle(lines[0]))) * SLOW_RATE / 20 / (2 * np.pi)
    return around + drift, np.array(levels)


def test_hum_has_one_pitch_one_drift_and_the_same_partials():
    pitches, drifts, levels = {}, {}, {}
    for side in SIDES:
        waves = rendered_hum(side, 3 * RATE, 60).astype(np.float64)
        assert waves.var(axis=1) == pytest.approx(1, abs=0.05)
        found = [
            partials(wave) for wave in signal.resample_poly(waves, 1, RATE // SLOW_RATE, axis=1)
        ]
        pitch = np.array([curve.mean() for curve, _ in found])
        nominal = np.where(pitch < 55, 50.0, 60.0)
        assert np.mean(nominal == 50) == pytest.approx(0.5, abs=0.2), side
        assert np.abs(pitch - nominal).max() < 1.1, side
        pitches[side] = pitch - nominal
        drifts[side] = np.array([np.ptp(curve) for curve, _ in found])
        levels[side] = np.array([each for _, each in found])
    assert alike(*pitches.values())
    assert alike(*drifts.values())
    for ours, theirs in zip(*(levels[side].T for side in SIDES), strict=True):
        assert alike(ours, theirs)
    fall = [levels[side].mean(axis=0) for side in SIDES]
    np.testing.assert_allclose(fall[1], fall[0], atol=2.0)
    assert np.diff(fall[1]) == pytest.approx(-5, abs=2)


def test_pops_are_sparse_dull_and_of_either_polarity():
    waves = simulation.pops(dice(6), 4 * RATE, 60).numpy().astype(np.float64)
    assert np.abs(waves).max(axis=1) == pytest.approx(1, abs=1e-5)
    loud = np.mean(np.abs(waves) > 0.05, axis=1)
    assert loud.max() < 0.1
    signs = np.array([wave[np.argmax(np.abs(wave))] for wave in waves])
    assert 15 < np.sum(signs > 0) < 45
    power = np.abs(np.fft.rfft(waves)) ** 2
    bands = [power[:, 4 * low : 4 * high].mean(axis=1) for low, high in ((50, 250), (10000, 20000))]
    fall_db = 10 * np.log10(bands[0] / bands[1])
    # One pole at 9 kHz takes 5 dB off the mean of 10 to 20 kHz, one at 300 Hz 33 dB.
    assert 2 < fall_db.min() < 12
    assert 26 < fall_db.max() < 40
