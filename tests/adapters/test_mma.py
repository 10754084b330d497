import mido
import pytest

from toolkit.adapters import mma
from toolkit.errors import ToolkitError
from toolkit.values import DRUMS

HOME = ("usr", "share", "mma")


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library of forty files with a groove each, where the package would be unpacked."""
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    home = tmp_path.joinpath("unpacked", "mma", *HOME)
    (home / "lib" / "stdlib").mkdir(parents=True)
    (home / "mma.py").write_text("")
    for number in range(40):
        text = f"Begin Bass\nEnd\nDefGroove Style{number}  A style\n  defgroove Style{number}End\n"
        (home / "lib" / "stdlib" / f"style{number}.mma").write_text(text)
    mma._home.cache_clear()
    yield
    mma._home.cache_clear()


def test_grooves_are_split_by_file(library):
    heard, held_out = mma.grooves(held_out=False), mma.grooves(held_out=True)
    assert len(heard) + len(held_out) == 80
    assert 2 <= len(held_out) <= 20
    assert not {name.removesuffix("End") for name in heard} & set(held_out)
    assert heard[0].startswith("stdlib:Style")


def test_notes_have_the_program_of_their_channel_and_seconds():
    song = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    track += [
        mido.MetaMessage("set_tempo", tempo=500000),
        mido.Message("program_change", channel=1, program=33),
        mido.Message("note_on", channel=1, note=40, velocity=127),
        mido.Message("note_on", channel=9, note=36, velocity=64, time=480),
        mido.Message("note_off", channel=9, note=36, time=0),
        mido.Message("note_on", channel=1, note=40, velocity=0, time=480),
    ]
    song.tracks.append(track)
    bass, drum = mma._notes(song)
    assert (bass.program, bass.onset, bass.offset, bass.velocity) == (33, 0.0, 1.0, 1.0)
    assert (drum.program, drum.onset) == (DRUMS, 0.5)
    assert drum.offset > drum.onset


@pytest.mark.slow
def test_a_band_plays_a_chart():
    groove = mma.grooves(held_out=True)[0]
    notes = mma.accompany(["C", "Am7", "Dm7", "G7"], groove, 120, seed=1)
    assert 6 < notes.duration < 12
    assert len({note.program for note in notes}) >= 2
    assert notes == mma.accompany(["C", "Am7", "Dm7", "G7"], groove, 120, seed=1)


@pytest.mark.slow
def test_an_unknown_chord_is_an_error_with_its_words():
    with pytest.raises(ToolkitError, match="MMA cannot play"):
        mma.accompany(["Hxyz"], mma.grooves(held_out=True)[0], 120)
