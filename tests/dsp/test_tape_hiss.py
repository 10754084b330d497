import numpy as np
import pytest
from scipy import signal

from toolkit.dsp import tape_hiss

RATE = 44100


def draw(**options) -> tape_hiss.TapeHiss:
    return tape_hiss.draw_hiss(np.random.default_rng(3), 2, RATE, **options)


def test_hiss_rises_to_ten_kilohertz_and_has_unit_variance():
    hiss = draw(swing_db=0.0, tilt_db=4.0).between(0, 20 * RATE, RATE)
    assert hiss.var() == pytest.approx(1, rel=0.02)
    assert abs(np.corrcoef(hiss)[0, 1]) < 0.01
    frequency, power = signal.welch(hiss[0], RATE, nperseg=4096)
    level = [
        10 * np.log10(power[(frequency > f / 1.2) & (frequency < 1.2 * f)].mean())
        for f in (1000, 8000, 12000, 19000)
    ]
    assert level[1] - level[0] == pytest.approx(12, abs=3)
    assert level[3] - level[2] == pytest.approx(0, abs=2)


def test_any_piece_equals_that_piece_of_the_whole():
    hiss = draw()
    whole = hiss.between(0, 200_000, RATE)
    np.testing.assert_array_equal(hiss.between(70_001, 150_000, RATE), whole[:, 70_001:150_000])


def test_the_level_swings_as_stated():
    hiss = draw(swing_db=6.0)
    time = np.arange(0, 120.0, 0.5)
    level = hiss.level_db(time)
    assert hiss.depth_db.sum() == pytest.approx(6)
    assert 2 < np.abs(level).max() <= 6
    noise = hiss.between(0, 120 * RATE, RATE)[0].reshape(240, -1)
    measured = 10 * np.log10(np.mean(noise**2, axis=1))
    assert np.corrcoef(measured, hiss.level_db(time + 0.25))[0, 1] > 0.99


def test_what_rides_on_music_stays_close_to_it():
    noise = draw().riding.between(0, 10 * RATE)[0]
    frequency, power = signal.welch(noise, RATE, nperseg=4096)
    assert power[frequency < 2000].sum() > 0.8 * power.sum()
    assert noise.var() == pytest.approx(1, rel=0.05)
