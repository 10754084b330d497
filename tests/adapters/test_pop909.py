import mido
import pytest

from toolkit.adapters import pop909
from toolkit.errors import InputError, ToolkitError


def write_song(folder, tracks):
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500000)])
    file.tracks.append(conductor)
    for name, pitches in tracks.items():
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        for pitch in pitches:
            track.append(mido.Message("note_on", note=pitch, velocity=90, time=0))
            track.append(mido.Message("note_off", note=pitch, time=480))
        file.tracks.append(track)
    folder.mkdir(parents=True)
    file.save(folder / f"{folder.name}.mid")


def test_the_tracks_of_a_song_are_kept_apart(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    home = tmp_path / "unpacked" / "pop909" / "POP909"
    write_song(home / "001", {"MELODY": (72, 74), "BRIDGE": (), "PIANO": (48, 50, 52)})
    song = pop909.song(1)
    assert [note.pitch for note in song.melody] == [72, 74]
    assert len(song.bridge) == 0
    assert [note.onset for note in song.piano] == [0, 0.5, 1.0]
    assert song.piano.tempo_map[0][1] == pytest.approx(120)
    write_song(home / "002", {"MELODY": (60,)})
    with pytest.raises(InputError, match="lacks a track"):
        pop909.song(2)


def test_where_to_unpack_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    with pytest.raises(ToolkitError) as caught:
        pop909.song(1)
    assert "unpacked" in caught.value.hint


def test_the_splits_share_no_song():
    splits = [set(each) for each in (pop909.TRAINING, pop909.VALIDATION, pop909.TEST)]
    assert sum(len(each) for each in splits) == len(set.union(*splits)) == 909
