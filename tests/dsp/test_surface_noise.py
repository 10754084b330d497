import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.dsp import surface_noise

RATE = 16000


def draw(**options) -> surface_noise.SurfaceNoise:
    return surface_noise.draw(np.random.default_rng(3), 2, RATE, **options)


@pytest.mark.parametrize("repeating", [0.0, 0.5, 1.0])
def test_variance_is_one(repeating):
    noise = draw(repeating=repeating).between(0, 20 * RATE)
    assert np.var(noise) == pytest.approx(1.0, rel=0.06)


NOISE = draw()
WHOLE = NOISE.between(0, 220000)


@settings(max_examples=25)
@given(st.integers(0, 150000), st.integers(1, 70000))
def test_any_piece_equals_that_piece_of_the_whole(start, length):
    np.testing.assert_array_equal(
        NOISE.between(start, start + length), WHOLE[:, start : start + length]
    )


def test_the_texture_comes_round_once_a_revolution():
    noise = draw(repeating=0.7).between(0, 20 * RATE)[0]
    period = round(60 * RATE / surface_noise.RPM)
    assert np.corrcoef(noise[:-period], noise[period:])[0, 1] == pytest.approx(0.7, abs=0.05)
    half = period // 2
    assert abs(np.corrcoef(noise[:-half], noise[half:])[0, 1]) < 0.15


def test_channels_share_what_is_asked():
    noise = draw(correlation=0.8, modulation=0.0).between(0, 20 * RATE)
    assert np.corrcoef(noise)[0, 1] == pytest.approx(0.8, abs=0.05)


def test_tilt():
    flat, steep = (
        np.abs(np.fft.rfft(draw(tilt_db=tilt).between(0, 20 * RATE)[0])) ** 2
        for tilt in (0.0, -6.0)
    )
    frequency = np.fft.rfftfreq(20 * RATE, 1 / RATE)
    low = (frequency > 500) & (frequency < 1000)
    high = (frequency > 4000) & (frequency < 8000)
    fall = 10 * np.log10(flat[high].mean() / flat[low].mean() * steep[low].mean())
    fall -= 10 * np.log10(steep[high].mean())
    assert 12 < fall < 18
