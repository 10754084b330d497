import json

import numpy as np
import pytest

from toolkit.adapters import soundfont
from toolkit.training import presets
from toolkit.training.presets import Preset, sounds_as_written

RATE = 22050
TIME = np.arange(2 * RATE) / RATE


def tone(f0, orders=range(1, 9), level=0.3):
    orders = [order for order in orders if order * f0 < RATE / 2]
    return level * sum(np.sin(2 * np.pi * f0 * order * TIME) / order for order in orders)


@pytest.mark.parametrize("pitch", [33, 57, 81, 93])
def test_harmonic_tones_sound_as_written(pitch):
    f0 = 440 * 2 ** ((pitch - 69) / 12)
    assert sounds_as_written(tone(f0), RATE, pitch)
    assert sounds_as_written(tone(f0, (1, 3, 5, 7)), RATE, pitch)


@pytest.mark.parametrize("pitch", [45, 57, 81])
@pytest.mark.parametrize("octaves", [-1, 1])
def test_an_octave_off_is_noticed(pitch, octaves):
    f0 = 440 * 2 ** ((pitch - 69) / 12 + octaves)
    assert not sounds_as_written(tone(f0), RATE, pitch)


def test_noise_clangs_and_silence_have_no_pitch():
    noise = np.random.default_rng(0).standard_normal(len(TIME))
    assert not sounds_as_written(noise, RATE, 57)
    assert not sounds_as_written(tone(220, (1.41, 2.73, 4.2)), RATE, 57)
    assert not sounds_as_written(np.zeros(len(TIME)), RATE, 57)


def test_a_decaying_tone_is_heard_until_it_has_fallen_by_30_db():
    quick = tone(220) * 10 ** (-40 * TIME / 20)
    slow = tone(220) * 10 ** (-5 * TIME / 20)
    assert presets._heard_seconds(quick) == pytest.approx(30 / 40, abs=0.1)
    assert presets._heard_seconds(slow) == pytest.approx(30 / 5, abs=0.5)
    assert presets._heard_seconds(tone(220)) == 60.0


def test_pitches_are_those_near_a_probe_that_sounds():
    preset = Preset(0, (0.0, 0.0, 2.0, 1.0, 0.0, 0.0))
    assert preset.audible_seconds(57) == 2.0
    assert preset.audible_seconds(70) == 1.0
    assert preset.audible_seconds(93) == preset.audible_seconds(10) == 0.0
    assert min(preset.pitches) == 52
    assert max(preset.pitches) == 75


def test_a_bank_is_listened_to_once(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    monkeypatch.setattr(presets, "PROGRAMS", (0, 40))
    file = soundfont.general_midi()
    folder = tmp_path / "unpacked" / "small"
    folder.mkdir(parents=True)
    (folder / "small.sf2").symlink_to(file)
    font = {"name": "small", "package": "small", "file": "small.sf2"}
    piano, violin = presets.presets(font)
    assert len(piano.pitches) > 60
    assert 1 < piano.audible_seconds(57) < 20 < violin.audible_seconds(69)
    kept = tmp_path / "training" / "presets" / "small.json"
    kept.write_text(json.dumps({"5": [1.0] * 6}))
    assert [preset.program for preset in presets.presets(font)] == [5]
