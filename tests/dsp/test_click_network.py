import numpy as np
import pytest

from toolkit.dsp.click_network import (
    Detector,
    context_samples,
    detector,
    network_clicks,
    network_factor,
    spans_of,
)

RATE = 44100


def by_height(heard):
    """Stand in for a network: the odds of a sample are how far its matched error stands out."""
    return (3 * np.abs(heard[3]) - 6).astype(np.float32)


def naive(odds, certain, doubtful):
    spans, start = [], None
    for n, value in enumerate([*odds, -np.inf]):
        if value > doubtful and start is None:
            start = n
        elif value <= doubtful and start is not None:
            if max(odds[start:n]) > certain:
                spans.append([start, n])
            start = None
    return spans


def test_hysteresis_keeps_what_exceeds_the_high_bar_somewhere():
    odds = np.random.default_rng(0).normal(-4, 3, 3000).astype(np.float32)
    sparse = Detector(by_height, certain=4.0, doubtful=-1.0, longest=1.0)
    found = spans_of(odds[:200], sparse, RATE).tolist()
    expected = naive(odds[:200].tolist(), 4.0, -1.0)
    assert all(span in found for span in expected)
    assert spans_of(np.full(100, -5, np.float32), sparse, RATE).tolist() == []


def test_the_bar_is_lower_where_there_are_many():
    odds = np.full(4 * RATE, -9, np.float32)
    odds[1000:-1000:2000] = 2.0
    how = Detector(by_height)
    assert len(spans_of(odds, how, RATE)) == 0
    odds[2000:-1000:2000] = 9.0
    assert len(spans_of(odds, how, RATE)) > 150


def test_what_goes_on_for_too_long_is_no_click():
    odds = np.full(RATE, -9, np.float32)
    odds[1000:1200], odds[20000:24000] = 9, 9
    assert spans_of(odds, Detector(by_height, longest=0.01), RATE).tolist() == [[1000, 1200]]


@pytest.mark.parametrize("rate", [22050, 44100, 96000, 192000])
def test_clicks_are_found_where_they_are_at_any_rate(rate):
    rng = np.random.default_rng(0)
    signal = 0.01 * rng.standard_normal((2, rate))
    places = np.arange(rate // 10, rate - rate // 10, rate // 10)
    width = network_factor(rate)
    for place in places:
        signal[0, place : place + width] += 0.5
    first, second = network_clicks(signal, rate, Detector(by_height))
    hit = [any(start <= place < stop for start, stop in first) for place in places]
    assert all(hit)
    assert len(first) < len(places) + 5
    assert len(second) < 5


def test_thresholds_move_the_bars():
    even, high, low = (detector(by_height, threshold, 0.01) for threshold in (8, 16, 4))
    assert even.certain == Detector(by_height).certain
    assert low.certain < even.certain < high.certain
    assert low.doubtful < even.doubtful < high.doubtful


@pytest.mark.parametrize("rate", [4000, 44100, 352800, 384000, 768000])
def test_blocks_may_begin_at_multiples_of_the_context(rate):
    assert context_samples(rate) % (1024 * network_factor(rate)) == 0


@pytest.mark.parametrize("num_samples", [0, 1, 63, 64, 65])
def test_short_signals(num_samples):
    found = network_clicks(np.zeros((2, num_samples)), RATE, Detector(by_height))
    assert [len(each) for each in found] == [0, 0]
