import numpy as np
import pytest
from scipy.linalg import toeplitz
from scipy.signal import lfilter

from toolkit.dsp import click_weigh
from toolkit.dsp.ar import interpolate
from toolkit.dsp.click_weigh import weigh

MODEL = np.real(np.poly([0.98 * np.exp(0.1j), 0.98 * np.exp(-0.1j), 0.7]))


def music(num_samples, seed=0):
    """Return a low resonance, which interpolation across a long gap can only guess."""
    noise = np.random.default_rng(seed).standard_normal(num_samples + 500)
    signal = lfilter([1.0], MODEL, noise)[500:]
    return 0.1 * signal / signal.std()


def power(samples):
    return float(np.mean(np.square(samples)))


def naive(heard, filled, start, stop, model, variance, peaked):
    """Do the same for one span with the covariances written out."""
    size = stop - start
    lags = np.correlate(model, model, "full")[len(model) - 1 :]
    column = np.pad(lags, (0, max(size - len(lags), 0)))[:size]
    expected = variance * np.linalg.inv(toeplitz(column))
    added = heard[start:stop] - filled[start:stop]
    click = np.mean(added**2)
    for _ in range(30):
        gain = click * np.linalg.inv(click * np.eye(size) + expected)
        click = (np.sum((gain @ added) ** 2) + np.trace(gain @ expected)) / size
    return filled[start:stop] + expected @ np.linalg.solve(
        expected + peaked * click * np.eye(size), added
    )


@pytest.mark.parametrize("length", [1, 3, 8, 21, 100])
def test_it_is_the_gaussian_estimate_written_out(length):
    clean = music(4000)
    heard = clean.copy()
    heard[2000 : 2000 + length] += 0.03 * np.random.default_rng(1).standard_normal(length)
    spans = np.array([[2000, 2000 + length]])
    filled = interpolate(heard, spans, 64)
    unknown = np.zeros(len(clean), bool)
    unknown[2000 : 2000 + length] = True
    size = next(each for each in click_weigh._SIZES if each >= length)
    models, variance = click_weigh._models(filled, unknown, spans, size, click_weigh._ORDER)
    expected = naive(
        heard, filled, 2000, 2000 + length, models[0], variance[0], click_weigh._PEAKED
    )
    result = weigh(heard, filled, spans)
    assert np.allclose(result[2000 : 2000 + length], expected, atol=1e-5)
    assert np.array_equal(result[~unknown], filled[~unknown])


def test_faint_long_clicks_in_loud_music_cost_half_of_what_interpolation_does():
    clean = music(40000)
    heard = clean.copy()
    spans = np.array([[start, start + 100] for start in range(2000, 38000, 3000)])
    rng = np.random.default_rng(2)
    for start, stop in spans:
        heard[start:stop] += 0.002 * rng.standard_normal(stop - start)
    filled = interpolate(heard, spans, 64)
    assert power(filled - clean) > 20 * power(heard - clean)
    assert power(weigh(heard, filled, spans) - clean) < 0.5 * power(filled - clean)


@pytest.mark.parametrize("length", [2, 40, 400])
def test_what_replaced_the_music_is_interpolated(length):
    clean = music(8000)
    heard = clean.copy()
    spans = np.array([[3000, 3000 + length]])
    heard[3000 : 3000 + length] = 5 * np.random.default_rng(3).standard_normal(length)
    filled = interpolate(heard, spans, 64)
    result = weigh(heard, filled, spans)
    assert power(result - filled) < 1e-2 * power(filled[3000 : 3000 + length])


def test_cosines_do_for_long_spans_what_eigenvectors_do(monkeypatch):
    clean = music(12000)
    heard = clean.copy()
    spans = np.array([[5000, 5240]])
    heard[5000:5240] += 0.01 * np.random.default_rng(4).standard_normal(240)
    filled = interpolate(heard, spans, 64)
    exact = weigh(heard, filled, spans)
    monkeypatch.setattr(click_weigh, "_SIZES", (8,))
    close = weigh(heard, filled, spans)
    assert power(exact - clean) < 0.5 * power(filled - clean)
    assert power(close - clean) < 0.6 * power(filled - clean)


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-40])
def test_signals_without_an_error_to_predict(value):
    signal = np.full(3000, value)
    spans = np.array([[0, 5], [100, 400], [2990, 3000]])
    assert np.allclose(weigh(signal, signal, spans), signal)


@pytest.mark.parametrize("num_samples", [0, 1, 3, 4, 9, 64, 300])
def test_short_signals(num_samples):
    rng = np.random.default_rng(0)
    heard = rng.standard_normal(num_samples)
    spans = np.array([[0, min(2, num_samples)]]) if num_samples else np.zeros((0, 2), np.int64)
    result = weigh(heard, np.zeros(num_samples), spans)
    assert result.shape == heard.shape
    assert np.isfinite(result).all()
