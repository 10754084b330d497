import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.dsp.colored_noise import HOP_LENGTH, N_FFT, ColoredNoise, circular, unit_response

FLAT = unit_response(np.zeros(HOP_LENGTH + 1), N_FFT)
NOISE = ColoredNoise(2, FLAT, 0.3, 11)
WHOLE = NOISE.between(0, 5 * HOP_LENGTH)


@settings(max_examples=20)
@given(st.integers(0, 4 * HOP_LENGTH), st.integers(0, HOP_LENGTH))
def test_any_piece_equals_that_piece_of_the_whole(start, length):
    np.testing.assert_array_equal(
        NOISE.between(start, start + length), WHOLE[:, start : start + length]
    )


def test_segments_add_up_as_a_naive_sum_says():
    naive = np.zeros((2, 7 * HOP_LENGTH))
    for number in range(-1, 5):
        rng = np.random.default_rng([11, number + 1])
        for_each = circular(rng, (2, N_FFT), FLAT, 0.3)
        for_each *= np.sin(np.pi * (np.arange(N_FFT) + 0.5) / N_FFT)
        begin = (number + 1) * HOP_LENGTH
        naive[:, begin : begin + N_FFT] += for_each[:, : naive.shape[1] - begin]
    np.testing.assert_allclose(WHOLE, naive[:, HOP_LENGTH : 6 * HOP_LENGTH], atol=1e-12)


def test_variance_is_one_at_every_place_of_a_segment():
    power = np.mean(
        [ColoredNoise(1, FLAT, 0.0, seed).between(0, 2 * HOP_LENGTH)[0] ** 2 for seed in range(60)],
        axis=0,
    )
    assert power.reshape(16, -1).mean(axis=1) == pytest.approx(1, abs=0.04)


def test_channels_share_what_is_asked():
    assert np.corrcoef(WHOLE)[0, 1] == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("n_fft", [1000, 1001])
def test_color_keeps_the_variance(n_fft):
    level_db = np.random.default_rng(0).normal(0, 10, n_fft // 2 + 1)
    response = unit_response(level_db, n_fft)
    noise = circular(np.random.default_rng(1), (200, n_fft), response, 0.0)
    assert noise.var() == pytest.approx(1, rel=0.03)
    assert np.abs(noise.mean(axis=1)).max() < 1e-12
    shape = 20 * np.log10(response[1:] / response[1]) - (level_db[1:] - level_db[1])
    assert np.abs(shape).max() < 1e-9
