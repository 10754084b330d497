from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from toolkit.dsp import mmse
from toolkit.dsp.noise_floor import NoiseFloor
from toolkit.evaluation.musical_noise import kurtosis_ratio

RATE = 22050


def noise(seconds=6, seed=0, level=0.05):
    rng = np.random.default_rng(seed)
    return (level * rng.standard_normal((1, int(seconds * RATE)))).astype(np.float32)


def known(level=0.05, rate=RATE, num_channels=1):
    bins = mmse.long_grid(rate).num_bins
    power = np.full(bins, level**2, np.float32)
    return (NoiseFloor(power, 20 * np.log10(level), 0.0, 0.0),) * num_channels


def naive_gains(ratio, neighborhood, threshold):
    """Threshold the neighborhood, average what survives over three frames, then Wiener."""
    frames, bins = ratio.shape
    gains = np.zeros((frames, bins))
    survives = np.zeros((frames, bins))
    for t in range(frames):
        for f in range(bins):
            first = max(0.0, 1 - threshold / neighborhood[t, f])
            survives[t, f] = first**2 * ratio[t, f]
    weights = [0.25, 0.5, 0.25]
    for t in range(frames):
        for f in range(bins):
            near = [survives[min(max(t + k, 0), frames - 1), f] for k in (-1, 0, 1)]
            prior = float(np.dot(weights, near))
            gains[t, f] = prior / (1 + prior)
    return gains


def test_attack_gains_are_the_two_steps():
    ratio = np.random.default_rng(1).exponential(size=(9, 40)).astype(np.float32)
    ratio[4] *= 20
    weights = np.hanning(19)[1:-1]
    weights /= weights.sum()
    padded = np.pad(ratio, ((0, 0), (8, 8)), mode="edge")
    near = np.array([[padded[t, f : f + 17] @ weights for f in range(40)] for t in range(9)])
    expected = naive_gains(ratio, near, mmse._ATTACK_THRESHOLD)
    np.testing.assert_allclose(mmse.attack_gains(ratio), expected, atol=1e-5)
    assert expected[4].mean() > 0.7
    assert expected[0].mean() < 0.1


def test_the_long_window_is_eight_short_ones_at_every_rate():
    for rate in (4000, 8000, 44100, 48000, 96000, 192000, 768000):
        long, short = mmse.long_grid(rate), mmse.short_grid(rate)
        assert long.n_fft == 8 * short.n_fft
        assert long.n_fft / rate == pytest.approx(0.093, rel=0.1)


def test_noise_alone_gets_one_gain():
    before = noise()
    out = before - mmse.Denoiser(RATE, known(), 0.1).removed(before, 0)
    reduction = 10 * np.log10(np.mean(before**2) / np.mean(out**2))
    assert reduction == pytest.approx(20, abs=1)
    assert kurtosis_ratio(before, out, RATE) == pytest.approx(1, abs=0.1)


def test_a_steady_tone_is_kept():
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(6 * RATE) / RATE)[np.newaxis]
    noisy = (tone + noise()).astype(np.float32)
    out = noisy - mmse.Denoiser(RATE, known(), 0.06).removed(noisy, 0)
    before = 10 * np.log10(np.mean(tone**2) / np.mean((noisy - tone) ** 2))
    after = 10 * np.log10(np.mean(tone**2) / np.mean((out - tone) ** 2))
    assert after > before + 17


def test_an_attack_is_kept():
    burst = np.zeros((1, 4 * RATE))
    for onset in range(RATE // 2, 4 * RATE, RATE // 2):
        click = np.random.default_rng(onset).standard_normal(400) * np.exp(-np.arange(400) / 100)
        burst[0, onset : onset + 400] = 0.5 * click[: burst[0, onset : onset + 400].size]
    noisy = (burst + noise(4, level=0.03)).astype(np.float32)
    removed = mmse.Denoiser(RATE, known(0.03), 0.06).removed(noisy, 0)
    out = noisy - removed
    where = np.abs(burst) > 0
    kept = np.sum(out[where] * burst[where]) / np.sum(burst[where] ** 2)
    assert kept > 0.85


def test_a_slow_change_of_the_noise_is_followed():
    time = np.arange(8 * RATE) / RATE
    swell = 10 ** (3 * np.sin(2 * np.pi * 0.5 * time) / 20)
    swelling = (noise(8) * swell).astype(np.float32)
    spectra = mmse.long_grid(RATE)
    ratio = spectra.power(spectra.analyze(swelling))[0] / 0.05**2
    _, level = mmse.tone_gains(ratio, np.ones(ratio.shape[1], np.float32))
    at = np.array(spectra.frame_range(0, 8 * RATE)) * spectra.hop_length / RATE
    expected = 6 * np.sin(2 * np.pi * 0.5 * at)
    followed = 10 * np.log10(level)
    assert np.corrcoef(followed, expected)[0, 1] > 0.95
    assert followed.max() - followed.min() > 4


def test_both_channels_get_the_same_gains():
    music = 0.2 * np.sin(2 * np.pi * 700 * np.arange(4 * RATE) / RATE)
    left = music + noise(4)[0]
    stereo = np.stack([left, -0.5 * left]).astype(np.float32)
    floors = (known()[0], known(0.025)[0])
    removed = mmse.Denoiser(RATE, floors, 0.1).removed(stereo, 0)
    np.testing.assert_allclose(removed[1], -0.5 * removed[0], atol=1e-6)


def test_a_block_with_its_context_is_the_whole():
    music = 0.2 * np.sin(2 * np.pi * 700 * np.arange(8 * RATE) / RATE)
    noisy = (noise(8) + music).astype(np.float32)
    denoiser = mmse.Denoiser(RATE, known(), 0.1)
    whole = denoiser.removed(noisy, 0)
    context = mmse.CONTEXT_HOPS * mmse.long_grid(RATE).hop_length
    start, stop = 60_001, 110_003
    part = denoiser.removed(noisy[:, start - context : stop + context], start - context)
    inner = part[:, context:-context]
    assert np.abs(inner - whole[:, start:stop]).max() < 1e-6


def naive_beside(ratio, floor):
    frames, bins = ratio.shape
    weights = np.hanning(19)[1:-1]
    weights /= weights.sum()
    padded = np.pad(ratio, ((0, 0), (8, 8)), mode="edge")
    near = np.array([[padded[t, f : f + 17] @ weights for f in range(bins)] for t in range(frames)])
    gains = np.empty((frames, bins))
    for t in range(frames):
        for f in range(bins):
            loudest_db = 10 * np.log10(near[max(t - 16, 0) : t + 17, f].max() / near[t, f])
            towered = np.clip(loudest_db / 10 - 1, 0, 1)
            music = max(0, 1 - mmse._ATTACK_THRESHOLD / near[t, f])
            gain = max(music, min(1, floor / np.sqrt(near[t, f])))
            gains[t, f] = 1 - towered * (1 - gain)
    return gains


def test_gains_beside_attacks_are_the_definition():
    ratio = np.random.default_rng(1).exponential(size=(60, 30)).astype(np.float32)
    ratio[40] *= 200
    got = mmse.beside_attacks(ratio, 0.1)
    np.testing.assert_allclose(got, naive_beside(ratio, 0.1), atol=2e-3)
    assert got[:20].mean() > 0.99
    assert got[28:36].mean() < 0.2
    assert got[40].mean() > 0.9


def test_noise_beside_an_attack_is_turned_down():
    quiet = noise(4, level=0.01)
    burst = np.zeros_like(quiet)
    onset = 2 * RATE
    burst[0, onset : onset + 300] = 0.5 * np.random.default_rng(2).standard_normal(300)
    noisy = quiet + burst
    out = noisy - mmse.Denoiser(RATE, known(0.01), 0.1).removed(noisy, 0)
    before = slice(onset - RATE // 25, onset - RATE // 80)
    assert np.std(out[0, before]) < 0.3 * np.std(noisy[0, before])
    attack = slice(onset, onset + 300)
    assert np.sum(out[0, attack] ** 2) > 0.9 * np.sum(noisy[0, attack] ** 2)


def above(samples, edge_hz):
    taps = signal.firwin(401, edge_hz, pass_zero=False, fs=RATE)
    return signal.oaconvolve(samples, taps[np.newaxis], mode="same", axes=1)


def test_nothing_is_handed_back_where_no_music_is():
    clicky = noise(6)
    for at in range(2000, 6 * RATE, 3001):
        clicky[0, at] += 3
    floors = tuple(replace(floor, band_hz=(100.0, 3000.0)) for floor in known())
    out = clicky - mmse.Denoiser(RATE, floors, 0.1).removed(clicky, 0)
    high, was = above(out, 4500), above(clicky, 4500)
    np.testing.assert_allclose(high, 0.1 * was, atol=0.02 * was.max())
    anywhere = clicky - mmse.Denoiser(RATE, known(), 0.1).removed(clicky, 0)
    assert above(anywhere, 4500).max() > 0.5 * was.max()


def test_what_towers_over_the_noise_is_music_wherever_it_is():
    tone = np.sin(2 * np.pi * 8000 * np.arange(4 * RATE) / RATE)[np.newaxis]
    noisy = (0.5 * tone + noise(4, level=0.01)).astype(np.float32)
    floors = tuple(replace(floor, band_hz=(100.0, 3000.0)) for floor in known(0.01))
    removed = mmse.Denoiser(RATE, floors, 0.1).removed(noisy, 0)
    assert np.std(removed) < 0.015


def floor_of(snr_db, unrest_db=0.0):
    return NoiseFloor(np.ones(5, np.float32), -40.0, snr_db, unrest_db)


def test_the_gain_floor_rises_with_the_ratio():
    gains = [mmse.gain_floor(floor_of(snr)) for snr in range(-20, 90, 2)]
    assert gains[0] == pytest.approx(10 ** (-24 / 20))
    assert gains[-1] == 1
    assert (np.diff(gains) >= 0).all()


@pytest.mark.parametrize("snr_db", [25.0, 35.0, 45.0])
def test_what_may_be_music_stays(snr_db):
    taken = 1 - mmse.gain_floor(floor_of(snr_db, 3.0))
    assert 20 * np.log10(taken) - snr_db <= -49.9


def test_silence_is_left_alone():
    assert mmse.gain_floor(floor_of(-np.inf)) == 1
    assert mmse.gain_floor(floor_of(np.inf)) == 1
