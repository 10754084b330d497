import numpy as np
import pretty_midi
import pytest

from toolkit.adapters import soundfont
from toolkit.errors import ToolkitError
from toolkit.training import performances, presets, sources
from toolkit.training.performances import open_performances
from toolkit.values import Note

RATE = performances.SAMPLE_RATE


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A ledger of one SoundFont and one song, in a cache of its own."""
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    monkeypatch.setattr(presets, "PROGRAMS", (0, 19, 40, 48))
    for name in ("_SEGMENTS", "_SEGMENT_SECONDS"):
        monkeypatch.setattr(performances, name, 2)
    font = tmp_path / "unpacked" / "font"
    font.mkdir(parents=True)
    (font / "font.sf2").symlink_to(soundfont.general_midi())
    songs = tmp_path / "unpacked" / "songs"
    songs.mkdir()
    for number in (7, 801, 900):
        midi = pretty_midi.PrettyMIDI()
        part = pretty_midi.Instrument(0, name="PIANO")
        part.notes = [
            pretty_midi.Note(80, 48 + step % 24, step / 10, step / 10 + 0.3) for step in range(60)
        ]
        midi.instruments.append(part)
        midi.write(str(songs / f"{number:03d}.mid"))
    entry = {"name": "font", "package": "font", "file": "font.sf2", "share": 1.0}
    table = {"train": 2, "validation": 1, "font": [entry], "midi": [{"package": "songs"}]}
    return sources.Ledger(
        music=(), soundfonts=(), scores={"composers": []}, midi=(), performances=table
    )


def test_performances_are_rendered_once_and_their_notes_are_heard(small):
    written = list(performances.prepare(small))
    assert len(written) == 3
    assert list(performances.prepare(small)) == []
    corpus = open_performances()
    assert len(corpus.files) == 2
    assert corpus.hours == pytest.approx(2 * 6.6 / 3600, rel=0.2)
    for audio, truth in corpus.files:
        samples, notes = np.load(audio), np.load(truth)
        assert samples.dtype == np.int16
        assert len(notes) > 5
        power = np.square(samples.astype(np.float64))
        for onset, offset, pitch, velocity in notes:
            assert 0 <= onset < offset <= len(samples) / RATE
            assert 21 <= pitch <= 108
            assert 0 < velocity <= 1
            first = int(onset * RATE)
            assert power[first : first + RATE // 4].mean() > 10


def test_excerpts_carry_their_notes(small):
    list(performances.prepare(small))
    corpus = open_performances()
    samples, notes = corpus.excerpt(np.random.default_rng(3), 1.5)
    assert samples.shape == (round(1.5 * RATE),)
    assert (notes[:, 1] > 0).all()
    assert (notes[:, 0] < 1.5).all()


def test_songs_are_split_by_number(small):
    assert [path.stem for path in performances._songs("songs", "train")] == ["007"]
    assert [path.stem for path in performances._songs("songs", "validation")] == ["801"]


def test_missing_songs_and_performances_are_said(small):
    with pytest.raises(ToolkitError, match="songs of others are not here"):
        performances._songs("others", "train")
    with pytest.raises(ToolkitError, match="no performances are prepared"):
        open_performances("test")


def test_a_key_is_released_before_it_is_struck_again():
    notes = [Note(0.0, 2.0, 60), Note(1.0, 1.5, 60), Note(1.01, 3.0, 60), Note(0.5, 2.0, 61)]
    kept = performances._without_overlaps(notes)
    assert [(note.onset, note.pitch) for note in kept] == [(0.0, 60), (0.5, 61), (1.01, 60)]
    assert kept[0].offset == pytest.approx(1.0)


def test_movements_keep_to_the_segment_and_to_what_sounds():
    bank = {program: presets.Preset(program, (60.0,) * 6) for program in (0, 40, 71, 73)}
    for seed in range(8):
        notes = performances._movement(np.random.default_rng(seed), "luca/gloria.xml", bank)
        assert len(notes) > 10
        assert {note.program for note in notes} <= set(bank)
        assert len({note.program for note in notes}) <= 3
        assert min(note.onset for note in notes) >= 0
        assert max(note.offset for note in notes) <= performances._SEGMENT_SECONDS
        assert all(0.1 <= note.velocity <= 1 and note.offset > note.onset for note in notes)


def test_scores_are_of_one_split():
    scores = {"composers": ["josquin", "luca"], "without": [], "limit": 20}
    ledger = sources.Ledger(music=(), soundfonts=(), scores=scores, midi=(), performances={})
    train, held = (set(performances._works(ledger, split)) for split in ("train", "validation"))
    assert train
    assert held
    assert not train & held
