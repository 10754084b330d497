import numpy as np
import pretty_midi
import pytest

from toolkit.errors import ToolkitError
from toolkit.evaluation.songs import stem_of
from toolkit.training import arrangements
from toolkit.training.drumming import drumming
from toolkit.values import DRUMS, Note


def stems(notes):
    return {stem_of(note.program) for note in notes}


@pytest.fixture
def songbook(tmp_path, monkeypatch):
    """Two songs of a melody over broken chords with a bass note on every beat."""
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    for number in (1, 801):
        song = pretty_midi.PrettyMIDI(initial_tempo=120)
        for name in ("MELODY", "BRIDGE", "PIANO"):
            song.instruments.append(pretty_midi.Instrument(0, name=name))
        melody, bridge, piano = (part.notes for part in song.instruments)
        for beat in range(100):
            at = beat / 2
            melody.append(pretty_midi.Note(90, 72 + beat % 5, at, at + 0.4))
            piano.append(pretty_midi.Note(70, 40 + beat % 3, at, at + 0.5))
            piano.append(pretty_midi.Note(70, 60, at + 0.25, at + 0.5))
        bridge.append(pretty_midi.Note(80, 65, 10.0, 11.0))
        folder = tmp_path / "unpacked" / "pop909" / f"{number:03d}"
        folder.mkdir(parents=True)
        song.write(str(folder / f"{number:03d}.mid"))
    return tmp_path


def test_songs_for_tests_are_not_used(songbook, monkeypatch):
    assert [path.stem for path in arrangements.pop_songs()] == ["001"]
    monkeypatch.setenv("TONEARM_CACHE", str(songbook / "elsewhere"))
    with pytest.raises(ToolkitError, match="not here"):
        arrangements.pop_songs()


def test_songs_get_basses_drums_and_other_instruments(songbook):
    (path,) = arrangements.pop_songs()
    found = [arrangements.pop(np.random.default_rng(seed), path) for seed in range(20)]
    assert found[0] == arrangements.pop(np.random.default_rng(0), path)
    seen = [stems(notes) for notes in found]
    for stem, share in (("other", 0.9), ("bass", 0.7), ("drums", 0.6), ("piano", 0.4)):
        assert sum(stem in each for each in seen) >= share * len(seen), stem
    for notes in found:
        assert all(0 <= note.onset < arrangements.SECONDS + 1 for note in notes)
        low = [note.pitch for note in notes if stem_of(note.program) == "bass"]
        assert all(28 <= pitch <= 52 for pitch in low)


def test_basses_take_the_lowest_of_what_is_struck_together():
    notes = [Note(t + 0.01 * k, t + 1, p) for t in (0, 1) for k, p in enumerate((64, 45, 50))]
    notes.append(Note(2, 3, 80))
    assert [n.pitch for n in arrangements._roots(notes, 0.0)] == [45, 45]
    assert [n.onset for n in arrangements._roots(notes, 1.5)] == [0.01]


def test_movements_have_their_lowest_part_on_a_bass():
    parts = [
        Note(t / 2, t / 2 + 0.4, 76 - 12 * part, 0.7, part) for t in range(20) for part in (0, 1, 2)
    ]
    found = [arrangements.movement(np.random.default_rng(s), parts, 120.0) for s in range(12)]
    basses = [[n for n in notes if stem_of(n.program) == "bass"] for notes in found]
    assert sum(bool(each) for each in basses) >= 6
    assert all(note.pitch == 52 for each in basses for note in each)


def test_chance_plays_all_classes():
    found = [arrangements.chance(np.random.default_rng(seed)) for seed in range(12)]
    assert set.union(*(stems(notes) for notes in found)) == {"piano", "bass", "drums", "other"}
    assert all(note.pitch <= 52 for notes in found for note in notes if 32 <= note.program < 40)


def test_pads_hold_the_chord_of_each_bar():
    notes = [Note(t / 2, t / 2 + 0.4, p) for t in range(8) for p in (48, 64, 79)]
    beats = [t / 2 for t in range(9)]
    found = list(arrangements._pad(notes, beats))
    assert [(n.onset, n.offset, n.pitch) for n in found] == [
        (bar, bar + 2, pitch) for bar in (0.0, 2.0) for pitch in (60, 64, 67)
    ]


def test_drums_keep_to_the_beat():
    beats = [0.5 * beat for beat in range(40)]
    for seed in range(10):
        found = drumming(np.random.default_rng(seed), beats)
        assert len(found) > 40
        assert {note.program for note in found} == {DRUMS}
        kicks = np.array([note.onset for note in found if note.pitch in (35, 36)])
        if len(kicks):
            subdivisions = np.concatenate([np.arange(0, 20, 0.5 / k) for k in (2, 3, 4)])
            swung = np.concatenate([subdivisions, np.arange(0, 20, 0.5)[:, None].ravel() + 0.31])
            off = np.abs(kicks[:, None] - swung[None]).min(axis=1)
            assert np.median(off) < 0.04
    assert drumming(np.random.default_rng(0), [1.0]) == []
