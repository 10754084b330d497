import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.archive.checking import fixity
from toolkit.archive.checking.shelf import FolderShelf
from toolkit.archive.checking.verify import Check, verify
from toolkit.archive.manifest import Manifest
from toolkit.archive.merged import merged
from toolkit.errors import UsageError


def look(check):
    findings = []
    verdict = verify(check, findings.append)
    assert sum(verdict.findings.values()) == len(findings)
    return verdict, [(each.kind, each.path) for each in findings]


def result_of(restored):
    with merged(restored.state) as batch:
        return next(file for file in batch.files() if file.role == "output").path


def test_a_fresh_output_is_sound_and_every_file_of_it_was_read(restored):
    verdict, findings = look(Check(FolderShelf(restored.out), restored.state, threads=2))
    with merged(restored.state) as batch:
        files = list(batch.files())
    assert findings == []
    assert verdict.is_sound
    assert verdict.num_files == len(files) == 24
    assert verdict.num_bytes == sum(each.size for each in files)


@pytest.fixture(scope="module")
def listed(finished):
    """A finished output with its list of digests, and what to put back after a change."""
    out = Path(tempfile.mkdtemp()) / "out"
    shutil.copytree(finished.out, out)
    fixity.write_list(out / ".tonearm", out / fixity.LIST_NAME)
    yield out
    shutil.rmtree(out.parent)


@settings(max_examples=150)
@given(data=st.data(), without=st.booleans())
def test_one_flipped_bit_in_any_file_is_found(listed, data, without):
    files = sorted(
        path for path in listed.rglob("*") if path.is_file() and ".tonearm" not in path.parts
    )
    path = data.draw(st.sampled_from(files))
    whole = path.read_bytes()
    place = data.draw(st.integers(0, 8 * len(whole) - 1))
    changed = bytearray(whole)
    changed[place // 8] ^= 1 << place % 8
    path.write_bytes(changed)
    try:
        verdict, findings = look(
            Check(FolderShelf(listed), None if without else listed / ".tonearm")
        )
    finally:
        path.write_bytes(whole)
    assert not verdict.is_sound
    name = path.relative_to(listed).as_posix()
    if name != fixity.LIST_NAME:
        assert any(found == name and kind in ("changed", "disagrees") for kind, found in findings)


def test_missing_and_unexpected_files_are_named(restored):
    path = result_of(restored)
    (restored.out / path).rename(restored.out / "elsewhere.wav")
    (restored.out / "folder/inner/.x.part").touch()
    verdict, findings = look(Check(FolderShelf(restored.out), restored.state))
    assert sorted(findings) == [
        ("missing", path),
        ("unexpected", "elsewhere.wav"),
        ("unexpected", "folder/inner/.x.part"),
    ]
    assert verdict.findings["missing"] == 1


def test_a_pipe_under_a_files_name_is_not_read_for_ever(restored):
    path = restored.out / result_of(restored)
    path.unlink()
    os.mkfifo(path)
    verdict, _ = look(Check(FolderShelf(restored.out), restored.state))
    assert verdict.findings["unreadable"] == 1


def test_records_are_held_against_the_manifest(restored):
    path = result_of(restored)
    record = restored.out / f"{path}.json"
    facts = json.loads(record.read_text())
    facts["output"]["sha256"] = "0" * 64
    record.write_text(json.dumps(facts))
    _, findings = look(Check(FolderShelf(restored.out), restored.state))
    assert sorted(findings) == [("changed", f"{path}.json"), ("disagrees", f"{path}.json")]


def test_lists_are_held_against_the_manifest(restored):
    path = result_of(restored)
    (restored.out / "fixity.md5").write_bytes(fixity.line("0" * 32, path))
    _, findings = look(Check(FolderShelf(restored.out), restored.state))
    assert findings == [("disagrees", path)]


def test_without_a_manifest_records_speak_for_their_results(restored):
    shutil.rmtree(restored.state)
    verdict, findings = look(Check(FolderShelf(restored.out)))
    assert (verdict.num_files, findings) == (24, [])
    path = result_of_records(restored.out)
    (restored.out / path).write_bytes(b"other")
    assert look(Check(FolderShelf(restored.out)))[1] == [("changed", path)]


def result_of_records(out):
    return min(path.relative_to(out).as_posix() for path in out.rglob("*.restored.wav"))


def test_nothing_to_go_by_is_an_error(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(UsageError, match="nothing says"):
        verify(Check(FolderShelf(tmp_path)))


@pytest.mark.parametrize("path", ["../outside.wav", "/etc/hostname"])
def test_a_list_cannot_lead_out_of_the_output(restored, tmp_path, path):
    (tmp_path / "outside.wav").write_bytes(b"")
    (tmp_path / "hostile.sha256").write_bytes(fixity.line("0" * 64, path))
    _, findings = look(
        Check(FolderShelf(restored.out), restored.state, (tmp_path / "hostile.sha256",))
    )
    assert findings == [("unreadable", path)]


def test_each_look_is_noted_and_what_it_found_at_its_job(restored):
    verify(Check(FolderShelf(restored.out), restored.state))
    path = result_of(restored)
    (restored.out / path).write_bytes(b"")
    verify(Check(FolderShelf(restored.out), restored.state))
    with Manifest.open(restored.state / "manifest.sqlite") as manifest:
        events = [each for each in manifest.events() if each.kind == "fixity check"]
        files = next(job for job in manifest.jobs("done") if job.target == path)
    assert [(each.outcome, each.job) for each in events] == [
        ("success", None),
        ("failure", files.id),
        ("failure", None),
    ]
    assert events[0].detail["files"] == 24
    assert events[1].detail["path"] == path


def test_other_algorithms_are_written_and_checked(restored, tmp_path):
    path = restored.out / "fixity.sha512"
    verify(Check(FolderShelf(restored.out), restored.state, write=path, algorithm="sha512"))
    verdict, _ = look(Check(FolderShelf(restored.out), restored.state))
    assert verdict.is_sound
    lines = path.read_bytes().splitlines()
    assert len(lines) == 24
    path.write_bytes(path.read_bytes().replace(lines[3][:20], b"0" * 20))
    assert not look(Check(FolderShelf(restored.out), restored.state))[0].is_sound


def test_an_unknown_algorithm_is_refused(tmp_path):
    with pytest.raises(UsageError, match="crc32"):
        Check(FolderShelf(tmp_path), algorithm="crc32")


def test_progress_reaches_the_whole(restored):
    seen = []
    verify(
        Check(FolderShelf(restored.out), restored.state), progress=lambda *each: seen.append(each)
    )
    assert seen[-1][1] == seen[-1][2]
    assert [each[1] for each in seen] == sorted(each[1] for each in seen)
