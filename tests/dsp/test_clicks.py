import numpy as np
import pytest

from toolkit.dsp.click_fit import Fitter
from toolkit.dsp.clicks import Sensitivity, count_clicks, find_clicks
from toolkit.dsp.whitening import hop_samples, local_scale, unrest, whiten


def music(seconds, seed=0, sample_rate=44100):
    """Return plucked notes with partials over a faint noise floor."""
    rng = np.random.default_rng(seed)
    total = int(seconds * sample_rate)
    signal = 1e-4 * rng.standard_normal(total)
    for onset in np.arange(0, seconds, 0.25):
        start = int(onset * sample_rate)
        time = np.arange(total - start) / sample_rate
        pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
        attack = np.minimum(time / 0.004, 1) * np.exp(-time / 0.3)
        for k in range(1, 12):
            if k * pitch < sample_rate * 0.45:
                partial = np.sin(2 * np.pi * k * pitch * time + rng.uniform(0, 6)) / k**1.5
                signal[start:] += 0.05 * attack * partial
    return signal


def clicked(signal, rate, seed=0, sample_rate=44100):
    """Return the signal with damped sines and impulses added, and where they are."""
    rng = np.random.default_rng(seed)
    spoiled, spans = signal.copy(), []
    for start in np.sort(
        rng.integers(500, len(signal) - 500, int(rate * len(signal) / sample_rate))
    ):
        length = int(rng.choice([1, rng.integers(8, 120)]))
        time = np.arange(length)
        wave = np.cos(2 * np.pi * rng.uniform(0.02, 0.25) * time) * np.exp(-3 * time / length)
        spoiled[start : start + length] += rng.choice([-1, 1]) * rng.uniform(0.2, 0.8) * wave
        spans.append((int(start), int(start) + length))
    return spoiled, spans


def overlaps(spans, others):
    return [any(a < stop and start < b for a, b in others) for start, stop in spans]


def test_whitening_is_the_convolution_with_each_frames_model():
    signal = music(0.2)
    white = whiten(signal, 16, 512)
    padded = np.pad(signal, 32)
    for n in (0, 700, 3000, len(signal) - 1):
        model = white.models[n // 512]
        around = padded[n : n + 65]
        lags = np.correlate(model, model, "full")
        assert white.forward[n] == pytest.approx(model @ around[32:15:-1], abs=1e-12)
        expected = lags @ around[16:49] / np.linalg.norm(model)
        assert white.matched[n] == pytest.approx(expected, abs=1e-12)


def test_local_scale_leaves_the_place_itself_out_and_takes_the_louder_side():
    error = np.random.default_rng(0).standard_normal(64 * 100)
    error[64 * 50 :] *= 10
    error[64 * 20 + 3] = 1e6
    scale = local_scale(error, 64)
    np.testing.assert_allclose(scale[10:40], 1, rtol=0.4)
    np.testing.assert_allclose(scale[50:90], 10, rtol=0.4)


def test_noise_is_at_rest_and_swelling_music_is_not():
    rng = np.random.default_rng(0)
    noise = local_scale(rng.standard_normal(2**17), 64)
    swells = noise * np.exp(2 * np.sin(np.arange(len(noise)) / 20))
    assert unrest(noise).max() < 1.4
    assert unrest(swells).min() > 5


def test_fit_finds_first_and_last_sample_and_waveform_of_a_click():
    rng = np.random.default_rng(3)
    signal = np.convolve(rng.standard_normal(4096), [1, 1.6, 0.8], "same")
    white = whiten(signal, 16, 1024)
    wave = 40 * np.hanning(42)[1:-1] * np.cos(np.arange(40))
    wave[[0, -1]] = 20
    spoiled = signal.copy()
    spoiled[2000:2040] += wave
    sigma = float(np.std(white.forward))
    click = Fitter(white.models, 1024, 256).fit(spoiled, 1990, 2050, sigma, 100.0)
    assert abs(click.start - 2000) <= 1
    assert abs(click.stop - 2040) <= 2
    assert click.evidence > 1000
    # What is left is the least-squares interpolation, no further from the music than the music is.
    left = spoiled[click.start : click.stop] - click.waveform
    truth = signal[click.start : click.stop]
    assert np.mean((left - truth) ** 2) < 2 * np.mean(truth**2)


def test_clicks_are_found_and_music_is_not():
    signal = music(6)
    spoiled, spans = clicked(signal, 5)
    (found,) = find_clicks(spoiled[None], 44100)
    assert np.mean(overlaps(spans, found)) > 0.95
    assert np.mean(overlaps(found, spans)) > 0.95
    assert len(find_clicks(signal[None], 44100)[0]) <= 1


@pytest.mark.parametrize("rate", [8000, 22050, 96000, 192000])
def test_any_rate(rate):
    signal = music(2, sample_rate=rate)
    positions = np.arange(rate // 5, 2 * rate - rate // 5, rate // 5)
    spoiled = signal.copy()
    spoiled[positions] += 0.7
    (found,) = find_clicks(spoiled[None], rate)
    assert np.mean(overlaps([(p, p + 1) for p in positions], found)) > 0.9


def test_higher_thresholds_find_fewer_clicks():
    rng = np.random.default_rng(0)
    noisy = music(3) + 0.003 * rng.standard_normal(3 * 44100)
    noisy[rng.integers(0, len(noisy), 60)] += rng.choice([-1, 1], 60) * rng.uniform(0.01, 0.2, 60)
    counts = [len(find_clicks(noisy[None], 44100, Sensitivity(t))[0]) for t in (6, 12, 24)]
    assert counts[0] > counts[1] > counts[2]


def test_small_clicks_count_among_many_large_ones():
    rng = np.random.default_rng(0)
    quiet = 0.01 * rng.standard_normal(4 * 44100)
    small = np.arange(3000, 4 * 44100 - 3000, 8000)
    quiet[small] += 0.075
    alone = find_clicks(quiet[None], 44100)[0]
    quiet[np.arange(1500, 4 * 44100 - 1500, 1600) + 700] += 0.5
    among = find_clicks(quiet[None], 44100)[0]
    places = [(each, each + 1) for each in small.tolist()]
    assert sum(overlaps(places, among)) > sum(overlaps(places, alone)) + 3


def test_only_renewed_frames_are_whitened_again():
    signal = music(0.5)
    before = whiten(signal, 16, 512)
    changed = signal.copy()
    changed[5000:5010] += 0.1
    renew = np.zeros(len(before.models), bool)
    renew[[8, 9, 10, 11]] = True
    after = whiten(changed, 16, 512, before, renew)
    whole = whiten(changed, 16, 512)
    np.testing.assert_allclose(after.models, whole.models, atol=1e-9)
    np.testing.assert_allclose(after.matched, whole.matched, atol=1e-9)


def test_a_click_in_one_channel_lowers_the_threshold_in_the_other():
    rng = np.random.default_rng(0)
    quiet = 0.01 * rng.standard_normal((2, 44100))
    for position in range(2000, 43000, 1000):
        quiet[0, position] += 0.5
        quiet[1, position] += 0.065
    alone = len(find_clicks(quiet[1:], 44100)[0])
    together = len(find_clicks(quiet, 44100)[1])
    assert together > alone + 10


def test_rate_of_clicks_counts_shared_ones_once():
    signal = music(3).astype(np.float32)
    spoiled = signal.copy()
    spoiled[2000:130000:4000] += 0.6
    both = np.stack([spoiled, spoiled])
    assert count_clicks(both, 44100) == pytest.approx(32 / 3, rel=0.1)
    assert count_clicks(np.stack([signal, signal]), 44100) < 0.5
    assert count_clicks(np.zeros((1, 0), np.float32), 44100) == 0


def test_hop_is_a_power_of_two():
    assert [hop_samples(rate) for rate in (4000, 44100, 96000)] == [512, 1024, 2048]
