import numpy as np
import pytest

from toolkit.dsp.click_fit import Fitter
from toolkit.dsp.smooth_click import fit_smooth, smooth_basis
from toolkit.dsp.whitening import whiten

RATE = 44100


def swing(length):
    time = np.arange(length)
    return np.cos(2 * np.pi * 500 / RATE * time) * np.exp(-2 * time / length)


def test_short_clicks_need_no_cosines():
    assert smooth_basis(60, RATE, 16) is None


def test_the_fit_is_least_squares_on_the_filtered_cosines():
    rng = np.random.default_rng(0)
    model = np.array([1.0, -1.2, 0.5])
    order, window = 2, 120
    smooth = smooth_basis(window, RATE, order)
    error = rng.standard_normal(window + order)
    error += 3 * np.convolve(swing(window), model)
    lags = np.correlate(model, model, "full")[order:]
    length, wave, evidence = fit_smooth(smooth, lags, np.correlate(error, model, "valid"), 4.0)
    best = []
    for row, (count, last) in enumerate(zip(smooth.sizes, smooth.lengths, strict=True)):
        columns = smooth.basis[row, :count].T
        filtered = np.stack([np.convolve(column, model) for column in columns.T], axis=1)
        values = np.linalg.lstsq(filtered, error, rcond=None)[0]
        left = error - filtered @ values
        best.append((error @ error - left @ left - 4 * count, last, columns @ values))
    expected = max(best, key=lambda each: each[0])
    assert length == expected[1]
    assert evidence == pytest.approx(expected[0], rel=1e-4)
    np.testing.assert_allclose(wave, expected[2][:length], atol=1e-2)


def test_a_long_low_click_is_taken_to_its_end():
    rng = np.random.default_rng(3)
    signal = np.convolve(rng.standard_normal(8192), [1, 1.6, 0.8], "same")
    white = whiten(signal, 16, 1024)
    spoiled = signal.copy()
    spoiled[4000:4220] += 25 * swing(220)
    sigma = float(np.std(white.forward))
    click = Fitter(white.models, 1024, 264, RATE).fit(spoiled, 4000, 4010, sigma, 100.0)
    assert click.stop >= 4170
    left = spoiled[4000:4220].copy()
    left[: click.stop - click.start] -= click.waveform[: len(left)]
    error = np.sum((left - signal[4000:4220]) ** 2)
    assert error < 0.1 * np.sum((spoiled - signal) ** 2)
