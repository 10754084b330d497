import numpy as np
import pytest

from toolkit.dsp import hum_lines, hum_rate, hum_track
from toolkit.dsp.hum import find_hum, summarize, trace_hum

SAMPLE_RATE = 16000
BASS = (49.0, 49.5, 51.0, 55.0, 59.2, 61.0, 61.7, 65.4, 98.0, 98.8, 110.0, 123.5)


def music(seconds=30.0, seed=0, pitches=BASS, note=1.0, sample_rate=SAMPLE_RATE):
    """Return bass notes that collide with hum, chords above them, RMS 0.1."""
    rng = np.random.default_rng(seed)
    out = 1e-4 * rng.standard_normal(int(seconds * sample_rate))
    for onset in np.arange(0, seconds - 0.1, note):
        for pitch in (rng.choice(pitches), 220 * 2 ** (rng.integers(0, 24) / 12)):
            begin = int(onset * sample_rate)
            age = np.arange(min(int(2 * note * sample_rate), len(out) - begin)) / sample_rate
            envelope = (1 - np.exp(-100 * age)) * np.exp(-1.5 * age) * (age < 1.7 * note)
            for k in range(1, 13):
                turn = 2 * np.pi * k * pitch * age + rng.uniform(0, 2 * np.pi)
                out[begin : begin + len(age)] += envelope * np.sin(turn) / k
    return (0.1 * out / out.std()).astype(np.float32)[None]


def hum_of(seconds=30.0, f0=50.0, amplitude=0.02, orders=range(1, 9), drift=0.2, seed=1):
    """Return a drifting hum, one row a harmonic."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    frequency = f0 + drift * np.sin(2 * np.pi * time / 30 + rng.uniform(0, 6))
    phase = 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE
    return np.stack(
        [amplitude / k**0.6 * np.cos(k * phase + rng.uniform(0, 6)) for k in orders]
    ).astype(np.float32)


def rebuilt(samples):
    total = np.zeros_like(samples)
    for stretch in trace_hum(samples, SAMPLE_RATE):
        total += stretch.synthesize(0, samples.shape[1])
    return total


CASES = {
    "50 Hz": {},
    "60 Hz odd": {"f0": 60.0, "orders": (1, 3, 5, 7, 9, 11), "drift": 0.3},
    "50 Hz even": {"f0": 50.4, "orders": (2, 4, 6, 8, 10), "drift": 0.1},
    "fundamental missing": {"f0": 59.6, "orders": range(2, 9), "drift": 0.1},
    "tape copy": {"f0": 53.0, "orders": range(1, 11), "drift": 0.1},
}


@pytest.mark.parametrize("name", CASES)
def test_hum_is_attenuated_by_20_db_under_colliding_bass(name):
    clean = music()
    lines = hum_of(**CASES[name])
    truth = lines.sum(0)[None]
    error = rebuilt(clean + truth) - truth
    attenuation = 10 * np.log10(np.sum(truth**2) / np.sum(error**2))
    assert attenuation >= 20
    assert 10 * np.log10(np.mean(clean**2) / np.mean(error**2)) > 30


def test_measures_frequency_level_and_prominence():
    truth = hum_of(f0=50.2).sum(0)[None]
    hum_hz, hum_db, prominence_db = find_hum(music() + truth, SAMPLE_RATE)
    assert hum_hz == pytest.approx(50.2, abs=0.15)
    assert hum_db == pytest.approx(10 * np.log10(np.mean(truth**2)), abs=0.3)
    assert prominence_db > 10


def test_colliding_partials_keep_their_level():
    time = np.arange(30 * SAMPLE_RATE) / SAMPLE_RATE
    sounding = (time % 6) < 3
    note = 0.05 * sounding * (np.sin(2 * np.pi * 49.4 * time) + np.sin(2 * np.pi * 100.6 * time))
    clean = music(seed=3) + note.astype(np.float32)
    restored = clean + hum_of().sum(0) - rebuilt(clean + hum_of().sum(0))
    for frequency in (49.4, 100.6):
        turn = np.exp(-2j * np.pi * frequency * time) * sounding
        before, after = abs(np.sum(clean * turn)), abs(np.sum(restored * turn))
        assert abs(20 * np.log10(after / before)) <= 1


CLEAN = {
    "colliding bass": lambda: music(seed=5),
    "repeated G1": lambda: music(seed=6, pitches=(49.0,), note=0.5),
    "repeated B1": lambda: music(seed=7, pitches=(61.74,), note=1.0),
    "organ pedal": lambda: music(seed=8, pitches=(49.0, 61.74), note=5.0),
    "noise": lambda: 0.1 * np.random.default_rng(0).standard_normal((1, 480000)).astype(np.float32),
    "silence": lambda: np.zeros((2, 480000), np.float32),
    "offset": lambda: np.full((1, 480000), 0.5, np.float32),
    "full-scale square": lambda: np.sign(np.sin(np.arange(480000) * 0.3)).astype(np.float32)[None],
}


@pytest.mark.parametrize("name", CLEAN)
def test_says_zero_without_hum(name):
    assert find_hum(CLEAN[name](), SAMPLE_RATE) == (0.0, -np.inf, 0.0)


def test_a_line_under_notes_is_found_in_their_rests():
    """Notes cover the second line for four fifths of the time, at ten times its level."""
    rate, seconds = hum_lines.FRAME_RATE, 30
    times = np.arange(int(seconds * rate)) / rate
    rng = np.random.default_rng(0)
    sounding = (times % 3) < 2.4
    note = 10 * sounding * np.exp(2j * np.pi * 0.9 * times)
    turned = np.stack([np.full(len(times), 0.1 + 0j), (0.05j + 0.05 * note), 0.5 * note])
    turned += 1e-3 * (rng.standard_normal(turned.shape) + 1j * rng.standard_normal(turned.shape))
    start = np.zeros((1, 3, 2), complex)
    knots = np.array([10.0, 20.0])
    location, clear = hum_lines._densest(turned[None], start, times, knots)
    assert clear[0, 0]
    np.testing.assert_allclose(location[0, 0], 0.1, atol=1e-3)
    np.testing.assert_allclose(location[0, 1], 0.05j, atol=6e-3)
    np.testing.assert_allclose(location[0, 2], 0, atol=0.05)


def test_a_drum_repeated_as_by_a_machine_is_no_hum():
    """The same hit every 0.341 s has lines at multiples of 2.93 Hz, of which 58.7 Hz is one."""
    time = np.arange(12 * SAMPLE_RATE) / SAMPLE_RATE
    age = time % 0.341
    hit = sum(np.sin(2 * np.pi * k * 58.3 * age) / k for k in range(1, 12)) * np.exp(-12 * age)
    noise = 1e-3 * np.random.default_rng(0).standard_normal(len(time))
    assert find_hum((0.2 * hit + noise).astype(np.float32)[None], SAMPLE_RATE)[0] == 0


@pytest.mark.parametrize("length", [0, 1, 2, 3, 1000, 4 * SAMPLE_RATE])
def test_short_signals(length):
    assert find_hum(np.zeros((2, length), np.float32), SAMPLE_RATE)[0] == 0


def test_stretches_overlap_and_sum_to_the_hum():
    truth = hum_of(seconds=100).sum(0)[None]
    rng = np.random.default_rng(0)
    samples = truth + 1e-3 * rng.standard_normal(truth.shape).astype(np.float32)
    stretches = trace_hum(samples, SAMPLE_RATE)
    assert len(stretches) >= 2
    whole = sum(each.synthesize(0, samples.shape[1]) for each in stretches)
    assert 10 * np.log10(np.sum(truth**2) / np.sum((whole - truth) ** 2)) > 30
    part = sum(each.synthesize(500_000, 1_000_000) for each in stretches)
    np.testing.assert_allclose(part, whole[:, 500_000:1_000_000], atol=1e-6)
    assert summarize(stretches, samples.shape[1])[0] == pytest.approx(50, abs=0.1)


def test_horner_equals_the_sum_of_sinusoids():
    truth = hum_of(seconds=10).sum(0)[None]
    (stretch,) = trace_hum(truth, SAMPLE_RATE)
    time = np.arange(2000, 60000) / SAMPLE_RATE
    phase = np.interp(time, stretch.times, stretch.phase)
    expected = np.zeros(len(time))
    for k, row in enumerate(stretch.amplitudes[0], start=1):
        amplitude = np.interp(time, stretch.knots, row.real)
        quadrature = np.interp(time, stretch.knots, row.imag)
        expected += amplitude * np.cos(k * phase) - quadrature * np.sin(k * phase)
    np.testing.assert_allclose(stretch.synthesize(2000, 60000)[0], expected, atol=1e-5)


@pytest.mark.parametrize("rate", [4000, 8000, 11025, 44100, 96000])
def test_decimation_keeps_phase_and_level(rate):
    time = np.arange(rate * 2) / rate
    x = np.cos(2 * np.pi * 440 * time + 0.3).astype(np.float32)[None]
    low, low_rate = hum_rate.decimate(x, 0, x.shape[1], rate)
    at = np.arange(low.shape[1]) / low_rate
    inner = slice(200, -200)
    expected = np.cos(2 * np.pi * 440 * at + 0.3)
    np.testing.assert_allclose(low[0, inner], expected[inner], atol=2e-4)


def test_demodulation_equals_the_naive_average():
    rng = np.random.default_rng(0)
    rate = 5500
    x = rng.standard_normal((2, 5 * 275)).astype(np.float32)
    phase = 2 * np.pi * 50.3 * np.arange(x.shape[1]) / rate
    actual = hum_lines.demodulate(x, rate, phase, 3)
    triangle = np.r_[np.arange(275) + 0.5, np.arange(275)[::-1] + 0.5] / 275**2
    for k in range(3):
        for frame in range(4):
            span = slice(frame * 275, (frame + 2) * 275)
            turned = x[:, span] * np.exp(-1j * (k + 1) * phase[span])
            np.testing.assert_allclose(actual[:, k, frame], turned @ triangle, atol=1e-5)


def test_viterbi_equals_the_best_of_all_paths():
    score = np.random.default_rng(0).standard_normal((4, 5))
    path = hum_track._viterbi(score)

    def total(candidate):
        moves = np.abs(np.diff(candidate))
        return score[np.arange(4), candidate].sum() - hum_track._SLEW_COST * moves.sum()

    every = [np.array(np.unravel_index(i, (5,) * 4)) for i in range(5**4)]
    assert total(path) == pytest.approx(max(total(each) for each in every))
