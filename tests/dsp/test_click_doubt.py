import numpy as np
import pytest

from toolkit.dsp.ar import interpolate
from toolkit.dsp.click_doubt import MOST, judge
from toolkit.dsp.click_features import features

RATE = 44100
NONE = np.zeros((0, 2), np.int64)


def music(seconds=1.0):
    rng = np.random.default_rng(0)
    time = np.arange(round(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * f * time) for f in (220, 331, 447, 1320))
    return 0.05 * tones + 1e-3 * rng.standard_normal(len(time))


def asking(value):
    """Stand in for a network that gives everything the same odds, and keep what it was asked."""
    asked = []

    def ask(heard):
        asked.append(heard.copy())
        return np.full(heard.shape[1], value, np.float32)

    return ask, asked


def judged(wave, odds, doubted, sure, ask):
    return judge(wave, features(wave)[0], odds, np.array(doubted), np.array(sure), ask)


def test_upright_and_upside_down_count_alike():
    wave = music()
    odds = np.full(len(wave), 1.0, np.float32)
    odds[20005] = 3.0
    first, second = (
        judged(wave, odds, [[20000, 20010]], NONE, asking(value)[0])[0] for value in (-2.0, 4.0)
    )
    assert second - first == pytest.approx(3.0)


@pytest.mark.parametrize(("height", "expected"), [(0.0, -MOST), (1.0, MOST)])
def test_what_stands_out_is_rather_a_click_within_bounds(height, expected):
    wave = music()
    # A model's own interpolation is as even as can be.
    wave[20004:20007] = interpolate(wave, [[20004, 20007]], 32)[20004:20007]
    wave[20005] += height
    odds = np.zeros(len(wave), np.float32)
    assert judged(wave, odds, [[20005, 20006]], NONE, asking(0.0)[0])[0] == pytest.approx(expected)


def test_a_loud_click_no_longer_hides_a_faint_one():
    wave = music()
    wave[20000:20024] += 0.006 * (-1.0) ** np.arange(24)
    alone = features(wave)[0]
    wave[20500:20512] += 3 * np.random.default_rng(1).standard_normal(12)
    hidden = features(wave)[0]
    ask, asked = asking(0.0)
    odds = np.zeros(len(wave), np.float32)
    spoiled = judged(wave, odds, [[20000, 20024]], NONE, ask)[0]
    seen = judged(wave, odds, [[20000, 20024]], [[20497, 20515]], ask)[0]
    assert seen > spoiled + 1
    heights = [np.abs(each[1:, 20000:20024]).max() for each in (alone, hidden)]
    assert heights[1] < 0.8 * heights[0]
    assert np.abs(asked[1][1:]).max() == pytest.approx(heights[0], rel=0.1)


def test_features_of_a_part_are_those_of_the_whole_mended_signal():
    wave = music(2.0)
    clean = features(interpolate(wave, [[30700, 30720]], 48, context=192))[0]
    wave[30700:30720] = 1.0
    ask, asked = asking(0.0)
    odds = np.zeros(len(wave), np.float32)
    judged(wave, odds, [[30100, 30110], [70000, 70010]], [[30700, 30720]], ask)
    # What is asked about is the surroundings of both, one after the other, upside down.
    start = (30100 - 1024) // 16 * 16
    heard = -asked[0][:, : 30110 + 1024 - start]
    assert np.abs(heard[1:] - clean[1:, start : 30110 + 1024]).max() < 0.03
    assert np.abs(heard[0] - clean[0, start : 30110 + 1024]).max() < 0.05


@pytest.mark.parametrize("places", [[500], [20000], [500, 20000, 30000, 43900]])
def test_networks_are_asked_about_few_different_lengths(places):
    wave = music()
    ask, asked = asking(0.0)
    odds = np.zeros(len(wave), np.float32)
    doubted = [[place, place + 7] for place in places]
    assert judged(wave, odds, doubted, NONE, ask).shape == (len(places),)
    assert [each.shape[1] % 8192 for each in asked] == [0]
