import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
import soundfile

from toolkit.cli.survey import _folder
from toolkit.errors import UsageError

PROGRAM = """
import sys
import typer
from toolkit.cli.survey import survey
from toolkit.cli.terminal import guarded

if __name__ == "__main__":
    app = typer.Typer(rich_markup_mode=None)
    app.command("survey")(survey)
    guarded(typer.main.get_command(app), "tonearm survey")
"""


@pytest.fixture
def command(tmp_path):
    program = tmp_path / "survey_program.py"
    program.write_text(PROGRAM)
    return [sys.executable, str(program)]


def write(path, seconds=2.0, seed=0):
    rng = np.random.default_rng(seed)
    soundfile.write(path, 0.1 * rng.standard_normal(round(22050 * seconds)), 22050)


def test_a_survey_is_written_beside_the_collection(command, tmp_path):
    discs = tmp_path / "discs"
    discs.mkdir()
    write(discs / "a.wav")
    name = os.fsencode(discs) + b"/caf\xe9.wav"
    (discs / "a.wav").rename(os.fsdecode(name))
    (discs / "broken.wav").write_bytes(b"nothing")
    done = subprocess.run([*command, str(discs), "--jobs", "1"], capture_output=True, check=False)
    assert done.returncode == 3, done.stderr
    assert b"2 files" in done.stdout
    assert b"unreadable: broken.wav" in done.stdout
    out = tmp_path / "discs.survey"
    names = {"index.html", "survey.csv", "survey.json", "survey.sqlite"}
    assert {path.name for path in out.iterdir()} == names
    assert {os.fsencode(path) for path in discs.iterdir()} == {
        name,
        os.fsencode(discs / "broken.wav"),
    }
    (discs / "broken.wav").unlink()
    again = subprocess.run([*command, str(discs), "--json"], capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == json.loads((out / "survey.json").read_text())


def test_what_is_not_there_is_said(command, tmp_path):
    done = subprocess.run([*command, str(tmp_path / "no")], capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("error: no file")


def test_an_interrupted_survey_keeps_what_is_done(command, tmp_path):
    discs = tmp_path / "discs"
    discs.mkdir()
    for number in range(60):
        write(discs / f"{number:02d}.wav", 4.0, number)
    out = tmp_path / "kept"
    process = subprocess.Popen(
        [*command, str(discs), "--jobs", "1", "--out", str(out)],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    patience = monotonic() + 120
    while num_kept(out) < 2:
        assert monotonic() < patience
        assert process.poll() is None
        sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"what was measured is kept" in err
    assert b"Traceback" not in err
    kept = num_kept(out)
    assert 2 <= kept < 60
    assert not (out / "survey.csv").exists()


def test_a_worker_ends_when_its_survey_is_killed(command, tmp_path):
    # A recording of which nothing ever comes: whoever reads it waits.
    silent = tmp_path / "a.wav"
    os.mkfifo(silent)
    with subprocess.Popen(
        [*command, str(silent), "--jobs", "1", "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            with opened_once_read(silent, process):
                process.kill()
                # Its output has an end when nobody holds it any more, the worker neither.
                assert process.communicate(timeout=30) == (b"", None)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def opened_once_read(fifo, process):
    patience = monotonic() + 60
    while (writer := opened_if_read(fifo)) is None:
        assert process.poll() is None
        assert monotonic() < patience
        sleep(0.1)
    return open(writer, "wb")  # noqa: PTH123 - a descriptor is no path


def opened_if_read(fifo):
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def num_kept(out) -> int:
    if not (out / "survey.sqlite").exists():
        return 0
    database = sqlite3.connect(out / "survey.sqlite", timeout=30)
    try:
        return database.execute("select count(*) from contents").fetchone()[0]
    except sqlite3.OperationalError:
        # The file is there before its tables are.
        return 0
    finally:
        database.close()


def test_results_never_go_into_the_collection_unasked(tmp_path):
    discs = tmp_path / "discs"
    discs.mkdir()
    write(discs / "a.wav", 0.1)
    assert _folder([discs]) == _folder([discs / "a.wav"]) == tmp_path / "discs.survey"
    with pytest.raises(UsageError, match="nothing lies beside"):
        _folder([Path(discs.anchor)])
