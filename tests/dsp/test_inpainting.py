import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.dsp import inpainting
from toolkit.dsp.predictor import fit_predictor

SAMPLE_RATE = 44100


def music(seconds=1.0, seed=0):
    """Return decaying harmonic notes over faint noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    out = 1e-4 * rng.standard_normal(len(time))
    for onset in np.arange(-0.5, seconds, 0.25):
        pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
        age = np.maximum(time - onset, 0)
        for k in range(1, 9):
            envelope = np.exp(-3 * age) * (1 - np.exp(-200 * age)) / k
            out += envelope * np.sin(2 * np.pi * k * pitch * age + rng.uniform(0, 6))
    return (0.5 * out / np.abs(out).max()).astype(np.float32)


def snr_in(gaps, clean, out):
    at = np.concatenate([np.arange(start, stop) for start, stop in gaps])
    return 10 * np.log10(np.sum(clean[at] ** 2) / np.sum((clean - out)[at].astype(float) ** 2))


@pytest.mark.parametrize("span", [(100, 140), (100, 101), (0, 20), (280, 300)])
def test_one_gap_equals_the_dense_solution(span):
    x = music(0.01)[:300].astype(float)
    predictor = fit_predictor(x, 30, 1e-4)
    filter_matrix = np.zeros((330, 300))
    for column in range(300):
        filter_matrix[column : column + 31, column] = predictor.coefficients
    start, stop = span
    known = x.copy()
    known[start:stop] = 0
    expected = np.linalg.lstsq(filter_matrix[:, start:stop], -filter_matrix @ known, rcond=None)[0]
    out = inpainting.interpolate_gap(x, start, stop, predictor)
    np.testing.assert_allclose(out, expected, atol=1e-5)


@pytest.mark.parametrize(("length_ms", "snr_db"), [(1, 30), (5, 25), (20, 20), (50, 10)])
def test_fills_gaps_in_music(length_ms, snr_db):
    found = []
    for seed in range(2):
        clean = music(1.5, seed)
        length = int(length_ms * SAMPLE_RATE / 1000)
        gaps = [(start, start + length) for start in (18000, 36000)]
        damaged = clean.copy()
        for start, stop in gaps:
            damaged[start:stop] = 0.9
        out = inpainting.fill(damaged[None], gaps)[0]
        found.append(snr_in(gaps, clean, out))
    assert np.mean(found) >= snr_db, found


def test_gaps_close_together_are_solved_together():
    clean = music(1.0, 3)
    gaps = [(14000 + 350 * k, 14000 + 350 * k + 250) for k in range(4)]
    damaged = clean.copy()
    for start, stop in gaps:
        damaged[start:stop] = 0
    out = inpainting.fill(damaged[None], gaps)[0]
    assert snr_in(gaps, clean, out) >= 20


def test_channels_are_filled_on_their_own():
    both = np.stack([music(0.6, 0), music(0.6, 1)])
    gaps = [(12000, 12500)]
    out = inpainting.fill(both, gaps)
    for x, result in zip(both, out, strict=True):
        np.testing.assert_array_equal(inpainting.fill(x[None], gaps)[0], result)


def test_what_a_gap_holds_does_not_matter():
    x = music(0.6)[None]
    other = x.copy()
    other[0, 9000:9400] = 0.7
    gaps = [(9000, 9400), (15000, 15010)]
    np.testing.assert_array_equal(inpainting.fill(x, gaps), inpainting.fill(other, gaps))


def test_order_and_overlap_of_gaps_do_not_matter():
    x = music(0.6)[None]
    expected = inpainting.fill(x, [(9000, 9400), (15000, 15100)])
    split = [(15000, 15100), (9200, 9400), (9000, 9300), (7, 7)]
    np.testing.assert_array_equal(inpainting.fill(x, split), expected)


@settings(max_examples=40, deadline=None)
@given(
    length=st.integers(0, 300),
    gaps=st.lists(st.tuples(st.integers(-20, 320), st.integers(0, 80)), max_size=5),
    kind=st.sampled_from(["noise", "silence", "constant", "denormal", "square"]),
)
def test_finite_and_known_samples_keep_their_bits(length, gaps, kind):
    x = {
        "noise": np.random.default_rng(0).standard_normal(length),
        "silence": np.zeros(length),
        "constant": np.full(length, 0.7),
        "denormal": np.full(length, 1e-40),
        "square": np.where(np.arange(length) // 20 % 2, 1, -1),
    }[kind].astype(np.float32)[None]
    spans = [(start, start + size) for start, size in gaps]
    out = inpainting.fill(x, spans)
    known = np.ones(length, bool)
    for start, stop in spans:
        known[max(start, 0) : max(stop, 0)] = False
    assert out.shape == x.shape
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    np.testing.assert_array_equal(out[:, known], x[:, known])


def test_a_signal_without_surroundings_becomes_silence():
    out = inpainting.fill(np.ones((1, 100), np.float32), [(0, 100)])
    np.testing.assert_array_equal(out, np.zeros((1, 100)))
