import zipfile

import pytest

from toolkit.adapters import engraving, musicxml
from toolkit.errors import InputError
from toolkit.values import Note, Notes

WALTZ = Notes(
    tuple(
        Note(0.5 * beat, 0.5 * beat + 0.5, pitch, 0.7)
        for beat, pitch in enumerate((60, 64, 67, 72, 67, 64))
    ),
    tempo_map=((0.0, 120.0),),
    meters=((0.0, 3, 4),),
)


@pytest.fixture
def waltz(tmp_path):
    path = tmp_path / "waltz.musicxml"
    engraving.write(path, WALTZ, title="Waltz")
    return path


def test_what_was_written_is_read(waltz):
    found = musicxml.read(waltz)
    assert [note.pitch for note in found] == [note.pitch for note in WALTZ]
    assert [note.onset for note in found] == pytest.approx([note.onset for note in WALTZ])
    assert found.meters[0][1:] == (3, 4)
    assert found.tempo_map == ((0.0, 120.0),)


def test_compressed_too(waltz, tmp_path):
    path = tmp_path / "waltz.mxl"
    inside = "<container><rootfiles><rootfile full-path='a.musicxml'/></rootfiles></container>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", inside)
        archive.write(waltz, "a.musicxml")
    assert musicxml.is_musicxml(path)
    assert len(musicxml.read(path)) == len(WALTZ)


@pytest.mark.parametrize("content", [b"<?xml version='1.0'?><score-partwise><part>", b"PK\x03\x04"])
def test_broken_files_are_two_lines(tmp_path, content):
    path = tmp_path / "bad.musicxml"
    path.write_bytes(content)
    assert musicxml.is_musicxml(path)
    with pytest.raises(InputError, match=r"bad.musicxml: broken MusicXML") as raised:
        musicxml.read(path)
    assert raised.value.hint


def test_other_files_are_none(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    assert not musicxml.is_musicxml(tmp_path / "a.wav")
    assert not musicxml.is_musicxml(tmp_path / "missing.xml")
