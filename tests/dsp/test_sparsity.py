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


def naive_solve(x, marks, n_fft, schedule):
    """Return what `sparsity.solve` computes, with a dense frame and loops, in double precision."""
    overlap = schedule.overlap
    hop = n_fft // overlap
    num_hops = -(-len(x) // hop) + 2 * (overlap - 1)
    front = (overlap - 1) * hop
    length = num_hops * hop
    scale = np.abs(x[marks != 0]).max()
    window = np.sin(np.pi * (np.arange(n_fft) + 0.5) / n_fft) ** 2
    window /= np.sqrt(sum(np.roll(window**2, k * hop) for k in range(overlap)))
    num_frames, num_bins = num_hops - overlap + 1, n_fft // 2 + 1
    rows = []
    for frame in range(num_frames):
        for b in range(num_bins):
            atom = np.zeros(length, complex)
            n = np.arange(n_fft)
            atom[frame * hop : frame * hop + n_fft] = (
                window * np.exp(-2j * np.pi * b * n / n_fft) / np.sqrt(n_fft)
            )
            rows.append(atom)
    frame_matrix = np.array(rows)
    twice = np.tile(np.where((np.arange(num_bins) % (n_fft // 2)) == 0, 1.0, 2.0), num_frames)

    def synthesize(c):
        return (frame_matrix.conj().T @ (twice * c)).real

    target = np.zeros(length)
    target[front : front + len(x)] = x / scale
    mark = np.full(length, 2)
    mark[front : front + len(x)] = marks
    now = frame_matrix @ target
    ahead = now
    for level in np.geomspace(schedule.first, schedule.last, schedule.levels):
        for _ in range(schedule.iterations):
            residual = target - synthesize(ahead)
            residual[mark == 2] = 0
            residual[(mark == 1) & (residual < 0)] = 0
            residual[(mark == -1) & (residual > 0)] = 0
            c = (ahead + frame_matrix @ residual).reshape(num_frames, num_bins)
            new = np.zeros_like(c)
            for f in range(num_frames):
                for b in range(num_bins):
                    around = c[
                        max(f - schedule.frames // 2, 0) : f + schedule.frames // 2 + 1,
                        max(b - schedule.bins // 2, 0) : b + schedule.bins // 2 + 1,
                    ]
                    energy = np.sum(np.abs(around) ** 2) / (schedule.frames * schedule.bins)
                    new[f, b] = c[f, b] * max(1 - level**2 * n_fft / max(energy, 1e-20), 0)
            new = new.ravel()
            ahead = new + schedule.momentum * (new - now)
            now = new
    return synthesize(now)[front : front + len(x)] * scale


@pytest.mark.parametrize("overlap", [2, 4])
def test_equals_the_naive_solver(overlap):
    x, level = clip_to(music()[2000:2100], 6)
    marks = marks_of(x, level)
    schedule = Schedule(first=0.1, last=0.01, levels=3, iterations=4, frames=5, overlap=overlap)
    expected = naive_solve(x, marks, 16, schedule)
    actual = sparsity.solve(x, marks, 16, schedule)
    np.testing.assert_allclose(actual, expected, atol=2e-5)


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


@pytest.mark.parametrize(("sdr_db", "gain_db"), [(5, 12), (10, 16), (15, 18)])
def test_rebuilds_clipped_music(sdr_db, gain_db):
    gains = []
    for seed in range(2):
        clean = music(seed=seed)
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


def test_densely_clipped_signals_get_the_finer_frame():
    marks = np.zeros((1, 100), np.int8)
    marks[:, :20] = 1
    assert sparsity.choose_schedule(marks[0]) == Schedule()
    marks[:, :50] = -1
    dense = sparsity.choose_schedule(marks[0])
    assert dense.overlap > Schedule().overlap
    assert dense.levels * dense.iterations < Schedule().levels * Schedule().iterations


def test_nothing_clipped_costs_nothing_and_changes_nothing():
    x = music()[None]
    np.testing.assert_array_equal(sparsity.declip(x, np.zeros(x.shape, np.int8), 8192), x)


@pytest.mark.parametrize(
    ("rate", "n_fft"), [(4000, 1024), (44100, 8192), (48000, 8192), (96000, 16384)]
)
def test_frame_lasts_as_long_at_any_rate(rate, n_fft):
    assert sparsity.choose_n_fft(rate) == n_fft
