import dataclasses

import numpy as np
import pytest

from toolkit.adapters import fluidsynth, sound_bank, soundfont
from toolkit.errors import ToolkitError, UsageError
from toolkit.values import DRUMS, Note, Notes

RATE = 22050


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """Let nothing be fetched or installed."""
    monkeypatch.setenv("TONEARM_DATA", str(tmp_path))
    monkeypatch.delenv("TONEARM_SOUNDFONT", raising=False)
    nowhere = {
        name: dataclasses.replace(font, systems=()) for name, font in sound_bank.known().items()
    }
    monkeypatch.setattr(sound_bank, "known", lambda: nowhere)
    return tmp_path


def test_the_font_that_comes_with_a_package_is_the_last_resort(bare):
    assert sound_bank.best().name == "TimGM6mb"
    assert sound_bank.best().synthesizer == "tinysoundfont"


def test_a_fetched_font_is_preferred_where_it_can_be_played(bare, monkeypatch):
    folder = sound_bank.fonts_folder()
    folder.mkdir()
    for font in sound_bank.known().values():
        (folder / font.file).write_bytes(b"sf")
    monkeypatch.setattr(fluidsynth, "is_here", lambda: True)
    assert sound_bank.best().name == "musescore-general"
    assert sound_bank.best().synthesizer == "fluidsynth"
    monkeypatch.setattr(fluidsynth, "is_here", lambda: False)
    assert sound_bank.best().name == "fluid"


def test_the_user_chooses(bare, monkeypatch):
    monkeypatch.setenv("TONEARM_SOUNDFONT", str(soundfont.general_midi()))
    assert sound_bank.best().path == soundfont.general_midi()
    monkeypatch.setenv("TONEARM_SOUNDFONT", str(bare / "none.sf2"))
    with pytest.raises(UsageError, match="is no SoundFont"):
        sound_bank.best()


def test_a_font_with_another_hash_is_refused(bare):
    font = sound_bank.known()["fluid"]
    wrong = bare / "wrong.sf2"
    wrong.write_bytes(b"RIFF")
    with pytest.raises(ToolkitError, match="expected 74594e8f4250"):
        sound_bank.keep(wrong, font)
    assert not sound_bank.fonts_folder().exists()


def test_a_font_that_is_here_is_not_fetched_again(bare):
    font = sound_bank.known()["fluid"]
    sound_bank.fonts_folder().mkdir()
    (sound_bank.fonts_folder() / font.file).write_bytes(b"sf")
    with pytest.raises(UsageError, match="is here already"):
        sound_bank.fetch("fluid")


def two_notes():
    notes = (Note(0.5, 1.0, 60, 0.8), Note(1.5, 2.0, 38, 0.8, DRUMS))
    return Notes(notes, tempo_map=((0.0, 100.0),))


def onsets(samples):
    loud = np.abs(samples).max(axis=0) > 1e-3
    return [np.argmax(loud[round(start * RATE) :]) / RATE + start for start in (0.0, 1.4)]


def test_notes_sound_when_they_are_played(bare):
    out = np.zeros((2, 3 * RATE), np.float32)
    sound_bank.best().play_into(out, two_notes(), sample_rate=RATE)
    assert onsets(out) == pytest.approx([0.5, 1.5], abs=0.02)


def test_fluidsynth_plays_the_same_notes_at_the_same_times_or_says_that_it_is_not_here():
    out = np.zeros((2, 3 * RATE), np.float32)
    font = soundfont.general_midi()
    facts = {"soundfont": font, "sample_rate": RATE, "kit": 40}
    if not fluidsynth.is_here():
        with pytest.raises(ToolkitError, match="fluidsynth is not installed"):
            fluidsynth.play_into(out, two_notes(), **facts)
        return
    fluidsynth.play_into(out, two_notes(), **facts)
    assert onsets(out) == pytest.approx([0.5, 1.5], abs=0.02)


def test_what_fluidsynth_cannot_read_is_an_error(tmp_path):
    out = np.zeros((2, 100), np.float32)
    with pytest.raises(ToolkitError, match=r"fluidsynth (failed|is not installed)"):
        fluidsynth.play_into(
            out, two_notes(), soundfont=tmp_path / "no.sf2", sample_rate=RATE, kit=0
        )


def test_long_silence_is_rendered_in_blocks(monkeypatch):
    notes = Notes((Note(0.0, 0.9, 60), Note(2.0, 2.5, 64), Note(2.0, 2.6, 38, program=DRUMS)))
    whole = np.zeros((2, 4 * RATE), np.float32)
    blocks = whole.copy()
    soundfont.Player(soundfont.general_midi(), RATE).play_into(whole, notes)
    monkeypatch.setattr(soundfont, "_BLOCK", 4096)
    soundfont.Player(soundfont.general_midi(), RATE).play_into(blocks, notes)
    assert np.abs(whole[:, 3 * RATE // 2 :]).max() > 0.01
    assert np.array_equal(blocks, whole)
