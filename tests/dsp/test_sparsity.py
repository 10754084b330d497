import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.dsp import sparsity
from toolkit.dsp.sparsity import Schedule

SAMPLE_RATE = 44100


def music(seconds=1.0, seed=0):
    """Return decaying harmonic notes, peak 0.8."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    out = 1e-4 * rng.standard_normal(len(time))
    for onset in np.arange(-0.5, seconds, 0.25):
        pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
        age = np.maximum(time - onset, 0)
        for k in range(1, 9):
            envelope = np.exp(-3 * age) * (1 - np.exp(-200 * age)) / k
            out += envelope * np.sin(2 * np.pi * k * pitch * age + rng.uniform(0, 6))
    return (0.8 * out / np.abs(out).max()).astype(np.float32)


def clip_to(x, sdr_db):
    """Return x clipped so that its signal-to-distortion ratio is as asked, and the level."""
    low, high = 0.0, float(np.abs(x).max())
    for _ in range(40):
        level = (low + high) / 2
        error = np.sum((x - np.clip(x, -level, level)) ** 2)
        low, high = (low, level) if np.sum(x**2) > error * 10 ** (sdr_db / 10) else (level, high)
    return np.clip(x, -high, high).astype(np.float32), high


def marks_of(x, level):
    return (x >= np.float32(level)).astype(np.int8) - (x <= -np.float32(level)).astype(np.int8)


def naive_shrink(signal, n_fft, offset, threshold, frames, bins):
    """Return a signal of shrunken coefficients, by a dense frame and loops."""
    hop = n_fft // 2
    window = np.sin(np.pi * (np.arange(n_fft) + 0.5) / n_fft) ** 2
    window /= np.sqrt(window**2 + np.roll(window, hop) ** 2)
    n, k = np.arange(n_fft), np.arange(n_fft // 2 + 1)
    atoms = window * np.exp(-2j * np.pi * np.outer(k, n) / n_fft) / np.sqrt(n_fft)
    twice = np.where(k % (n_fft // 2) == 0, 1.0, 2.0)
    starts = range(offset, len(signal) - n_fft + 1, hop)
    c = np.array([atoms @ signal[start : start + n_fft] for start in starts])
    out = np.zeros(len(signal))
    for f, start in enumerate(starts):
        for b in k:
            around = c[
                max(f - frames // 2, 0) : f + frames // 2 + 1,
                max(b - bins // 2, 0) : b + bins // 2 + 1,
            ]
            energy = max(np.sum(np.abs(around) ** 2) / (frames * bins), 1e-20)
            kept = c[f, b] * max(1 - threshold**2 * n_fft / energy, 0)
            out[start : start + n_fft] += twice[b] * (kept * atoms[b].conj()).real
    return out


def naive_solve(x, marks, n_fft, schedule):
    """Return what `sparsity.solve` computes, in double precision."""
    sizes = [int(size * n_fft) for size in schedule.sizes]
    longest = max(sizes)
    margin = longest + longest // 2
    scale = np.abs(x[marks != 0]).max()
    target = np.pad(x.astype(float) / scale, margin)
    free = np.pad(np.zeros(len(x), bool), longest // 2, constant_values=True)
    free = np.pad(free, longest)
    mark = np.pad(marks, margin)
    now = before = target
    total = schedule.levels * schedule.iterations
    momenta = np.linspace(*schedule.momentum, total)
    levels = np.geomspace(schedule.first, schedule.last, schedule.levels)
    for turn in range(total):
        ahead = now + momenta[turn] * (now - before)
        lifted = np.where(mark > 0, np.maximum(ahead, target), np.minimum(ahead, target))
        ahead = np.where(free, ahead, np.where(mark == 0, target, lifted))
        size = sizes[turn % len(sizes)]
        offset = int((turn // len(sizes) + 1) * 0.6180339887498949 % 1 * (size // 2))
        level = levels[turn // schedule.iterations]
        shrunken = naive_shrink(ahead, size, offset, level, schedule.frames, schedule.bins)
        before, now = now, shrunken
    return now[margin : margin + len(x)] * scale


@pytest.mark.parametrize("sizes", [(1.0,), (0.5, 1, 2)])
def test_equals_the_naive_solver(sizes):
    x, level = clip_to(music()[2000:2100], 6)
    marks = marks_of(x, level)
    schedule = Schedule(first=0.1, last=0.01, levels=3, iterations=4, frames=5, sizes=sizes)
    expected = naive_solve(x, marks, 16, schedule)
    actual = sparsity.solve(x, marks, 16, schedule)
    np.testing.assert_allclose(actual, expected, atol=2e-5)


def test_stays_bounded_under_lasting_momentum():
    x, level = clip_to(music(0.3), 1)
    schedule = Schedule(levels=10, iterations=30, momentum=(0.98, 0.98), sizes=(0.5, 1, 2))
    out = sparsity.solve(x, marks_of(x, level), 512, schedule)
    assert np.abs(out).max() < 20 * level


@pytest.mark.parametrize("overlap", [2, 4, 8])
def test_frame_is_tight(overlap):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(64 * 16).astype(np.float32)
    window = sparsity.tight_window(64, overlap)
    back = sparsity.synthesize(sparsity.analyze(x, window, overlap), window, overlap)
    inner = slice(64, -64)
    np.testing.assert_allclose(back[inner], x[inner], atol=1e-5)


def test_neighborhood_equals_the_naive_mean():
    rng = np.random.default_rng(0)
    power = rng.random((9, 11)).astype(np.float32)
    padded = np.pad(power, ((3, 3), (2, 2)))
    expected = [[padded[f : f + 7, b : b + 5].mean() for b in range(11)] for f in range(9)]
    np.testing.assert_allclose(sparsity.neighborhood(power, 7, 5), expected, rtol=1e-5)


@pytest.mark.parametrize(("sdr_db", "gain_db"), [(1, 10), (5, 18), (15, 24)])
def test_rebuilds_clipped_music(sdr_db, gain_db):
    gains = []
    for seed in range(2):
        clean = music(0.7, seed)
        x, level = clip_to(clean, sdr_db)
        marks = marks_of(x, level)
        out = sparsity.declip(x[None], marks[None], 8192)[0]
        at = marks != 0
        before, after = np.sum((clean - x)[at] ** 2), np.sum((clean - out)[at] ** 2)
        gains.append(10 * np.log10(before / after))
    assert np.mean(gains) >= gain_db, gains


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), length=st.integers(1, 400), level=st.floats(0.05, 0.9))
def test_consistent_and_reliable_samples_keep_their_bits(seed, length, level):
    rng = np.random.default_rng(seed)
    x = np.clip(rng.standard_normal((2, length)), -level, level).astype(np.float32)
    marks = marks_of(x, level)
    out = sparsity.declip(x, marks, 32, Schedule(levels=3, iterations=3))
    assert out.shape == x.shape
    assert np.isfinite(out).all()
    np.testing.assert_array_equal(out[marks == 0], x[marks == 0])
    assert (marks * (out - x) >= 0).all()


def test_the_more_is_clipped_the_higher_the_threshold_ends():
    lasts, costs = [], []
    for clipped in (10, 40, 90):
        marks = np.zeros(100, np.int8)
        marks[:clipped] = 1
        schedule = sparsity.choose_schedule(marks)
        lasts.append(schedule.last)
        costs.append(schedule.levels * schedule.iterations)
    assert lasts == sorted(lasts)
    assert lasts[0] < lasts[-1]
    assert costs == sorted(costs)


def test_nothing_clipped_costs_nothing_and_changes_nothing():
    x = music()[None]
    np.testing.assert_array_equal(sparsity.declip(x, np.zeros(x.shape, np.int8), 8192), x)


@pytest.mark.parametrize(
    ("rate", "n_fft"), [(4000, 1024), (44100, 8192), (48000, 8192), (96000, 16384)]
)
def test_frame_lasts_as_long_at_any_rate(rate, n_fft):
    assert sparsity.choose_n_fft(rate) == n_fft


def test_where_most_is_clipped_nothing_is_left_to_predict_from():
    dense = np.ones((1, 100), np.int8)
    assert not sparsity.choose_schedule(dense).refined
    dense[:, :80] = 0
    assert sparsity.choose_schedule(dense).refined
