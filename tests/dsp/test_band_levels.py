import numpy as np
import pytest

from toolkit.dsp import band_levels


def test_edges_touch_and_grow_by_a_twelfth():
    edges = band_levels.edges()
    widths = np.diff(edges)
    assert edges[0] == 0
    assert edges[-1] == band_levels.TOP_HZ
    assert (widths >= 90 - 1e-9).all()
    high = edges[:-2] > 1080
    np.testing.assert_allclose(widths[:-1][high], edges[:-2][high] / 12)
    assert len(band_levels.centers()) == band_levels.num_bands() == len(band_levels.widths())


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_averages_are_those_of_the_bins_in_the_band(rate):
    num_bins = 257
    matrix = band_levels.averages(num_bins, rate)
    spacing = rate / 2 / (num_bins - 1)
    edges = band_levels.edges()
    power = np.random.default_rng(0).uniform(0, 1, num_bins)
    for band, row in enumerate(matrix):
        total = weight = 0.0
        for index in range(num_bins):
            left, right = (index - 0.5) * spacing, (index + 0.5) * spacing
            overlap = min(right, edges[band + 1]) - max(left, edges[band])
            if overlap > 0:
                total += overlap * power[index]
                weight += overlap
        expected = total / weight if weight > 1e-6 else 0.0
        assert row @ power == pytest.approx(expected, abs=1e-5)


def test_a_straight_line_over_bands_is_straight_over_bins():
    rate, num_bins = 44100, 513
    every = range(band_levels.num_bands())
    drawn = band_levels.centers() @ band_levels.along_bins(num_bins, rate, every)
    frequency = np.arange(num_bins) * rate / 2 / (num_bins - 1)
    inside = (frequency > 100) & (frequency < 18000)
    np.testing.assert_allclose(drawn[inside], frequency[inside], rtol=1e-5)


def test_a_line_through_some_bands_goes_on_level():
    drawn = band_levels.along_bins(513, 44100, range(30, 33))
    assert not drawn[:30].any()
    assert not drawn[33:].any()
    np.testing.assert_allclose(drawn.sum(axis=0), 1, rtol=1e-6)
    assert drawn[30, 0] == drawn[32, -1] == 1
    assert not band_levels.along_bins(513, 44100, range(5, 5)).any()
