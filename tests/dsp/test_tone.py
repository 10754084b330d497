import numpy as np
import pytest
from scipy import stats

from toolkit.dsp import tone


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_tone_passes_through_its_nodes_and_is_level_beyond():
    drawn = tone.draw_tone(rng())
    np.testing.assert_allclose(drawn.gain_db(tone.NODES_HZ), drawn.nodes_db, atol=1e-9)
    between = drawn.gain_db(np.sqrt(tone.NODES_HZ[1:] * tone.NODES_HZ[:-1]))
    naive = [(a + b) / 2 for a, b in zip(drawn.nodes_db, drawn.nodes_db[1:], strict=False)]
    np.testing.assert_allclose(between, naive, atol=1e-9)
    outside = drawn.gain_db(np.array([1.0, 90_000.0]))
    np.testing.assert_allclose(outside, [drawn.nodes_db[0], drawn.nodes_db[-1]])


def test_nodes_follow_the_published_law():
    nodes = np.array([tone.draw_tone(rng(seed)).nodes_db for seed in range(600)])
    assert nodes.max() <= 0
    assert nodes.min() >= tone.LOWEST_DB
    for mean, drawn in zip(tone.MEAN_DB, nodes.T, strict=True):
        above = stats.norm.sf(0, mean, 14.7)
        assert np.mean(drawn == 0) == pytest.approx(above, abs=0.07)
        inside = drawn[drawn < 0]
        law = stats.truncnorm((-80 - mean) / 14.7, -mean / 14.7, mean, 14.7)
        assert stats.kstest(inside, law.cdf).pvalue > 1e-4


def test_no_spread_gives_the_mean():
    drawn = tone.draw_tone(rng(), spread_db=0.0, lowest_mean_db=-3.0)
    assert drawn.nodes_db == (-3.0, *tone.MEAN_DB[1:])


def test_band_loses_three_decibels_at_its_edges_and_falls_as_stated():
    band = tone.Band(100.0, 3000.0, 18.0, 30.0)
    edges = band.gain_db(np.array([100.0, 3000.0]))
    assert edges == pytest.approx(-3.01, abs=0.02)
    assert band.gain_db(np.array([550.0]))[0] == pytest.approx(0, abs=0.01)
    below = band.gain_db(np.array([6.25, 12.5]))
    above = band.gain_db(np.array([24_000.0, 48_000.0]))
    assert below[1] - below[0] == pytest.approx(18, abs=0.05)
    assert above[0] - above[1] == pytest.approx(30, abs=0.05)
    assert np.isfinite(band.gain_db(np.array([1e-3, 400_000.0]))).all()


def test_bands_follow_the_published_law():
    mean = tone.Band(100.0, 3200.0, 18.0, 30.0)
    bands = [tone.draw_band(rng(seed), mean) for seed in range(400)]
    low, high = (
        np.array([getattr(band, name) for band in bands]) for name in ("low_hz", "high_hz")
    )
    assert 39.9 < low.min() < low.max() < 250.1
    assert 1999 < high.min() < high.max() < 5505
    assert np.median(low) == pytest.approx(100, abs=8)
    assert np.median(high) == pytest.approx(3200, abs=130)
    assert tone.draw_band(rng(), mean, spread=0.0) == mean
