from math import inf, log10

import numpy as np
import pyloudnorm
import pytest
from scipy import signal

from toolkit.dsp.loudness import measure_loudness

RATE = 48000


def tones(levels_db, seconds, num_channels=2, sample_rate=RATE):
    """1 kHz tones, one level (dBFS peak) after the other, all channels alike."""
    time = np.arange(round(sum(seconds) * sample_rate)) / sample_rate
    lengths = [round(each * sample_rate) for each in seconds]
    gain = np.repeat(10 ** (np.array(levels_db) / 20), lengths)[: len(time)]
    mono = (gain * np.sin(2 * np.pi * 1000 * time[: len(gain)])).astype(np.float32)
    return np.tile(mono, (num_channels, 1))


@pytest.mark.parametrize(
    ("levels_db", "seconds", "integrated"),
    [
        ([-23], [20], -23),
        ([-33], [20], -33),
        ([-36, -23, -36], [10, 60, 10], -23),
        ([-72, -36, -23, -36, -72], [10, 10, 60, 10, 10], -23),
        ([-26, -20, -26], [20, 20.1, 20], -23),
    ],
    ids=["1", "2", "3 relative gate", "4 both gates", "5 gate keeps the soft"],
)
def test_integrated_loudness_meets_ebu_tech_3341(levels_db, seconds, integrated):
    # At 16 kHz the K-weighting at 1 kHz is that of 48 kHz to 0.02 dB, in a third of the time.
    samples = tones(levels_db, seconds, sample_rate=16000)
    measured = measure_loudness(samples, 16000)
    assert measured.integrated_lufs == pytest.approx(integrated, abs=0.1)


def test_five_channels_have_their_weights():
    tone = tones([0], [20], num_channels=1)
    levels = np.array([-28, -28, -24, -30, -30])
    surround = (10 ** (levels / 20))[:, None].astype(np.float32) * tone
    assert measure_loudness(surround, RATE).integrated_lufs == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(
    ("levels_db", "expected"), [([-20, -30], 10), ([-20, -15], 5), ([-50, -35, -20, -35, -50], 15)]
)
def test_range_meets_ebu_tech_3342(levels_db, expected):
    samples = tones(levels_db, [20] * len(levels_db), sample_rate=16000)
    assert measure_loudness(samples, 16000).range_lu == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("sample_rate", [22050, 44100, 48000])
def test_integrated_loudness_is_pyloudnorms(sample_rate):
    rng = np.random.default_rng(3)
    envelope = np.repeat(rng.uniform(0, 0.3, 12), sample_rate)
    samples = (envelope * rng.standard_normal((2, 12 * sample_rate))).astype(np.float32)
    # pyloudnorm derives its K-weighting from another closed form of the same filters.
    reference = pyloudnorm.Meter(sample_rate).integrated_loudness(samples.T.astype(float))
    assert measure_loudness(samples, sample_rate).integrated_lufs == pytest.approx(
        reference, abs=0.15
    )


def test_true_peak_lies_between_the_samples():
    # Sampled at 45°, a quarter of the rate: the samples reach 0.707 of the peak.
    angle = np.pi / 2 * np.arange(RATE) + np.pi / 4
    peak = measure_loudness(0.5 * np.sin(angle)[None].astype(np.float32), RATE).true_peak_db
    assert -6.02 - 0.4 < peak < -6.02 + 0.2


def test_maxima_are_those_of_the_loudest_moment():
    measured = measure_loudness(tones([-40, -20, -40], [5, 1, 5]), RATE)
    assert measured.momentary_max == pytest.approx(-20, abs=0.1)
    assert measured.short_term_max == pytest.approx(-20 - 4.77, abs=0.2)


@pytest.mark.parametrize("num_samples", [0, 1, 3, 1000, RATE // 3])
def test_too_short_has_no_loudness(num_samples):
    measured = measure_loudness(np.full((1, num_samples), 0.5, np.float32), RATE)
    assert measured.integrated_lufs == measured.momentary_max == measured.short_term_max == -inf
    assert measured.range_lu == 0


def test_silence_has_no_loudness():
    measured = measure_loudness(np.zeros((2, 4 * RATE), np.float32), RATE)
    assert measured.integrated_lufs == measured.true_peak_db == -inf


@pytest.mark.parametrize("num_channels", [0, 6, 32])
def test_other_layouts_are_refused(num_channels):
    with pytest.raises(ValueError, match="1 to 5 channels"):
        measure_loudness(np.zeros((num_channels, RATE), np.float32), RATE)


def test_progress_reaches_the_end():
    seen = []
    measure_loudness(
        tones([-23], [1.05]), RATE, progress=lambda done, total: seen.append(done / total)
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1


def weighted(samples):
    """Return samples after the two filters of BS.1770, given there for 48 kHz."""
    shelf = (
        [1.53512485958697, -2.69169618940638, 1.19839281085285],
        [
            1,
            -1.69065929318241,
            0.73248077421585,
        ],
    )
    high_pass = [1, -2, 1], [1, -1.99004745483398, 0.99007225036621]
    return signal.lfilter(*high_pass, signal.lfilter(*shelf, samples))


def naive_highest(samples, seconds):
    """Return the highest loudness in windows of the given length, ten a second."""
    energy = (weighted(samples.astype(np.float64)) ** 2).sum(axis=0)
    size, step = round(seconds * RATE), RATE // 10
    starts = range(0, samples.shape[1] - size + 1, step)
    highest = max(energy[at : at + size].mean() for at in starts)
    return -0.691 + 10 * log10(highest)


def test_maxima_are_those_of_the_definition():
    time = np.arange(8 * RATE) / RATE
    swell = 0.02 + 0.3 * np.abs(np.sin(time * 1.3))
    noise = np.random.default_rng(440).standard_normal((2, len(time)))
    music = (noise * 0.3 * swell).astype(np.float32)
    loudness = measure_loudness(music, RATE)
    assert loudness.momentary_max == pytest.approx(naive_highest(music, 0.4), abs=0.02)
    assert loudness.short_term_max == pytest.approx(naive_highest(music, 3.0), abs=0.02)
