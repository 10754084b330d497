import json
import shutil

import pytest
import typer
from typer.testing import CliRunner

from toolkit.archive.telling.bag import bag
from toolkit.cli.terminal import SOME_FAILED
from toolkit.cli.verify import verify
from toolkit.errors import UsageError

app = typer.Typer()
app.command()(verify)


def call(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=True)


def test_all_well_ends_with_zero_and_a_line_that_says_so(restored):
    done = call(restored.out)
    assert done.exit_code == 0
    assert done.stdout == ""
    assert done.stderr.startswith("24 files, ")
    assert done.stderr.endswith("all as they were written\n")


def test_findings_are_results_and_end_with_three(restored):
    (restored.out / "folder.restored.wav").write_bytes(b"x")
    (restored.out / "new\nline.txt").touch()
    done = call(restored.out, "--jobs", 2)
    assert done.exit_code == SOME_FAILED
    lines = done.stdout.splitlines()
    assert lines[0] == "changed: folder.restored.wav"
    assert "the manifest says" in lines[1]
    assert any(line.startswith("unexpected: new") for line in lines)
    assert "1 changed, 1 unexpected" in done.stderr
    assert len(call(restored.out, "--quiet").stdout.splitlines()) < len(lines)


def test_json_has_a_line_for_each_finding_and_one_for_all(restored):
    (restored.out / "folder.restored.wav").unlink()
    done = call(restored.out, "--json")
    finding, summary = map(json.loads, done.stdout.splitlines())
    assert (finding["event"], finding["kind"]) == ("finding", "missing")
    assert finding["path"] == "folder.restored.wav"
    assert summary["event"] == "summary"
    assert summary["sound"] is False
    assert summary["findings"]["missing"] == 1
    assert summary["num_files"] == 23


def test_a_bag_and_a_copy_without_manifest_are_checked_too(restored):
    made = bag(restored.out, restored.state)
    assert call(made.folder).exit_code == 0
    state = restored.out.with_name("state")
    shutil.move(restored.state, state)
    assert call(restored.out).exit_code == 0
    assert call(restored.out, "--state", state).exit_code == 0


def test_lists_are_written_and_checked(restored, tmp_path):
    path = tmp_path / "legacy.md5"
    assert call(restored.out, "--write-list", path, "--algorithm", "md5").exit_code == 0
    assert len(path.read_bytes().splitlines()) == 24
    assert call(restored.out, "--list", path).exit_code == 0
    (restored.out / "folder.restored.wav").write_bytes(b"x")
    assert call(restored.out, "--list", path, "--without-manifest").exit_code == SOME_FAILED


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("file:///nowhere",), "local folder"),
        (("nowhere",), "no folder"),
        ((".", "--algorithm", "crc"), "no algorithm"),
    ],
)
def test_mistakes_are_said(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call(*arguments)
    assert isinstance(done.exception, UsageError)
    assert words in done.exception.message


def test_an_output_at_a_url_is_checked_by_its_manifest(restored):
    url = f"file://{restored.out}"
    state = restored.out.with_name("state")
    shutil.move(restored.state, state)
    assert call(url, "--state", state).exit_code == 0
    (restored.out / "folder.restored.wav").unlink()
    (restored.out / "=1+1.restored.wav").write_bytes(b"x")
    (restored.out / "new.wav").touch()
    done = call(url, "--state", state, "--quiet")
    assert done.exit_code == SOME_FAILED
    assert set(done.stdout.splitlines()) == {
        "missing: folder.restored.wav",
        "changed: =1+1.restored.wav",
        "unexpected: new.wav",
    }
