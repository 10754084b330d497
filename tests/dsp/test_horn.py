import numpy as np
import pytest

from toolkit.dsp.horn import Horn, draw_horn


def test_a_peak_has_its_height_and_width():
    horn = Horn((800.0,), (9.0,), (4.0,))
    # Both sides of a peak are alike on a logarithmic axis; its edges lie f/Q apart.
    low = 800 * (np.sqrt(1 + 1 / 64) - 1 / 8)
    high = low + 200
    gains = horn.gain_db(np.array([800.0, low, high, 8.0, 80_000.0]))
    half = 10 * np.log10((10**0.9 + 1) / 2)
    assert gains == pytest.approx([9.0, half, half, 0, 0], abs=0.01)


def test_peaks_add_as_resonances_in_series_do():
    horn = Horn((400.0, 900.0), (5.0, 7.0), (3.0, 5.0))
    frequency = np.geomspace(50, 10_000, 300)
    naive = np.ones(300)
    for center, height, quality in ((400.0, 5.0, 3.0), (900.0, 7.0, 5.0)):
        detune = 1j * quality * (frequency / center - center / frequency)
        naive *= np.abs((10 ** (height / 20) + detune) / (1 + detune))
    np.testing.assert_allclose(horn.gain_db(frequency), 20 * np.log10(naive), atol=1e-9)


def test_draws_stay_in_their_ranges():
    horns = [draw_horn(np.random.default_rng(seed)) for seed in range(200)]
    assert {len(horn.frequency) for horn in horns} == {2, 3, 4}
    for horn in horns:
        assert horn.frequency[0] >= 300
        assert horn.frequency[-1] <= 2500
        assert list(horn.frequency) == sorted(horn.frequency)
        assert all(3 <= height <= 10 for height in horn.height_db)
        assert all(2 <= quality <= 6 for quality in horn.quality)
