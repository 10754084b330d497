import numpy as np
import pytest

from toolkit.dsp.dropouts import find_dropouts

SAMPLE_RATE = 44100


def music(seconds=1.0, seed=0, level=0.5):
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tones = sum(np.sin(2 * np.pi * f * time + rng.uniform(0, 6)) / 4 for f in (220, 331, 555, 1234))
    return (level * tones + 1e-4 * rng.standard_normal(len(time))).astype(np.float32)


def sixteen_bit(x):
    return (np.round(x * 32767) / 32767).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
@pytest.mark.parametrize("held", [False, True])
def test_finds_each_run_exactly(held, rate):
    time = np.arange(rate) / rate
    x = sixteen_bit(0.5 * np.sin(2 * np.pi * 300 * time) * np.cos(2 * np.pi * 217 * time))
    expected = []
    for at, length_ms in ((0.2, 1), (0.4, 10), (0.7, 45)):
        start = int(at * rate)
        while held and not abs(x[start - 1]) < 0.3:
            start += 1
        stop = start + max(int(length_ms * rate / 1000), 4)
        x[start:stop] = x[start - 1] if held else 0
        expected.append((start, stop))
    found = find_dropouts(x, rate, 0.05)
    np.testing.assert_allclose(found, expected, atol=1)


def test_long_runs_are_pauses():
    x = music()
    x[10000:13000] = 0
    assert len(find_dropouts(x, SAMPLE_RATE, 0.05)) == 0
    assert len(find_dropouts(x, SAMPLE_RATE, 0.1)) == 1


def test_short_runs_are_chance():
    x = music()
    x[10000:10010] = x[9999]
    assert len(find_dropouts(x, SAMPLE_RATE, 0.05)) == 0


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_quantized_music_has_none(bits):
    fading = music(2.0) * np.exp(-6 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)
    x = (np.round(fading * 2 ** (bits - 1)) / 2 ** (bits - 1)).astype(np.float32)
    assert len(find_dropouts(x, SAMPLE_RATE, 0.05)) == 0


def test_flat_tops_are_not_dropouts():
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    swelling = np.sin(2 * np.pi * 60 * time) * (0.5 + 0.6 * np.sin(2 * np.pi * time))
    x = np.clip(swelling, -0.9, 0.9).astype(np.float32)
    assert len(find_dropouts(x, SAMPLE_RATE, 0.05)) == 0


def test_a_faded_pause_is_no_dropout():
    x = music()
    fade = np.linspace(1, 0, 2000) ** 2
    x[10000:12000] *= fade
    x[12000:13000] = 0
    x[13000:15000] *= fade[::-1]
    assert len(find_dropouts(x, SAMPLE_RATE, 0.05)) == 0


@pytest.mark.parametrize(
    "x",
    [
        np.zeros(20000),
        np.full(20000, 0.7),
        np.where(np.arange(20000) // 50 % 2, 1, -1),
        (np.arange(20000) % 100 == 0),
        np.full(20000, 1e-40),
        np.zeros(0),
        np.ones(3),
    ],
    ids=["silence", "constant", "square", "pulses", "denormals", "empty", "three"],
)
def test_synthetic_signals_have_none(x):
    assert len(find_dropouts(x.astype(np.float32), SAMPLE_RATE, 0.05)) == 0


def test_runs_at_the_ends_are_left_alone():
    x = music()
    x[:500] = 0
    x[-500:] = 0
    assert len(find_dropouts(x, SAMPLE_RATE, 0.05)) == 0
