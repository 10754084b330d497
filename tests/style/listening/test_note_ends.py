import json
from dataclasses import replace

import numpy as np
import pytest

from toolkit.style.listening import note_ends
from toolkit.style.listening.pitch_levels import FLOOR_DB, HIGHEST, LOWEST, pitch_levels
from toolkit.training import fitting_ends
from toolkit.values import DRUMS, Audio, Note, Notes

RATE = 16000


def recording(notes, seconds):
    """Return tones of four partials that lose 10 dB a second, and 60 dB in 0.15 s when damped."""
    time = np.arange(round(seconds * RATE)) / RATE
    wave = 1e-5 * np.random.default_rng(0).standard_normal(len(time))
    for note in notes:
        after = np.maximum(time - note.onset, 0)
        fall = 10 * after + 400 * np.maximum(time - note.offset, 0)
        level = 0.1 * 10 ** (-fall / 20) * (time >= note.onset) * (1 - np.exp(-after / 0.005))
        base = 440 * 2 ** ((note.pitch - 69) / 12)
        for partial in range(1, 5):
            wave += level / partial * np.sin(2 * np.pi * partial * base * after)
    return Audio(wave[None].astype(np.float32), RATE)


PLAYED = (Note(0.2, 2.2, 60), Note(0.2, 0.8, 76), Note(2.6, 3.0, 64), Note(3.4, 4.6, 57))


def heard(early):
    """Return what was played as a transcriber might hear it, each note so many seconds short."""
    return Notes(tuple(replace(n, offset=n.offset - early, confidence=0.9) for n in PLAYED))


def test_notes_last_as_long_as_they_sound_and_no_longer():
    audio, short = recording(PLAYED, 6.0), heard(0.35)
    found = note_ends.lengthened(short, audio)
    for note, played, before in zip(found, PLAYED, short, strict=True):
        assert before.offset <= note.offset < played.offset + 0.2
        assert replace(note, offset=before.offset) == before
    gained = [note.offset - before.offset for note, before in zip(found, short, strict=True)]
    assert np.mean(gained) > 0.2


def test_a_note_ends_where_its_voice_goes_on():
    played = (Note(0.2, 3.0, 60), Note(1.4, 3.0, 64))
    short = Notes(tuple(replace(n, offset=n.onset + 0.6, confidence=0.9) for n in played))
    first, second = note_ends.lengthened(short, recording(played, 4.0)).notes
    assert 1.0 < first.offset <= 1.4
    assert second.offset > 2.4


def test_written_notes_drums_and_notes_in_silence_stay():
    audio, short = recording(PLAYED, 6.0), heard(0.35)
    sure = Notes(tuple(replace(n, confidence=1.0) for n in short))
    assert note_ends.lengthened(sure, audio) is sure
    drums = Notes(tuple(replace(n, program=DRUMS) for n in short))
    assert note_ends.lengthened(drums, audio) is drums
    silence = Audio(np.zeros((2, 6 * RATE), np.float32), RATE)
    assert note_ends.lengthened(short, silence).notes == short.notes
    assert note_ends.lengthened(short, Audio(np.zeros((1, 0), np.float32), RATE)) is short


def test_levels_are_those_of_the_pitches_that_sound():
    levels = pitch_levels(recording((Note(1.0, 2.0, 69),), 3.0))
    assert levels.levels.shape[1] == HIGHEST - LOWEST + 1
    row = levels.levels[round(1.3 * levels.rate)]
    assert row.argmax() == 69 - LOWEST
    assert row[81 - LOWEST] == pytest.approx(row[69 - LOWEST] - 6, abs=2)
    assert levels.levels[round(0.4 * levels.rate)].max() < -50
    low = Audio(np.zeros((1, 900), np.float32), 3000)
    assert (pitch_levels(low).levels == FLOOR_DB).all()


def test_the_fit_finds_what_ends_notes_and_writes_what_is_read(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    every = []
    for _ in range(60):
        end = float(rng.uniform(0.3, 2.0))
        times = np.arange(0.1, 3.0, 0.04)
        features = rng.normal(size=(len(times), note_ends.NUM_FEATURES))
        features[:, 0] -= 3.0 * (times > end)
        note = Note(0.0, end / 2, 60, confidence=0.9)
        every.append(fitting_ends.Example(note, note_ends.Moments(times, features), end))
    monkeypatch.setattr(note_ends, "PATH", tmp_path / "fitted.json")
    try:
        fitting_ends.write(fitting_ends.learned(every, 300), {})
        found = fitting_ends.errors(every)
    finally:
        monkeypatch.undo()
        note_ends.forget()
    assert found["mean error, lengthened"] < 0.2 < found["mean error, heard"]
    assert json.loads((tmp_path / "fitted.json").read_text())["measured"] == {}


def test_a_heard_note_is_the_nearest_played_one_of_its_pitch():
    played = [Note(0.0, 1.0, 60), Note(1.0, 2.0, 60), Note(1.0, 2.5, 64)]
    found = [Note(0.05, 0.9, 60), Note(0.06, 0.5, 60), Note(1.02, 2.0, 64), Note(1.0, 1.5, 72)]
    assert fitting_ends.played_ends(played, found) == [1.0, None, 2.5, None]


def test_shipped_constants_make_lengths_better():
    measured = json.loads(note_ends.PATH.read_text(encoding="utf-8"))["measured"]
    for name, at_most in (("mean error", 0.95), ("lengths off by a third", 0.9)):
        assert measured[f"{name}, lengthened"] < at_most * measured[f"{name}, heard"]
