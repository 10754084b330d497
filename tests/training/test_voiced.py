import mido
import numpy as np
import pytest

from toolkit.errors import ToolkitError
from toolkit.training import voiced
from toolkit.training.textures import BASS, INNER, MELODY


def write_song(folder):
    """A song of a rising melody over bass notes and chords, two seconds long."""
    tracks = {"MELODY": (72, 74, 76, 77), "BRIDGE": (79,), "PIANO": (36, 60, 64, 38, 62, 65)}
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500000)]))
    for name, pitches in tracks.items():
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        for pitch in pitches:
            track.append(mido.Message("note_on", note=pitch, velocity=90, time=0))
            track.append(mido.Message("note_off", note=pitch, time=480))
        file.tracks.append(track)
    folder.mkdir(parents=True)
    file.save(folder / f"{folder.name}.mid")


@pytest.fixture
def collection(tmp_path, monkeypatch):
    """A cache folder with one song, and lists of one work and one tune."""
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    write_song(tmp_path / "unpacked" / "pop909" / "001")
    monkeypatch.setattr(voiced, "SONGS", (1,))
    monkeypatch.setattr(voiced, "HELD_SONGS", (1,))
    monkeypatch.setattr(voiced, "SCORES", ("bach/bwv66.6",))
    monkeypatch.setattr(voiced, "HELD_SCORES", ("bach/bwv66.6",))
    monkeypatch.setattr(voiced, "TUNE_BOOKS", ("oneills1850/0626-0635.abc",))
    return tmp_path


def test_the_lowest_voice_of_the_piano_is_the_bass(collection):
    song = voiced.song(1)
    assert song.pitch[song.label == MELODY].tolist() == [72, 74, 76, 77]
    assert song.pitch[song.label == BASS].tolist() == [36, 38]
    assert song.weight[song.pitch == 79] < 1
    assert (song.duration == 1).all()


def test_all_kinds_are_described_once(collection):
    with pytest.raises(ToolkitError, match="prepared"):
        voiced.open_described("train")
    written = list(voiced.prepare())
    assert len(written) == 2 * len(voiced.KINDS)
    assert not list(voiced.prepare())
    for split in ("train", "validation"):
        for kind in voiced.open_described(split).values():
            count = len(kind["label"])
            assert kind["features"].shape[0] == len(kind["weight"]) == kind["end"][-1] == count
            assert np.isfinite(kind["features"]).all()
            assert set(np.unique(kind["label"])) == {INNER, MELODY, BASS}
    scores = voiced.open_described("validation")["scores"]
    assert np.mean(scores["label"] == MELODY) == pytest.approx(0.25, abs=0.05)
