import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.dsp.ar import interpolate, merge_spans, runs
from toolkit.dsp.click_models import shift_models
from toolkit.dsp.linear_prediction import levinson, model_order


def music(num_samples, seed=0, sample_rate=44100):
    rng = np.random.default_rng(seed)
    time = np.arange(num_samples) / sample_rate
    tones = sum(
        np.sin(2 * np.pi * k * 220 * time + rng.uniform(0, 6)) / k**1.5 for k in range(1, 20)
    )
    return 0.1 * tones + 1e-4 * rng.standard_normal(num_samples)


def least_squares_fill(signal, unknown, model):
    """Minimize |A x| over the unknown samples with the full matrix, zeros beyond the ends."""
    order = len(model) - 1
    matrix = np.zeros((len(signal) + order, len(signal)))
    for column in range(len(signal)):
        matrix[column : column + order + 1, column] = model
    right = -matrix[:, ~unknown] @ signal[~unknown]
    return np.linalg.lstsq(matrix[:, unknown], right, rcond=None)[0]


def test_levinson_solves_the_yule_walker_equations():
    rng = np.random.default_rng(1)
    frames = rng.standard_normal((3, 200)).cumsum(axis=1)
    correlation = np.stack([np.correlate(f, f, "full")[199:212] for f in frames])
    for model, lags in zip(levinson(correlation), correlation, strict=True):
        toeplitz = lags[np.abs(np.subtract.outer(np.arange(12), np.arange(12)))]
        toeplitz += 1e-7 * lags[0] * np.eye(12)
        np.testing.assert_allclose(model[1:], np.linalg.solve(toeplitz, -lags[1:]), atol=1e-6)


def test_levinson_of_silence_predicts_nothing():
    np.testing.assert_array_equal(levinson(np.zeros((1, 5))), [[1, 0, 0, 0, 0]])


def test_covariance_model_recovers_the_process_that_made_the_signal():
    rng = np.random.default_rng(2)
    true = np.array([1, -1.6, 0.9, 0.05])
    signal = np.zeros(4000)
    for n in range(3, 4000):
        signal[n] = rng.standard_normal() - true[1:] @ signal[n - 3 : n][::-1]
    model = shift_models(signal[None], np.ones((1, 3997), bool), 3)[0]
    np.testing.assert_allclose(model, true, atol=0.05)


def test_untrusted_equations_do_not_matter():
    signal = music(400)
    spoiled = signal.copy()
    spoiled[200] += 5
    trusted = np.ones((1, 392), bool)
    trusted[0, 192:201] = False
    clean = shift_models(signal[None], trusted, 8)
    np.testing.assert_allclose(shift_models(spoiled[None], trusted, 8), clean, atol=1e-9)


@pytest.mark.parametrize("rate", [4000, 44100, 192000, 768000])
def test_order_is_bounded(rate):
    assert 16 <= model_order(rate) <= 64


@pytest.mark.parametrize("spans", [[(100, 110)], [(90, 95), (97, 103), (140, 150)], [(0, 6)]])
def test_interpolation_is_the_exact_least_squares_solution(spans):
    signal = music(240)
    order, context = 6, 60
    unknown = np.zeros(240, bool)
    for start, stop in spans:
        unknown[start:stop] = True
    filled = interpolate(signal, spans, order, context=context)
    for start, stop in merge_spans(spans, 240, order):
        low, high = max(start - context, 0), min(stop + context, 240)
        low = min(low, max(240 - (stop - start + 2 * context), 0))
        high = min(low + stop - start + 2 * context, 240)
        segment = np.where(
            unknown, np.interp(np.arange(240), np.flatnonzero(~unknown), signal[~unknown]), signal
        )[low:high]
        rows = np.lib.stride_tricks.sliding_window_view(unknown[low:high], order + 1)
        model = shift_models(segment[None], ~rows.any(axis=1)[None], order)[0]
        group = np.zeros(240, bool)
        group[start:stop] = unknown[start:stop]
        others = np.where(group, 0, filled)
        expected = least_squares_fill(others, group, model)
        np.testing.assert_allclose(filled[group], expected, atol=2e-5)


def test_known_samples_stay_bit_identical():
    signal = music(5000).astype(np.float32)
    filled = interpolate(signal, [(1000, 1020), (3000, 3004)], 32)
    changed = np.flatnonzero(filled.astype(np.float32) != signal)
    assert set(changed) <= {*range(1000, 1020), *range(3000, 3004)}


def test_short_gaps_in_music_are_filled_far_below_it():
    signal = music(8000)
    spans = [(k, k + 30) for k in range(500, 7500, 400)]
    spoiled = signal.copy()
    for start, stop in spans:
        spoiled[start:stop] = 7
    error = interpolate(spoiled, spans, 44) - signal
    gap = np.concatenate([np.arange(*span) for span in spans])
    assert 10 * np.log10(np.mean(signal[gap] ** 2) / np.mean(error[gap] ** 2)) > 15


@given(
    st.integers(0, 60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6),
    st.integers(1, 12),
)
@settings(max_examples=60, deadline=None)
def test_any_gap_in_any_length_is_finite(num_samples, spans, order):
    signal = np.random.default_rng(num_samples).standard_normal(num_samples)
    filled = interpolate(signal, spans, order)
    assert filled.shape == signal.shape
    assert np.isfinite(filled).all()


@given(st.lists(st.booleans(), max_size=50))
def test_runs_hold_exactly_where_true(active):
    marked = np.zeros(len(active), bool)
    for start, stop in runs(np.array(active, bool)):
        marked[start:stop] = True
    assert marked.tolist() == active


def test_merged_spans_are_sorted_cut_and_joined():
    spans = [(30, 40), (-3, 5), (8, 9), (39, 50), (60, 60), (95, 120)]
    assert merge_spans(spans, 100, 2).tolist() == [[0, 5], [8, 9], [30, 50], [95, 100]]
    assert merge_spans(spans, 100, 3).tolist() == [[0, 9], [30, 50], [95, 100]]
