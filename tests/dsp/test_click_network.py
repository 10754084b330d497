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


def test_doubtful_clicks_are_heard_upside_down_as_well():
    asked = []

    def one_sided(heard):
        asked.append(heard.shape[1])
        odds = np.full(heard.shape[1], -9, np.float32)
        odds[heard[0] > 3] = 6.0
        odds[heard[0] < -3] = -1.0
        return odds

    signal = 1e-3 * np.random.default_rng(0).standard_normal((1, 2 * RATE))
    signal[0, 20000] = 1.0
    how = Detector(one_sided, certain=5.0)
    # Up 6, down -1: even with the 2 that its height gives it, less than 5 in the mean.
    assert len(network_clicks(signal, RATE, how)[0]) == 0
    assert len(network_clicks(signal, RATE, Detector(one_sided, certain=4.4))[0]) == 1
    # Far from the bar nobody asks again, and never about all of it.
    asked.clear()
    assert len(network_clicks(signal, RATE, Detector(one_sided, certain=2.0))[0]) == 1
    assert len(asked) == 1
    asked.clear()
    network_clicks(signal, RATE, how)
    assert len(asked) == 2
    assert asked[1] < 10000


def test_a_click_in_doubt_is_mended_whole_or_not_at_all():
    def split(heard):
        if heard.shape[1] < RATE:
            return np.full(heard.shape[1], -0.5, np.float32)
        odds = np.full(heard.shape[1], -9, np.float32)
        odds[20000:20030] = 0.5
        odds[20010:20012] = -0.9
        odds[20020] = 4.5
        return odds

    signal = 1e-3 * np.random.default_rng(0).standard_normal((1, RATE))
    signal[0, 20000:20030] += 0.5 * (-1.0) ** np.arange(30)
    # The second look gives it half a point less, which leaves a part of it below the low bar.
    found = network_clicks(signal, RATE, Detector(split, certain=3.5))[0]
    assert found.tolist() == [[19997, 20032]]
    assert len(network_clicks(signal, RATE, Detector(split, certain=4.2))[0]) == 0


def test_missing_music_is_found_though_the_network_hears_nothing():
    def deaf(heard):
        return np.full(heard.shape[1], -9, np.float32)

    time = np.arange(RATE) / RATE
    signal = 0.2 * np.sin(2 * np.pi * 331 * time)[None] + 1e-3 * np.random.default_rng(
        0
    ).standard_normal((1, RATE))
    signal[0, 20000:20300] = 5e-3 * np.random.default_rng(1).standard_normal(300)
    found = network_clicks(signal, RATE, Detector(deaf))[0]
    assert len(found) == 1
    assert np.abs(found[0] - np.array([20000, 20300])).max() <= 10
    # A user's longest click bounds losses, too.
    assert len(network_clicks(signal, RATE, Detector(deaf, longest=0.001))[0]) == 0
