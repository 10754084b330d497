import numpy as np
import pytest

from toolkit.dsp.consistency import WINDOW, consistent, make_consistent


def naive(stems, mixture):
    """Share out what is missing sample by sample, by power in a window around each."""
    result = stems.astype(np.float64)
    _, channels, total = stems.shape
    for channel in range(channels):
        for n in range(total):
            near = slice(max(n - WINDOW // 2, 0), n + WINDOW // 2)
            power = (stems[:, channel, near].astype(np.float64) ** 2).sum(axis=1) + 1e-20 * WINDOW
            missing = mixture[channel, n] - stems[:, channel, n].astype(np.float64).sum()
            result[:, channel, n] += power / power.sum() * missing
    return result


def signals(num_stems, channels, total, seed=0):
    rng = np.random.default_rng(seed)
    stems = rng.standard_normal((num_stems, channels, total)).astype("f4")
    stems *= np.abs(rng.standard_normal((num_stems, 1, 1))).astype("f4")
    mixture = stems.sum(axis=0) + 0.3 * rng.standard_normal((channels, total)).astype("f4")
    return stems, mixture.astype("f4")


@pytest.mark.parametrize("total", [1, 5, 1500])
def test_equals_the_naive_reference(total):
    stems, mixture = signals(3, 2, total)
    assert np.allclose(consistent(stems, mixture), naive(stems, mixture), atol=2e-6)


def test_sums_to_the_mixture_and_leaves_silence_silent():
    stems, mixture = signals(4, 1, 5000)
    stems[2] = 0
    result = consistent(stems, mixture)
    assert np.abs(result.sum(axis=0) - mixture).max() < 1e-6
    assert np.abs(result[2]).max() < 1e-12


def test_even_where_nothing_sounds():
    mixture = np.full((1, 100), 0.6, np.float32)
    result = consistent(np.zeros((3, 1, 100), np.float32), mixture)
    assert np.allclose(result, 0.2)


def test_block_by_block_is_the_same(monkeypatch):
    stems, mixture = signals(3, 2, 10000, seed=3)
    expected = consistent(stems, mixture)
    monkeypatch.setattr("toolkit.dsp.consistency._BLOCK", 1700)
    missing_db = make_consistent(stems, mixture)
    assert np.abs(stems - expected).max() < 1e-6
    assert -20 < missing_db < 0


@pytest.mark.parametrize("total", [0, 1, 3])
def test_short_signals(total):
    stems, mixture = signals(2, 1, total)
    assert np.isfinite(make_consistent(stems, mixture))
    assert np.allclose(stems.sum(axis=0), mixture, atol=1e-6)
