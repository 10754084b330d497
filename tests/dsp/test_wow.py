import numpy as np
import pytest

from toolkit.dsp import resample, wow

RATE = 16000


def disc(**changes) -> wow.Wavering:
    values = {"rpm": 78.26, "wow": 0.005, "flutter": 0.001}
    return wow.draw_disc(np.random.default_rng(3), **(values | changes))


def test_positions_are_the_integral_of_the_speed():
    wavering = disc()
    num_samples = 5 * RATE
    where = wavering.positions(np.arange(num_samples), num_samples, RATE)
    speed = wavering.speed((np.arange(num_samples - 1) + 0.5) / RATE)
    naive = np.concatenate([[0.0], np.cumsum(speed)])
    naive *= (num_samples - 1) / naive[-1]
    # The constant part that keeps the length is taken from the speed, not from its ratio.
    np.testing.assert_allclose(where, naive, atol=0.2)
    assert np.diff(where).max() <= wavering.fastest
    assert np.diff(where).min() > 0.99
    assert np.std(np.diff(where)) == pytest.approx(np.std(speed), rel=1e-3)


@pytest.mark.parametrize("num_samples", [1, 2, 3, 1000])
def test_first_and_last_sample_stay(num_samples):
    where = disc().positions(np.array([0, num_samples - 1]), num_samples, RATE)
    assert where == pytest.approx([0, num_samples - 1], abs=1e-6)


def test_a_tone_wavers_exactly():
    wavering = disc()
    num_samples = 3 * RATE
    time = np.arange(num_samples) / RATE
    tone = np.sin(2 * np.pi * 1000 * time).astype(np.float32)[None]
    out = resample.warp(
        tone,
        lambda index: wavering.positions(index, num_samples, RATE),
        out=np.zeros_like(tone),
        fastest=wavering.fastest,
    )
    where = wavering.positions(np.arange(num_samples), num_samples, RATE) / RATE
    inside = slice(200, -200)
    expected = np.sin(2 * np.pi * 1000 * where)
    assert np.abs(out[0, inside] - expected[inside]).max() < 1e-4
    assert np.abs(tone[0, inside] - expected[inside]).max() > 0.5


def test_a_disc_wavers_once_and_twice_a_turn():
    wavering = disc(flutter=0.0)
    assert wavering.frequency[:2] == pytest.approx([78.26 / 60, 2 * 78.26 / 60])
    assert wavering.depth.sum() == pytest.approx(0.005)
    assert wavering.depth[0] >= 0.6 * 0.005


def test_a_tape_wavers_slowly_and_flutters_fast():
    tape = wow.draw_tape(np.random.default_rng(0), wow=0.002, flutter=0.001)
    assert tape.depth[tape.frequency < 4].sum() == pytest.approx(0.002)
    assert tape.depth[tape.frequency > 4].sum() == pytest.approx(0.001)
    assert 0.3 <= tape.frequency.min() < tape.frequency.max() <= 30
