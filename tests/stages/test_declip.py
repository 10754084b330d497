from dataclasses import replace

import numpy as np
import pytest

from toolkit.dsp.condition import Condition
from toolkit.run import Run
from toolkit.stages.declip import STAGE as Declip
from toolkit.values import Audio

SAMPLE_RATE = 16000
CONDITION = Condition(
    10, SAMPLE_RATE, 1, -1, -20, -60, 40, 30, 8000, 0, 0, -80, 0, 0, -np.inf, 0, 0, 0, "mono"
)


def recording(seconds=2.0, peak=1.6, seed=0):
    """Return decaying notes that rise beyond full scale, and what a converter made of them."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    out = 1e-4 * rng.standard_normal(len(time))
    for onset in np.arange(0, seconds, 0.25):
        pitch = 110 * 2 ** (rng.integers(0, 24) / 12)
        age = np.maximum(time - onset, 0)
        for k in range(1, 9):
            envelope = np.exp(-3 * age) * (1 - np.exp(-200 * age)) / k
            out += envelope * np.sin(2 * np.pi * k * pitch * age + rng.uniform(0, 6))
    clean = (peak * out / np.abs(out).max()).astype(np.float32)[None]
    return clean, np.clip(clean, -1, 1)


def test_rebuilds_peaks_and_keeps_the_rest():
    clean, samples = recording()
    run = Run()
    out = Declip()(Audio(samples, SAMPLE_RATE), run).samples
    cut = np.abs(samples) >= 1
    before, after = np.sum((clean - samples)[cut] ** 2), np.sum((clean - out)[cut] ** 2)
    assert 10 * np.log10(before / after) > 14
    np.testing.assert_array_equal(out[~cut], samples[~cut])
    assert (out[cut] * np.sign(samples[cut]) >= 1).all()
    assert run.findings["samples_rebuilt"] == pytest.approx(cut.sum(), rel=0.02)
    assert run.findings["clip_level"] == pytest.approx(1, rel=1e-3)
    assert run.findings["peak"] == pytest.approx(np.abs(out).max())


def test_strength_scales_what_is_put_back():
    audio = Audio(recording()[1], SAMPLE_RATE)
    whole = Declip()(audio, Run()).samples - audio.samples
    half = Declip(strength=0.5)(audio, Run()).samples - audio.samples
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)
    assert Declip(strength=0)(audio, Run()) is audio


def test_makes_room_only_when_asked():
    audio = Audio(recording()[1], SAMPLE_RATE)
    run = Run()
    loud = Declip()(audio, Run()).samples
    fitted = Declip(make_room=True)(audio, run).samples
    assert np.abs(loud).max() > 1
    assert np.abs(fitted).max() <= 1
    np.testing.assert_allclose(fitted, loud * 10 ** (run.findings["gain_db"] / 20), rtol=1e-5)


def test_leaves_unclipped_music_alone():
    clean, _ = recording(peak=0.9)
    audio = Audio(clean, SAMPLE_RATE)
    run = Run()
    assert Declip()(audio, run) is audio
    assert run.findings["samples_rebuilt"] == 0


def test_leaves_a_square_wave_alone_and_says_so():
    square = np.sign(np.sin(np.arange(30000) * 0.03 + 0.1)).astype(np.float32)[None]
    audio = Audio(square, SAMPLE_RATE)
    run = Run()
    assert Declip()(audio, run) is audio
    assert "square" in run.findings["plateaus"]


@pytest.mark.parametrize("length", range(4))
@pytest.mark.parametrize("value", [0.0, 1.0, 1e-40])
def test_tiny_signals(length, value):
    audio = Audio(np.full((2, length), value, np.float32), SAMPLE_RATE)
    assert Declip()(audio, Run()) is audio


def test_a_channel_is_repaired_as_if_alone():
    _, first = recording(seed=0)
    clean, _ = recording(seed=1, peak=0.9)
    both = Declip()(Audio(np.concatenate([first, clean]), SAMPLE_RATE), Run()).samples
    alone = Declip()(Audio(first, SAMPLE_RATE), Run()).samples
    np.testing.assert_array_equal(both[:1], alone)
    np.testing.assert_array_equal(both[1:], clean)


def test_blocks_join_without_a_seam():
    clean, samples = recording(seconds=9)
    out = Declip()(Audio(samples, SAMPLE_RATE), Run()).samples
    seam = 6 * SAMPLE_RATE
    around = slice(seam - 4000, seam + 4000)
    error = np.abs(out - clean)
    assert error[:, around].max() <= error.max()
    assert np.sqrt(np.mean(error[:, around] ** 2)) < 4 * np.sqrt(np.mean(error**2))


def test_tuned_by_the_condition():
    stage, reason = Declip().tuned(CONDITION)
    assert stage.strength == 0
    assert "no flat tops" in reason
    stage, reason = Declip().tuned(replace(CONDITION, clipped_ratio=0.01, clip_level=0.9))
    assert stage.strength == 1
    assert "1 %" in reason
