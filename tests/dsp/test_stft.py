import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.dsp.stft import Grid, hann_weights, smooth


def naive_frames(samples, start, grid):
    """Each frame by the definition: Σ x[n] w[n] e^(-2πi kn/N), x mirrored at its edges."""
    half = grid.n_fft // 2
    window = np.sin(np.pi * np.arange(grid.n_fft) / grid.n_fft)
    mirrored = np.concatenate([samples[::-1], samples, samples[::-1]])
    frames = []
    for index in grid.frame_range(start, len(samples)):
        first = index * grid.hop_length - half - start + len(samples)
        piece = mirrored[first : first + grid.n_fft] * window
        kernel = np.exp(
            -2j * np.pi * np.outer(np.arange(grid.num_bins), np.arange(grid.n_fft)) / grid.n_fft
        )
        frames.append(kernel @ piece)
    return np.array(frames)


def test_analysis_is_the_definition():
    samples = np.random.default_rng(0).standard_normal(150).astype(np.float32)
    grid = Grid(8)
    got = grid.analyze(samples[np.newaxis], 37)[0]
    np.testing.assert_allclose(got, naive_frames(samples, 37, grid), atol=1e-4)


@given(
    num_samples=st.integers(1, 300),
    start=st.integers(0, 1000),
    hop_length=st.integers(1, 40),
    num_channels=st.integers(1, 3),
)
def test_inverse_gives_the_block_back(num_samples, start, hop_length, num_channels):
    grid = Grid(hop_length)
    rng = np.random.default_rng(num_samples)
    samples = rng.standard_normal((num_channels, num_samples)).astype(np.float32)
    back = grid.synthesize(grid.analyze(samples, start), start, num_samples)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, samples, atol=2e-5)


def test_frames_inside_a_block_do_not_depend_on_the_block():
    grid = Grid(16)
    whole = np.random.default_rng(1).standard_normal((2, 2000)).astype(np.float32)
    spectra = grid.analyze(whole)
    start, stop = 333, 1234
    part = grid.analyze(whole[:, start:stop], start)
    indices = grid.frame_range(start, stop - start)
    inner = slice(4, -4)
    offset = indices[0] - grid.frame_range(0, 2000)[0]
    same = spectra[:, offset : offset + len(indices)][:, inner]
    np.testing.assert_allclose(part[:, inner], same, atol=1e-5)


def test_white_noise_has_its_variance_in_every_bin():
    grid = Grid(64)
    noise = 0.1 * np.random.default_rng(2).standard_normal((1, 200_000)).astype(np.float32)
    power = grid.power(grid.analyze(noise))[0].mean(axis=0)
    np.testing.assert_allclose(power[1:-1], 0.01, rtol=0.12)


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="positive"):
        Grid(0)
    with pytest.raises(ValueError, match="frames"):
        Grid(4).synthesize(np.zeros((1, 2, 9), np.complex64), 0, 100)


@pytest.mark.parametrize("axis", [0, 1])
def test_smoothing_is_a_moving_average(axis):
    values = np.random.default_rng(3).random((20, 30)).astype(np.float32)
    weights = hann_weights(5)
    assert weights.sum() == pytest.approx(1)
    along = np.moveaxis(values, axis, -1)
    expected = [
        [
            sum(row[np.clip(at + k - 2, 0, len(row) - 1)] * weights[k] for k in range(5))
            for at in range(len(row))
        ]
        for row in along
    ]
    got = np.moveaxis(smooth(values, weights, axis), axis, -1)
    np.testing.assert_allclose(got, expected, rtol=1e-5)
