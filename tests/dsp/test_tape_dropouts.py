import numpy as np
import pytest

from toolkit.dsp.damage import Recording
from toolkit.dsp.tape_dropouts import (
    LONGEST_SECONDS,
    MARGIN_SECONDS,
    TapeDropouts,
    add_tape_dropouts,
    draw_tape_dropouts,
)

RATE = 44100
SHAPE = Recording(2, 20 * RATE, RATE)


def one(length: int, *loss_db: float) -> TapeDropouts:
    return TapeDropouts(np.array([10_000]), np.array([length]), np.array([loss_db]))


@pytest.mark.parametrize("frequency", [100, 1000, 5000, 10_000])
def test_loss_grows_with_frequency_as_stated(frequency):
    time = np.arange(30_000) / RATE
    tone = np.sin(2 * np.pi * frequency * time).astype(np.float32)[None]
    out = add_tape_dropouts(tone, 0, one(3500, 24.0), RATE)
    middle = slice(10_000 + 1400, 10_000 + 2100)
    loss_db = -10 * np.log10(np.mean(out[0, middle] ** 2) / np.mean(tone[0, middle] ** 2))
    assert loss_db == pytest.approx(24 * (0.5 + 0.5 * frequency / 10_000), abs=0.7)


def test_nothing_outside_is_touched_and_the_edges_are_smooth():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((2, 30_000)).astype(np.float32)
    out = add_tape_dropouts(noise, 0, one(2000, 30.0, 12.0), RATE)
    np.testing.assert_array_equal(out[:, :10_000], noise[:, :10_000])
    np.testing.assert_array_equal(out[:, 12_000:], noise[:, 12_000:])
    assert np.abs(out - noise)[:, [10_000, 11_999]].max() < 0.02
    power = np.mean(out[:, 10_700:11_300] ** 2, axis=1)
    assert power[0] < 0.1 * power[1]


def test_draws_do_not_overlap_and_follow_their_ranges():
    dropouts = draw_tape_dropouts(np.random.default_rng(1), SHAPE, rate=5.0)
    assert 50 < len(dropouts) < 110
    assert (dropouts.start[1:] >= (dropouts.start + dropouts.length)[:-1]).all()
    seconds = dropouts.length / RATE
    assert 0.0049 < seconds.min() < seconds.max() <= LONGEST_SECONDS
    worst = dropouts.loss_db.max(axis=1)
    assert 6 <= worst.min() < worst.max() <= 40
    assert (dropouts.loss_db.min(axis=1) >= 0.3 * worst - 1e-9).all()


def test_cut_anywhere_the_result_is_the_same():
    shape = Recording(2, 60_000, RATE)
    dropouts = draw_tape_dropouts(np.random.default_rng(2), shape, rate=12.0)
    noise = np.random.default_rng(3).standard_normal((2, 60_000)).astype(np.float32)
    whole = add_tape_dropouts(noise, 0, dropouts, RATE)
    context = round((LONGEST_SECONDS + MARGIN_SECONDS) * RATE) + 3
    for begin, end in ((0, 7000), (7000, 31_111), (31_111, 60_000)):
        start, stop = max(begin - context, 0), min(end + context, 60_000)
        piece = add_tape_dropouts(noise[:, start:stop], start, dropouts, RATE)
        np.testing.assert_array_equal(piece[:, begin - start : end - start], whole[:, begin:end])


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3])
def test_next_to_nothing(num_samples):
    shape = Recording(1, num_samples, RATE)
    dropouts = draw_tape_dropouts(np.random.default_rng(0), shape, rate=30_000.0)
    out = add_tape_dropouts(np.ones((1, num_samples), np.float32), 0, dropouts, RATE)
    assert out.shape == (1, num_samples)
    assert np.isfinite(out).all()
