import numpy as np

from toolkit.dsp.ar import interpolate, merge_spans
from toolkit.dsp.click_fill import ORDERS, bridge, fill, fill_order

RATE = 44100


def chord(num_samples, seed=0):
    rng = np.random.default_rng(seed)
    time = np.arange(num_samples) / RATE
    partials = [np.sin(2 * np.pi * f * time) for f in np.geomspace(110, 6000, 25)]
    return np.sum(partials, axis=0) / 25 + 1e-3 * rng.standard_normal(num_samples)


def error(filled, clean):
    return np.mean((filled - clean) ** 2)


def test_orders_fall_with_the_rate():
    orders = [fill_order(rate) for rate in (0, 1, 20, 50, 200, 5000)]
    assert orders == sorted(orders, reverse=True)
    assert set(orders) <= set(ORDERS)


def test_long_gaps_of_sparse_clicks_are_filled_better_than_by_a_low_order():
    clean = chord(RATE)
    spans = np.array([[place, place + 150] for place in range(4000, 40000, 6000)])
    spoiled = clean.copy()
    for start, stop in spans:
        spoiled[start:stop] = 3
    assert error(fill(spoiled, spans, RATE), clean) < 0.7 * error(
        interpolate(spoiled, spans, 48), clean
    )


def test_all_else_stays_and_a_dense_signal_is_filled_too():
    clean = chord(RATE)
    starts = np.random.default_rng(1).integers(100, RATE - 100, 300)
    spans = merge_spans(np.stack([starts, starts + 3], axis=1), RATE, 4)
    bad = np.zeros(RATE, bool)
    for start, stop in spans:
        bad[start:stop] = True
    spoiled = np.where(bad, 5.0, clean)
    filled = fill(spoiled, spans, RATE)
    assert (filled[~bad] == clean[~bad]).all()
    assert error(filled[bad], clean[bad]) < 1e-3


def test_a_bridge_is_a_straight_line():
    signal = np.array([0.0, 9.0, 9.0, 3.0, 9.0])
    bridge(signal, np.array([[1, 3], [4, 5]]))
    np.testing.assert_allclose(signal, [0, 1, 2, 3, 3])
    bridge(signal, np.array([[0, 2], [3, 4]]))
    np.testing.assert_allclose(signal, [2, 2, 2, 2.5, 3])
    bridge(signal, np.array([[0, 5]]))
    assert not signal.any()


def test_no_gaps_no_change():
    clean = chord(500)
    assert (fill(clean, np.zeros((0, 2), np.int64), RATE) == clean).all()
