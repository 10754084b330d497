"""Pieces are found as files and in archives, and broken ones are refused."""

import io
import struct

import mido
import pytest

from toolkit.adapters import game_music
from toolkit.errors import ToolkitError


def midi(pitch: int) -> bytes:
    file, track, buffer = mido.MidiFile(), mido.MidiTrack(), io.BytesIO()
    track.append(mido.Message("note_on", note=pitch, velocity=80))
    track.append(mido.Message("note_off", note=pitch, time=480))
    file.tracks.append(track)
    file.save(file=buffer)
    return buffer.getvalue()


def wad(**lumps: bytes) -> bytes:
    body, directory = b"", b""
    for name, lump in lumps.items():
        directory += struct.pack("<ii8s", 12 + len(body), len(lump), name.upper().encode())
        body += lump
    return struct.pack("<4sii", b"PWAD", len(lumps), 12 + len(body)) + body + directory


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    folder = tmp_path / "unpacked" / "some-game" / "music"
    folder.mkdir(parents=True)
    (folder / "theme.mid").write_bytes(midi(60))
    (folder / "torn.mid").write_bytes(midi(60)[:30])
    (folder / "game.wad").write_bytes(wad(d_one=midi(64), d_same=midi(64), map01=b"walls"))
    game_music.forget()
    return "some-game"


def test_pieces_are_files_and_lumps_each_once(package):
    assert game_music.pieces(package) == ("game/d_one", "music/theme", "music/torn")
    (note,) = game_music.read(package, "game/d_one")
    assert (note.onset, note.offset, note.pitch) == (0.0, 0.5, 64)


@pytest.mark.parametrize(
    ("name", "said"), [("music/torn", "is no MIDI file"), ("music/none", "has no music/none")]
)
def test_what_cannot_be_read_is_said(package, name, said):
    with pytest.raises(ToolkitError, match=said):
        game_music.read(package, name)


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (b"PK\3\4 and more of a zip file", "no WAD"),
        (wad(d_one=b"x" * 20)[:30], "directory lies outside"),
    ],
)
def test_other_archives_are_refused(archive, said):
    with pytest.raises(ToolkitError, match=said):
        list(game_music.wad_lumps(archive))
