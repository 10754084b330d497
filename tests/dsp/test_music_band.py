import numpy as np
import pytest

from toolkit.dsp.music_band import music_band, tones

EDGES = np.array([1, 9, 17, 25, 33, 41, 49, 57, 65, 73, 81])


def noise_power(frames=400, bins=81):
    return np.random.default_rng(0).exponential(size=(frames, bins)).astype(np.float32)


def test_tones_are_the_definition():
    power = noise_power(30, 60)
    power[10:20, 33] += 30
    padded = np.pad(power, ((0, 0), (8, 8)), mode="edge")
    around = np.array([padded[:, f : f + 17].mean(axis=1) for f in range(60)]).T
    padded = np.pad(power / around, ((2, 2), (0, 0)), mode="edge")
    steady = np.array([padded[t : t + 5].mean(axis=0) for t in range(30)])
    np.testing.assert_array_equal(tones(power), steady > 3)
    assert tones(power)[11:19, 33].all()


def test_neither_noise_nor_clicks_nor_silence_are_tones():
    power = noise_power()
    assert tones(power).mean() < 1.5e-3
    power[::20] *= 1000
    assert tones(power).mean() < 1.5e-3
    assert not tones(np.zeros((10, 40), np.float32)).any()


def band(counts, swells=()):
    tone_counts, rises = np.zeros(81, np.int64), np.zeros(10, bool)
    for at, count in counts.items():
        tone_counts[at] = count
    rises[list(swells)] = True
    return music_band(tone_counts, 100, rises, EDGES)


def test_the_outermost_tones_are_the_ends():
    assert band({5: 10, 12: 10, 20: 10}) == (5, 20)


def test_a_few_accidents_are_no_music():
    assert band({}) == (0, 0)
    assert band({5: 4}) == (0, 0)


def test_swells_count_by_the_band():
    assert band({5: 10}, swells=[2, 3]) == (5, 32)


@pytest.mark.parametrize(("pilot", "end"), [(40, 40), (75, 12)])
def test_a_tone_far_above_the_music_does_not_widen_it(pilot, end):
    assert band({5: 10, 12: 10, pilot: 5})[1] == end
