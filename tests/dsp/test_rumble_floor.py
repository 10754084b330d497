import numpy as np
import pytest

from toolkit.dsp.low_band import decimate
from toolkit.dsp.rumble_floor import learn

RATE, FACTOR = 8000, 20


def rumble(seconds, highest_hz=40, level=0.03, seed=1):
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(seconds * RATE))
    spectrum[np.arange(len(spectrum)) / seconds > highest_hz] = 0
    noise = np.fft.irfft(spectrum)
    return level * noise / noise.std()


def drums(seconds):
    """Return a kick drum of 50 Hz that sounds twice a second."""
    time = np.arange(seconds * RATE) % (RATE // 2) / RATE
    return (
        0.5
        * np.sin(2 * np.pi * (50 * time + 1.6 * (1 - np.exp(-time / 0.02))))
        * np.exp(-time / 0.1)
    )


def pedal(seconds):
    """Return an organ pedal that never stops, 16-foot and 32-foot, with a slow beat."""
    time = np.arange(seconds * RATE) / RATE
    return sum(0.1 * np.sin(2 * np.pi * f * time) for f in (16.35, 16.6, 32.7, 65.4, 131))


def basses(seconds):
    """Return notes of 28 to 45 Hz, each of another length, that follow one another."""
    rng = np.random.default_rng(3)
    parts, total = [], 0
    while total < seconds * RATE:
        length = int(rng.uniform(0.2, 0.9) * RATE)
        tone = np.sin(2 * np.pi * rng.uniform(28, 45) * np.arange(length) / RATE)
        parts.append(0.2 * tone * np.hanning(length) ** 0.3)
        total += length
    return np.concatenate(parts)[: seconds * RATE]


def learned(signal):
    return learn(np.asarray(signal, np.float32)[None], RATE, FACTOR)[0]


def level_db(signal):
    return 10 * np.log10(np.mean(np.square(signal, dtype=np.float64)))


@pytest.mark.parametrize("music", [basses, drums, lambda seconds: 0])
def test_heavy_rumble_is_learned_and_turned_down_and_deep_music_stays(music):
    clean, noise = music(20) + np.zeros(20 * RATE), rumble(20, level=0.06)
    floor = learned(clean + noise)
    low = decimate(clean + noise, FACTOR)
    taken = floor.excess(low, 0, 0.25)
    inner = slice(400, -400)
    before = (low - decimate(clean, FACTOR))[inner]
    assert level_db(before - taken[inner]) < level_db(before) - (2.5 if np.ndim(music(1)) else 8)
    # In every bin below 25 Hz the mean is that of the noise, within the error of a quantile.
    power = 0.06**2 * RATE / FACTOR / 2 / 40
    bins = np.arange(floor.grid.num_bins) * RATE / FACTOR / floor.grid.n_fft
    deep = floor.power[(bins > 6) & (bins < 24)]
    assert abs(10 * np.log10(np.median(deep) / power)) < 2


def silence(seconds):
    return np.zeros(seconds * RATE)


def white(seconds):
    return 0.1 * np.random.default_rng(4).standard_normal(seconds * RATE)


def faint(seconds):
    return basses(seconds) + rumble(seconds, level=0.005)


@pytest.mark.parametrize("sound", [basses, drums, pedal, silence, white, faint])
def test_music_hiss_and_faint_rumble_are_left_alone(sound):
    assert learned(sound(12)) is None


def test_each_channel_has_its_own_and_short_or_slow_signals_have_none():
    both = np.stack([basses(12), basses(12) + rumble(12, level=0.1)]).astype(np.float32)
    left, right = learn(both, RATE, FACTOR)
    assert left is None
    assert right is not None
    assert learn(both[:, : 4 * RATE], RATE, FACTOR) == [None, None]
    assert learn(both, 100, 4) == [None, None]


def test_a_stretch_gives_what_the_whole_gives():
    noise = rumble(20) + 0.5 * basses(20)
    floor, low = learned(noise), decimate(noise, FACTOR)
    whole = floor.excess(low, 0, 0.5)
    part = floor.excess(low[1000:4000], 1000, 0.5)
    np.testing.assert_allclose(part[800:-800], whole[1800:3200], atol=1e-6)
