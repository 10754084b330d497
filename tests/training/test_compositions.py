"""Excerpts keep who plays what, move all but drums, and leave noises out."""

import mido
import numpy as np
import pytest

from toolkit.adapters import game_music
from toolkit.evaluation.songs import stem_of
from toolkit.training import compositions
from toolkit.values import DRUMS

_NOISE, _FLUTE, _BASS = 125, 73, 33


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A band of a flute, a bass, drums and a helicopter, and a flute alone."""
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    folder = tmp_path / "unpacked" / "some-game" / "music"
    folder.mkdir(parents=True)
    for name, parts in (
        ("band", ((0, _FLUTE), (1, _BASS), (9, 0), (2, _NOISE))),
        ("solo", ((0, 73),)),
    ):
        file = mido.MidiFile()
        for channel, program in parts:
            track = mido.MidiTrack()
            track.append(mido.Message("program_change", channel=channel, program=program))
            for _ in range(120):
                track.append(mido.Message("note_on", channel=channel, note=40, velocity=80))
                track.append(mido.Message("note_off", channel=channel, note=40, time=480))
            file.tracks.append(track)
        file.save(folder / f"{name}.mid")
    (folder / "torn.mid").write_bytes(b"MThd and no more")
    game_music.forget()
    return [{"package": "some-game", "excerpts": 2}]


def test_only_bands_are_listed_as_often_as_asked(sources):
    assert list(compositions.listed(sources)) == [("some-game", "music/band")] * 2


def test_an_excerpt_is_moved_and_keeps_its_classes(sources):
    excerpts = [
        compositions.excerpt(np.random.default_rng(seed), "some-game", "music/band")
        for seed in range(6)
    ]
    for notes in excerpts:
        assert {stem_of(note.program) for note in notes} == {"other", "bass", "drums"}
        assert _NOISE not in {note.program for note in notes}
        assert {note.pitch for note in notes if note.program == DRUMS} == {40}
        others = {note.pitch for note in notes if note.program != DRUMS}
        assert len(others) == 1
        assert abs(others.pop() - 40) <= 5
        assert max(note.offset for note in notes) < compositions.SECONDS + 3
    assert len({note.pitch for notes in excerpts for note in notes}) > 2
    assert len({len(notes) for notes in excerpts}) > 2
    again = compositions.excerpt(np.random.default_rng(0), "some-game", "music/band")
    assert again == excerpts[0]
