import hashlib
import os
import re
import shutil
import sqlite3
from pathlib import Path

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.archive.checking import fixity
from toolkit.archive.checking.shelf import FolderShelf
from toolkit.archive.checking.verify import Check, verify
from toolkit.archive.merged import merged
from toolkit.archive.telling import bag_text
from toolkit.archive.telling.bag import Facts, bag
from toolkit.errors import InputError, UsageError

FACTS = Facts("urn:x-archive:78", "Archive of Sound", "Sides A\nand B")


def num_known(restored):
    with merged(restored.state) as batch:
        return len(list(batch.files()))


def test_another_program_finds_the_bag_valid(restored):
    fixity.write_list(restored.state, restored.out / fixity.LIST_NAME)
    made = bag(restored.out, restored.state, facts=FACTS, threads=2)
    assert made.folder == restored.out.with_name("out.bag")
    judge = bagit.Bag(str(made.folder))
    assert judge.validate()
    assert judge.version_info == (1, 0)
    assert judge.info["External-Identifier"] == "urn:x-archive:78"
    assert judge.info["Source-Organization"] == "Archive of Sound"
    assert judge.info["External-Description"] == "Sides A and B"
    assert judge.info["Payload-Oxum"] == f"{made.num_bytes}.{made.num_files}"
    assert made.num_files == num_known(restored) + 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", judge.info["Bagging-Date"])


def test_a_flipped_bit_in_a_bag_is_found_by_both(restored):
    made = bag(restored.out, restored.state)
    victim = next((made.folder / "data").rglob("*.flac"))
    # In place: the hard link shows why a program that writes so must be kept away.
    copy = victim.read_bytes()
    victim.unlink()
    victim.write_bytes(copy[:-1] + bytes([copy[-1] ^ 1]))
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(made.folder)).validate()
    assert verify(Check(FolderShelf(made.folder))).findings["changed"] == 1
    assert verify(Check(FolderShelf(restored.out), restored.state)).is_sound


def test_a_bag_is_sound_for_verify_whatever_its_names(restored):
    made = bag(restored.out, restored.state)
    findings = []
    assert verify(Check(FolderShelf(made.folder)), findings.append).is_sound, findings
    (made.folder / "data" / "new.wav").touch()
    (made.folder / "new.txt").touch()
    assert verify(Check(FolderShelf(made.folder))).findings["unexpected"] == 2


def test_files_are_hard_links_and_the_output_is_left_as_it_is(restored):
    before = {path: path.stat().st_mtime_ns for path in restored.out.rglob("*") if path.is_file()}
    made = bag(restored.out, restored.state)
    name = "naïve – 夜.restored.flac"
    assert (made.folder / "data" / name).samefile(restored.out / name)
    assert not any(path.is_symlink() for path in made.folder.rglob("*"))
    after = {path: path.stat().st_mtime_ns for path in before if path.parent != restored.state}
    assert after.items() <= before.items()


def test_another_disk_gets_copies(restored):
    shared = Path("/dev/shm")
    assert shared.stat().st_dev != restored.out.stat().st_dev
    folder = shared / f"tonearm-test-{os.getpid()}.bag"
    try:
        made = bag(restored.out, restored.state, folder)
        assert bagit.Bag(str(folder)).validate()
        assert all(path.stat().st_nlink == 1 for path in folder.rglob("*") if path.is_file())
        assert made.num_files == num_known(restored)
    finally:
        shutil.rmtree(folder)


def test_names_that_no_bag_can_list_are_escaped_and_the_bag_says_so(restored):
    made = bag(restored.out, restored.state)
    assert (made.folder / "data" / "caf=E9 =3D 1.restored.wav").is_file()
    assert (made.folder / "data" / "=1+1.restored.wav").is_file()
    assert "=E9" in bagit.Bag(str(made.folder)).info["Internal-Sender-Description"]


def test_line_ends_in_names_are_encoded(restored):
    made = bag(restored.out, restored.state)
    lines = (made.folder / "manifest-sha256.txt").read_text(encoding="utf-8").split("\n")
    assert sum("data/line%0Aend.restored.wav" in line for line in lines) == 2
    assert len(lines) == made.num_files + 1
    for line in filter(None, lines):
        digest, path = line.split("  ", 1)
        file = made.folder / bag_text.decoded(path)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == digest


def test_the_same_bag_again_is_left_alone_and_another_refused(restored):
    made = bag(restored.out, restored.state, facts=FACTS)
    stamp = made.folder.stat().st_mtime_ns
    again = bag(restored.out, restored.state, facts=FACTS)
    assert again == made
    assert again.folder.stat().st_mtime_ns == stamp
    with pytest.raises(UsageError, match="another bag"):
        bag(restored.out, restored.state)
    (restored.out / "report.csv").write_text("source\r\n")
    with pytest.raises(UsageError, match="another bag"):
        bag(restored.out, restored.state, facts=FACTS)
    assert not list(restored.out.parent.glob(".*.part"))
    assert bagit.Bag(str(made.folder)).validate()


def test_a_folder_that_is_no_bag_is_never_touched(restored):
    folder = restored.out.with_name("out.bag")
    folder.mkdir()
    (folder / "mine.txt").touch()
    with pytest.raises(UsageError, match="is no bag"):
        bag(restored.out, restored.state)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_file_that_is_not_what_was_written_makes_no_bag(restored, damage):
    path = restored.out / "folder.restored.wav"
    path.unlink()
    if damage == "changed":
        path.write_bytes(b"other")
    with pytest.raises(InputError, match=r"folder\.restored\.wav is (missing|not what)"):
        bag(restored.out, restored.state)
    assert sorted(each.name for each in restored.out.parent.iterdir()) == ["out"]


def test_two_names_that_become_one_are_refused(restored):
    twin = "caf=E9 =3D 1.restored.wav"
    (restored.out / "folder.restored.wav").rename(restored.out / twin)
    with sqlite3.connect(restored.state / "manifest.sqlite") as connection:
        connection.execute("UPDATE files SET path = ? WHERE path = 'folder.restored.wav'", (twin,))
    connection.close()
    with pytest.raises(UsageError, match="two files would be"):
        bag(restored.out, restored.state)


def test_what_an_interrupted_attempt_left_is_swept(restored):
    part = restored.out.with_name(".out.bag.part")
    (part / "data").mkdir(parents=True)
    (part / "data" / "old").touch()
    made = bag(restored.out, restored.state)
    assert not part.exists()
    assert not (made.folder / "data" / "old").exists()


def test_percent_signs_are_encoded_as_the_standard_says(restored):
    """RFC 8493, 2.1.3; bagit.py 1.9 decodes line ends alone and would look for another name."""
    assert bag_text.encoded("data/100%0A\n.wav") == "data/100%250A%0A.wav"
    name = "100%.restored.wav"
    (restored.out / "folder.restored.wav").rename(restored.out / name)
    with sqlite3.connect(restored.state / "manifest.sqlite") as connection:
        connection.execute("UPDATE files SET path = ? WHERE path = 'folder.restored.wav'", (name,))
    connection.close()
    made = bag(restored.out, restored.state)
    text = (made.folder / "manifest-sha256.txt").read_text(encoding="utf-8")
    assert "  data/100%25.restored.wav\n" in text
    assert verify(Check(FolderShelf(made.folder))).is_sound


@given(st.text(st.characters(exclude_characters="/\0"), min_size=1))
def test_paths_come_back_from_a_manifest_line(name):
    line = bag_text.encoded(name)
    assert bag_text.decoded(line) == name
    assert not {"\r", "\n"} & set(line)


@given(st.binary(min_size=1).filter(lambda name: b"/" not in name and b"\0" not in name))
def test_every_name_becomes_utf8_and_only_foreign_ones_change(name):
    text = os.fsdecode(name)
    safe = bag_text.in_utf8(text)
    safe.encode("utf-8")
    try:
        assert safe == name.decode("utf-8")
    except UnicodeDecodeError:
        restored = re.sub(
            rb"=([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), safe.encode()
        )
        assert restored == name
