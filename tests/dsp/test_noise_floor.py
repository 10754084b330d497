import numpy as np
import pytest
from scipy import signal

from toolkit.dsp import mmse, noise_floor
from toolkit.dsp.noise_floor import FloorSketch, band_edges

RATE = 22050


def colored(seconds, seed, level=0.02):
    rng = np.random.default_rng(seed)
    white = rng.standard_normal(int(seconds * RATE))
    noise = signal.lfilter([1, 0.6], [1, -0.4], white)
    return (level * noise / noise.std()).astype(np.float32)


def notes(seconds, seed, gap=0.0):
    """Decaying tones with harmonics, a new one every quarter second, on top of each other."""
    rng = np.random.default_rng(seed)
    out = np.zeros(int(seconds * RATE))
    time = np.arange(RATE) / RATE
    for onset in np.arange(0, seconds - 1, 0.25 + gap):
        pitch = 220 * 2 ** (rng.integers(0, 24) / 12)
        tone = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 9))
        first = int(onset * RATE)
        out[first : first + RATE] += tone * np.exp(-4 * time) * np.minimum(time / 0.005, 1)
    return (0.3 * out / np.abs(out).max()).astype(np.float32)


def estimate(samples, rate=RATE):
    sketch = mmse.sketch(rate)
    mmse.learn_noise([sketch], samples[np.newaxis].astype(np.float32), rate)
    return sketch.estimate()


def true_power(noise):
    grid = mmse.long_grid(RATE)
    return grid.power(grid.analyze(noise[np.newaxis]))[0, 2:-2].mean(axis=0)


def error_db(floor, noise):
    return 10 * np.log10(floor.power / true_power(noise))[10:-10]


def test_noise_alone_is_found_within_a_decibel():
    noise = colored(10, 0)
    floor = estimate(noise)
    assert np.abs(error_db(floor, noise)).mean() < 1
    assert floor.level_db == pytest.approx(20 * np.log10(0.02), abs=1)
    assert floor.unrest_db < 1


@pytest.mark.parametrize("snr_db", [2, 12, 24])
def test_noise_under_music_is_found_without_a_pause(snr_db):
    music = notes(10, 1)
    noise = colored(10, 2, float(np.std(music)) * 10 ** (-snr_db / 20))
    floor = estimate(music + noise)
    assert np.abs(error_db(floor, noise)).mean() < 1.5
    assert floor.snr_db == pytest.approx(snr_db, abs=2)


def test_music_lifts_the_floor_less_than_a_plain_quantile():
    music = notes(10, 1)
    noise = colored(10, 2, float(np.std(music)) * 10 ** (-30 / 20))
    grid = mmse.long_grid(RATE)
    power = grid.power(grid.analyze((music + noise)[np.newaxis]))[0, 2:-2]
    quantile = np.quantile(power, 0.05, axis=0) / -np.log(0.95)
    plain = 10 * np.log10(quantile / true_power(noise))[10:-10]
    ours = error_db(estimate(music + noise), noise)
    assert np.abs(ours).mean() < 0.7 * np.abs(plain).mean()


def test_a_clean_decay_is_no_noise():
    floor = estimate(notes(10, 3))
    assert floor.snr_db > 35


def test_silence_has_no_noise():
    floor = estimate(np.zeros(RATE))
    assert floor.level_db == -np.inf
    assert floor.snr_db == -np.inf
    assert not floor.power.any()


def test_digital_silence_between_noise_does_not_count():
    noise = colored(8, 4)
    gated = noise.copy()
    gated[: 4 * RATE] = 0
    assert np.median(error_db(estimate(gated), noise)) == pytest.approx(0, abs=1.5)


def test_nothing_above_a_steep_lowpass_is_nothing():
    noise = colored(8, 5)
    taps = signal.firwin(1001, 5000, fs=RATE)
    floor = estimate(signal.lfilter(taps, 1, noise))
    frequencies = np.linspace(0, RATE / 2, len(floor.power))
    low, high = floor.power[frequencies < 4500], floor.power[frequencies > 6500]
    assert 10 * np.log10(low.mean() / high.mean()) > 45


def test_blocks_add_up():
    noise = colored(10, 6) + notes(10, 7)
    whole = estimate(noise)
    sketch = mmse.sketch(RATE)
    for piece in np.array_split(noise, 4):
        mmse.learn_noise([sketch], piece[np.newaxis], RATE)
    assert np.abs(10 * np.log10(sketch.estimate().power / whole.power)).max() < 1.5


def test_a_hump_above_the_music_is_learned_as_it_is():
    music = signal.sosfiltfilt(signal.butter(6, 2500, fs=RATE, output="sos"), notes(10, 1))
    hiss = colored(10, 2, 0.002)
    taps = signal.firwin(301, [8000, 8600], pass_zero=False, fs=RATE)
    noise = hiss + 4 * signal.lfilter(taps, 1, colored(10, 3, 0.004))
    noise[:: RATE // 3] += 0.05
    floor = estimate(music + noise)
    assert 2000 < floor.band_hz[1] < 3500
    frequencies = np.linspace(0, RATE / 2, len(floor.power))[10:-10]
    high = (frequencies > 4000) & (frequencies < 10500)
    assert np.abs(error_db(floor, noise)[high]).mean() < 1.5
    hump = (frequencies > 8100) & (frequencies < 8500)
    assert np.abs(error_db(floor, noise)[hump]).max() < 2


def test_the_band_of_the_music_is_found():
    tone = 0.2 * np.sin(2 * np.pi * 1000 * np.arange(8 * RATE) / RATE)
    sketch = mmse.sketch(RATE)
    samples = (tone + colored(8, 8, 0.001)).astype(np.float32)
    mmse.learn_noise([sketch], samples[np.newaxis], RATE)
    low, high = sketch.estimate().band_hz
    assert 800 < low <= 1000 <= high < 1300


@pytest.mark.parametrize("num_bins", [3, 9, 10, 200, 2049, 9000])
def test_bands_cover_all_bins_but_dc(num_bins):
    edges = band_edges(num_bins)
    assert edges[0] == 1
    assert edges[-1] == num_bins
    assert (np.diff(edges) > 0).all()


def test_log_densities_are_those_of_the_mixture():
    """The table against a histogram drawn from the very model."""
    rng = np.random.default_rng(9)
    noise_db, top_db, share = -60, -20, 0.35
    count = 400_000
    rises = np.where(rng.random(count) < share, noise_db, rng.uniform(noise_db, top_db, count))
    levels = 10 * np.log10(rng.exponential(size=count)) + rises + 0.5
    counts = np.histogram(levels, np.arange(noise_floor._NUM_LEVELS + 1) - 160)[0]
    expected = -(counts / count) @ np.log(counts / count + 1e-7)
    table = noise_floor._log_densities(top_db + 160)
    scores = (counts / count) @ table
    share_index, level_index = np.unravel_index(scores.argmax(), (7, noise_floor._NUM_LEVELS))
    assert noise_floor._SHARES[share_index] == share
    assert noise_floor._LEVELS[level_index] == pytest.approx(noise_db + 0.5)
    assert scores.max() == pytest.approx(-expected, abs=0.02)


def test_the_path_prefers_no_steps():
    rng = np.random.default_rng(10)
    cells = np.array(
        [
            np.histogram(10 * np.log10(rng.exponential(size=2000)) - 50, np.arange(201) - 160)[0]
            for _ in range(12)
        ]
    )
    path = noise_floor._most_likely_path(cells)
    assert np.abs(path + 50).max() <= 1
    assert np.abs(np.diff(path)).max() <= 1


def test_an_empty_sketch_is_silence():
    assert FloorSketch(513, 20.0).estimate().level_db == -np.inf
