import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.dsp.click_models import shift_models


def naive(segment, trusted, order):
    """Write every equation down, forward and backward, and solve by least squares."""
    rows, wanted = [], []
    for n in range(len(segment) - order):
        if trusted[n]:
            equation = segment[n : n + order + 1]
            rows += [equation[:-1][::-1], equation[1:]]
            wanted += [equation[-1], equation[0]]
    solution = np.linalg.lstsq(np.array(rows), np.array(wanted))[0]
    return np.concatenate([[1.0], -solution])


def weighted(segments, weights, order):
    """Sum every product up, for any weights, and solve by elimination."""
    windows = np.lib.stride_tricks.sliding_window_view(segments, order + 1, axis=-1)
    moments = np.einsum("sn,sni,snj->sij", weights, windows, windows)
    moments = moments + moments[:, ::-1, ::-1]
    normal, right = moments[:, 1:, 1:], moments[:, 1:, 0]
    floor = 1e-7 * np.trace(normal, axis1=1, axis2=2)[:, None, None] / order + 1e-30
    solution = np.linalg.solve(normal + floor * np.eye(order), right[..., None])[..., 0]
    return np.concatenate([np.ones((len(segments), 1)), -solution], axis=1)


def walks(num_segments, num_samples, seed=0):
    steps = np.random.default_rng(seed).standard_normal((num_segments, num_samples))
    return np.cumsum(steps, axis=1) * 0.1


@pytest.mark.parametrize(
    "holes", [[], [(0, 40)], [(100, 300)], [(450, 492)], [(0, 9), (50, 51), (200, 260), (491, 492)]]
)
def test_it_is_least_squares_over_the_trusted_equations(holes):
    segments, order = walks(3, 500), 8
    trusted = np.ones((3, 492), bool)
    for start, stop in holes:
        trusted[1:, start:stop] = False
    models = shift_models(segments, trusted, order)
    for segment, each, model in zip(segments, trusted, models, strict=True):
        assert np.allclose(model, naive(segment, each, order), atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    order=st.integers(1, 24),
    share=st.floats(0.5, 1.0),
    exponent=st.floats(-6, 3),
)
def test_shifting_sums_gives_what_summing_gives(seed, order, share, exponent):
    segments = walks(2, 200, seed) * 10**exponent
    trusted = np.random.default_rng(seed).random((2, 200 - order)) < share
    expected = weighted(segments, trusted.astype(float), order)
    assert np.allclose(shift_models(segments, trusted, order), expected, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 1e-40])
def test_silence_has_the_model_that_predicts_nothing(value):
    segments = np.full((2, 64), value)
    models = shift_models(segments, np.ones((2, 56), bool), 8)
    assert np.allclose(models, np.eye(1, 9), atol=1e-12)


def test_no_trusted_equation_gives_the_model_that_predicts_nothing():
    models = shift_models(walks(1, 64), np.zeros((1, 56), bool), 8)
    assert np.array_equal(models, np.eye(1, 9))
