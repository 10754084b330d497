import numpy as np
import pytest

from toolkit.evaluation import extending, metrics
from toolkit.values import Audio

RATE = 44100


def noise(seconds=2.0, seed=0):
    samples = 0.1 * np.random.default_rng(seed).standard_normal((1, int(seconds * RATE)))
    return Audio(samples.astype(np.float32), RATE)


def level_db(samples, low_hz, high_hz):
    power = np.abs(np.fft.rfft(samples[0])) ** 2
    frequency = np.fft.rfftfreq(samples.shape[1], 1 / RATE)
    return 10 * np.log10(power[(frequency > low_hz) & (frequency < high_hz)].mean())


def test_filters_fall_from_the_cutoff_on():
    whole = noise()
    narrow = extending.narrowed(whole, 4000, 48)
    fall = level_db(narrow.samples, 7900, 8100) - level_db(whole.samples, 7900, 8100)
    assert fall == pytest.approx(-48, abs=1)
    below_db = extending.changed_below_db(whole.samples, narrow.samples, RATE, 3800)
    assert below_db < -60


def test_distance_counts_only_what_lies_above():
    whole = noise()
    narrow = extending.narrowed(whole, 6000, 96)
    assert extending.distance_above(whole.samples, whole.samples, RATE, 6000) == 0
    assert extending.distance_above(whole.samples, narrow.samples, RATE, 6000) > 3
    high = extending.narrowed(whole, 12000, 300)
    part = extending.distance_above(whole.samples, high.samples, RATE, 12000)
    assert part > metrics.log_spectral_distance(whole.samples, high.samples)
    other = extending.distance_above(whole.samples, noise(seed=1).samples, RATE, 6000)
    assert other == pytest.approx(0.79, abs=0.03)


def test_a_mirrored_tone_lies_as_far_above_the_cutoff_as_it_lay_below():
    time = np.arange(2 * RATE) / RATE
    tone = Audio((0.1 * np.sin(2 * np.pi * 3000 * time)).astype(np.float32)[None], RATE)
    output = extending.folded(tone, 4000)
    power = np.abs(np.fft.rfft(output[0])) ** 2
    frequency = np.fft.rfftfreq(len(time), 1 / RATE)
    above = (frequency > 4200) & (frequency < 7900)
    assert frequency[above][np.argmax(power[above])] == pytest.approx(5000, abs=30)
    change_db = extending.changed_below_db(tone.samples, output, RATE, 3500)
    assert change_db < -40


def test_softer_images():
    narrow = extending.narrowed(noise(), 3000, 96)
    plain, falling = (extending.folded(narrow, 3000, fall_db=each) for each in (0.0, 12.0))
    apart = level_db(plain, 11900, 12100) - level_db(falling, 11900, 12100)
    assert apart == pytest.approx(24, abs=1)


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="same shape"):
        extending.distance_above(noise(1).samples, noise(2).samples, RATE, 4000)
