import os
from pathlib import Path

import pytest

from toolkit.archive.places import FolderCollection, FolderOutput, output_at, state_folder
from toolkit.errors import UsageError


def sources(root, **options):
    return [entry.source for entry in FolderCollection(root, **options).entries()]


def test_finds_recordings_in_order_and_leaves_the_rest(tmp_path, write):
    for name in ("b/2.wav", "b/10.flac", "a.mp3", ".hidden.wav", ".box/x.wav", "a.restored.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    assert sources(tmp_path) == ["a.mp3", "b/10.flac", "b/2.wav"]


def test_an_output_inside_is_left_out(tmp_path, write):
    write(tmp_path / "a.wav")
    write(tmp_path / "out" / "b.wav")
    assert sources(tmp_path, without=tmp_path / "out") == ["a.wav"]


def test_names_of_all_kinds(tmp_path, write):
    names = [
        b"-dash.wav",
        b"new\nline.wav",
        b"no \xff utf8.wav",
        "caf\u00e9.wav".encode(),
        b"x" * 251 + b".wav",
    ]
    for name in names:
        write(tmp_path / os.fsdecode(name))
    assert {os.fsencode(each) for each in sources(tmp_path)} == set(names)


def test_links_that_lead_out_or_in_circles_are_not_followed(tmp_path, write):
    outside = write(tmp_path / "outside" / "secret.wav")
    root = tmp_path / "collection"
    write(root / "a.wav")
    (root / "link.wav").symlink_to(outside)
    (root / "inside.wav").symlink_to(root / "a.wav")
    (root / "nowhere.wav").symlink_to(root / "gone.wav")
    (root / "circle").symlink_to(root)
    assert sources(root) == ["a.wav", "inside.wav"]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        FolderCollection(tmp_path / "none")


def test_the_output_tells_what_is_there(tmp_path, write):
    path = write(tmp_path / "x" / "a.wav")
    output = FolderOutput(tmp_path)
    assert output.sizes(["x/a.wav", "x/b.wav"]) == [path.stat().st_size, None]
    assert output.free_bytes() > 0
    with output.writing("new/folder/c.wav") as place:
        assert place.parent.is_dir()


def test_the_state_of_an_output_at_a_url_needs_a_folder():
    assert state_folder("restored") == Path("restored/.tonearm")
    assert state_folder("s3://bucket", "work") == Path("work")
    with pytest.raises(UsageError, match="local folder"):
        state_folder("s3://bucket")


def test_a_folder_is_a_folder(tmp_path):
    assert output_at(str(tmp_path)) == FolderOutput(tmp_path)
