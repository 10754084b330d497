import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.dsp import damage

RATE = 44100


def music(seconds: float, num_channels: int = 1) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    tone = 0.1 * np.sin(2 * np.pi * 220 * time) * (1 + 0.5 * np.sin(2 * np.pi * 0.7 * time))
    return np.tile(tone, (num_channels, 1)).astype(np.float32)


def recording(samples: np.ndarray) -> damage.Recording:
    return damage.Recording(*samples.shape, RATE)


def draw(samples: np.ndarray, **options) -> damage.Clicks:
    return damage.draw_clicks(np.random.default_rng(5), recording(samples), **options)


def naive_add(samples: np.ndarray, clicks: damage.Clicks) -> np.ndarray:
    """Add one event after the other to the whole signal, sample by sample."""
    out = samples.astype(np.float64)
    reach = round(0.05 * RATE)
    for event in range(len(clicks)):
        at = clicks.start[event]
        for channel in range(len(samples)):
            around = samples[channel, max(at - reach, 0) : at + reach].astype(np.float64)
            level = max(np.sqrt(np.mean(around**2)), 1e-3)
            gain = clicks.gains[event, channel] * level * 10 ** (clicks.height_db[event] / 20)
            for offset, value in enumerate(damage.waveform(clicks, event)[0]):
                if at + offset >= samples.shape[1]:
                    break
                if clicks.replaces[event] and clicks.gains[event, channel] != 0:
                    out[channel, at + offset] = 0
                out[channel, at + offset] += gain * value
    return out


@pytest.mark.parametrize("num_channels", [1, 3])
def test_clicks_equal_a_naive_loop(num_channels):
    samples = music(1.0, num_channels)
    clicks = draw(samples, rate=30.0)
    found = damage.add_clicks(samples, 0, clicks, RATE)
    np.testing.assert_allclose(found, naive_add(samples, clicks), atol=1e-6)


@given(st.integers(0, 30000), st.integers(1, 14000))
def test_any_piece_equals_that_piece_of_the_whole(start, length):
    samples = music(1.0)
    clicks = draw(samples, rate=60.0)
    whole = damage.add_clicks(samples, 0, clicks, RATE)
    margin = round((damage.LEVEL_SECONDS + damage.LONGEST_SECONDS) * RATE) + 3
    low, high = max(start - margin, 0), min(start + length + margin, samples.shape[1])
    piece = damage.add_clicks(samples[:, low:high], low, clicks, RATE)
    kept = piece[:, start - low : start - low + length]
    np.testing.assert_array_equal(kept, whole[:, start : start + length])


def test_rate_height_and_kinds_are_as_asked():
    samples = np.zeros((2, 100 * RATE), np.float32)
    clicks = draw(samples, rate=50.0, impulses=0.25, destructive=0.2)
    assert len(clicks) == pytest.approx(5000, rel=0.05)
    assert np.mean(clicks.kind == damage.IMPULSE) == pytest.approx(0.25, abs=0.03)
    assert np.mean(clicks.replaces) == pytest.approx(0.2, abs=0.03)
    assert clicks.height_db.min() >= 3
    assert clicks.height_db.max() <= 30
    assert clicks.height_db.mean() == pytest.approx(14, abs=1)
    ringing = clicks.kind == damage.RESONANCE
    assert clicks.length[ringing].min() >= 8
    assert clicks.length[ringing].max() <= 200
    assert clicks.frequency.min() * RATE >= 199
    assert clicks.frequency.max() * RATE <= 12001
    assert np.mean((clicks.gains != 0).all(axis=1)) == pytest.approx(0.5, abs=0.03)


def test_peak_stands_at_the_stated_height():
    samples = music(2.0)
    clicks = draw(samples, rate=3.0, destructive=0.0)
    added = damage.add_clicks(samples, 0, clicks, RATE) - samples
    event = len(clicks) // 2
    at, end = clicks.start[event], clicks.start[event] + clicks.length[event]
    level = np.sqrt(np.mean(samples[0, at - 2205 : at + 2205] ** 2))
    height = 20 * np.log10(np.abs(added[0, at:end]).max() / level)
    assert height == pytest.approx(clicks.height_db[event], abs=0.1)


def test_without_clicks_nothing_changes():
    samples = music(0.5)
    assert np.array_equal(damage.add_clicks(samples, 0, draw(samples, rate=0.0), RATE), samples)


def test_scratches_are_trains_that_fade():
    samples = np.zeros((1, 60 * RATE), np.float32)
    rng = np.random.default_rng(0)
    scratches = damage.draw_scratches(rng, recording(samples), rate=1.0)
    assert np.all(np.diff(scratches.start) >= 0)
    gaps = np.diff(scratches.start) / RATE
    assert np.mean(gaps < 0.0061) > 0.7
    assert 60 * 4 < len(scratches) < 60 * 13


def test_dropouts_replace_music_by_quieter_noise():
    samples = music(20.0)
    dropouts = damage.draw_dropouts(np.random.default_rng(0), recording(samples), rate=1.0)
    found = damage.add_clicks(samples, 0, dropouts, RATE)
    changed = found != samples
    assert 0 < changed.mean() < 0.02
    assert np.abs(found[changed]).mean() < 0.5 * np.abs(samples[changed]).mean()
    assert dropouts.length.max() <= damage.LONGEST_SECONDS * RATE


def test_radial_scratches_tick_once_a_revolution():
    shape = damage.Recording(1, 120 * RATE, RATE)
    ticks = damage.draw_radial_scratches(
        np.random.default_rng(5), shape, rate=0.02, rpm=60.0, turns=10
    )
    assert len(ticks) >= 10
    for frequency in np.unique(ticks.frequency):
        own = ticks.start[ticks.frequency == frequency] / RATE
        assert len(own) <= 10
        gaps = np.diff(own)
        assert (np.abs(gaps - 1) < 0.007).all()
        assert gaps.std() < 0.0006


def test_together_keeps_every_event_in_order():
    shape = damage.Recording(2, 20 * RATE, RATE)
    first, second = (damage.draw_clicks(np.random.default_rng(seed), shape) for seed in (1, 2))
    both = damage.together(first, second)
    assert len(both) == len(first) + len(second)
    assert (np.diff(both.start) >= 0).all()
    assert both.gains.shape == (len(both), 2)


def test_scratches_at_their_default_height_are_what_they_always_were():
    shape = damage.Recording(1, 30 * RATE, RATE)
    one = damage.draw_scratches(np.random.default_rng(1), shape)
    same = damage.draw_scratches(np.random.default_rng(1), shape, height_db=(14.0, 7.0))
    deep = damage.draw_scratches(np.random.default_rng(1), shape, height_db=(24.0, 0.0))
    assert np.array_equal(one.height_db, same.height_db)
    assert deep.height_db.max() == 24
