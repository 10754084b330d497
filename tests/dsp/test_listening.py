import math

import numpy as np
import pytest

from toolkit.dsp import chroma, onset_strength, tuning
from toolkit.values import Audio

RATE = 22050


def tones(pitches, cents=0.0, seconds=0.5, rate=RATE):
    """Return one tone of five partials after another, struck and decaying."""
    time = np.arange(round(seconds * rate)) / rate
    parts = []
    for pitch in pitches:
        hz = 440 * 2 ** ((pitch - 69 + cents / 100) / 12)
        tone = sum(np.sin(2 * np.pi * number * hz * time) / number for number in range(1, 6))
        parts.append(0.1 * tone * np.exp(-4 * time) * np.minimum(time / 0.005, 1))
    return Audio(np.concatenate(parts).astype(np.float32)[None], rate)


@pytest.mark.parametrize("cents", [-45.0, -20.0, 0.0, 13.0, 40.0])
def test_tuning_is_right_within_two_cents(cents):
    audio = tones([57, 60, 64, 67, 71, 62, 65, 69], cents, 1.0)
    assert tuning.tuning_cents(audio) == pytest.approx(cents, abs=2)


def test_silence_has_no_tuning():
    assert math.isnan(tuning.tuning_cents(Audio(np.zeros((2, RATE), np.float32), RATE)))
    assert math.isnan(tuning.tuning_cents(Audio(np.zeros((1, 3), np.float32), RATE)))


def test_onsets_are_found_within_20_ms():
    audio = tones([57, 60, 64, 67, 71, 62, 65, 69], seconds=0.4)
    times, strengths = onset_strength.onsets(audio)
    assert (strengths > 0).all()
    for true in 0.4 * np.arange(1, 8):
        assert np.abs(times - true).min() < 0.02
    assert len(times) <= 9


def test_a_vibrato_rises_far_less_than_an_onset():
    time = np.arange(4 * RATE) / RATE
    phase = 2 * np.pi * 440 * (time - 0.02 * np.cos(2 * np.pi * 5 * time) / (2 * np.pi * 5))
    tone = np.concatenate([np.zeros(RATE), 0.2 * np.sin(phase)])
    audio = Audio(tone.astype(np.float32)[None], RATE)
    flux = onset_strength.strength(audio)
    assert flux[120:-20].max() < 0.3 * flux[90:110].max()


def test_blocks_equal_the_whole(monkeypatch):
    audio = tones(range(50, 70), seconds=0.3)
    whole = onset_strength.strength(audio)
    monkeypatch.setattr(onset_strength, "_BLOCK_SECONDS", 0.7)
    np.testing.assert_allclose(onset_strength.strength(audio), whole, atol=1e-3)


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 1000])
@pytest.mark.parametrize("rate", [4000, 44100, 192000])
def test_short_signals_are_no_error(num_samples, rate):
    audio = Audio(np.full((2, num_samples), 0.5, np.float32), rate)
    assert np.isfinite(onset_strength.strength(audio)).all()
    times, strengths = onset_strength.onsets(audio)
    assert len(times) == len(strengths)


def test_chroma_hears_the_tones():
    audio = tones([60, 64, 67, 62], seconds=1.0)
    salient = chroma.salience(audio, np.arange(5.0))
    classes, _ = chroma.fold(salient)
    assert classes.argmax(axis=1).tolist() == [0, 4, 7, 2]
    # The third partial of C is a G, which nobody played.
    assert classes[0, 7] < 0.2 * classes[0, 0]
