import json
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile

NULL = 'name = "null"\nsummary = "Copies."\n[[step]]\nstage = "declip"\nstrength = 0.0\n'
# Every connection that any of the processes tries ends it, with a code of its own.
OFFLINE = """
import os, sys

def refuse(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple):
        os._exit(77)

sys.addaudithook(refuse)
"""


@pytest.fixture
def collection(tmp_path):
    (tmp_path / "null.toml").write_text(NULL)
    rng = np.random.default_rng(0)
    for name in ("a/1.wav", "a/2.flac", "b/1.wav"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * rng.standard_normal(4000), 8000, subtype="PCM_16")
    return tmp_path / "in"


@pytest.fixture
def batch(collection, tmp_path, call):
    def run_batch(*options):
        chain = str(tmp_path / "null.toml")
        common = ("--out", str(tmp_path / "out"), "--pipeline", chain, "-j", "1")
        code, out, err = call("batch", str(collection), *common, *options)
        return code, out.decode(), err

    return run_batch


def test_restores_names_results_and_documents(batch, tmp_path, collection):
    code, out, err = batch()
    assert code == 0, err
    expected = ["a/1.null.wav", "a/2.null.flac", "b/1.null.wav"]
    assert sorted(out.split()) == [f"{tmp_path}/out/{name}" for name in expected]
    assert "3 done, 0 failed, 0 set aside, 0 left" in err
    for name in expected:
        record = json.loads((tmp_path / "out" / f"{name}.json").read_text())
        assert set(record["measures"]) >= {"before", "after"}
    for name in ("report.html", "report.csv", "quarantine.csv", "fixity.sha256", "premis.xml"):
        assert (tmp_path / "out" / name).stat().st_size > 0
    code, out, err = batch()
    assert (code, out) == (0, "")
    assert "before: 3 done" in err


def test_ends_with_three_when_some_could_not_be_restored(batch, collection):
    (collection / "bad.wav").write_bytes(b"no sound")
    code, out, err = batch("--no-pages", "--no-measures")
    assert code == 3
    assert len(out.split()) == 3
    assert "bad.wav: set aside: E_FORMAT" in err
    assert "hint:" in err


def test_tells_events_as_lines_of_json(batch):
    code, out, _ = batch("--json", "--no-pages", "--no-measures")
    events = [json.loads(line) for line in out.splitlines()]
    kinds = [each["event"] for each in events]
    assert code == 0
    assert kinds[0] == "planned"
    assert kinds.count("started") == kinds.count("done") == 3
    assert kinds[-1] == "ended"
    assert events[-1]["done"] == 3


def test_a_dry_run_shows_the_plan_and_an_estimate_and_writes_nothing(batch, tmp_path):
    code, out, err = batch("--dry-run")
    assert code == 0
    assert "new         a/1.wav -> a/1.null.wav" in out
    assert "estimate:" in err
    code, out, _ = batch("--dry-run", "--json")
    plan = json.loads(out)
    assert plan["to_do"] == 3
    assert plan["audio_hours"] == pytest.approx(1.5 / 3600, abs=1e-3)
    assert not (tmp_path / "out").exists()


def test_names_are_shown_without_bytes_that_are_no_text_or_that_steer_a_terminal(batch, collection):
    (collection / "a/1.wav").rename(collection / os.fsdecode(b"caf\xe9 \x1b[2J.wav"))
    code, out, _ = batch("--dry-run")
    assert code == 0
    assert r"new         caf\xE9 \u001B[2J.wav -> caf\xE9 \u001B[2J.null.wav" in out


def test_a_bag_is_made_of_the_output_alone(batch, tmp_path, collection):
    import bagit

    before = sorted(path.name for path in collection.rglob("*"))
    code, out, _ = batch("--bag", "--institution", "The Archive")
    assert code == 0
    assert out.splitlines()[-1] == str(tmp_path / "out.bag")
    bag = bagit.Bag(str(tmp_path / "out.bag"))
    bag.validate()
    assert bag.info["Source-Organization"] == "The Archive"
    assert sorted(path.name for path in collection.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--shard", "5"), "is not I/N"),
        (("--shard", "5/4"), "is none of 1..4"),
        (("--engine", "cluster"), "local or ray"),
        (("--on-full", "cry"), "pause or stop"),
        (("--max-memory", "much"), "try: --max-memory 4G"),
        (("--name", "{stem}"), "lacks {revision}"),
        (("--name", "../{stem}{revision}{suffix}"), "leads out"),
        (("--set", "clip.level=2"), "no step"),
        (("--list", "nowhere.txt"), "cannot read nowhere.txt"),
    ],
)
def test_what_does_not_fit_is_told_in_two_lines(batch, options, said):
    code, out, err = batch(*options)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 2


def test_a_collection_that_is_not_there_is_told(call, tmp_path):
    code, _, err = call("batch", str(tmp_path / "none"), "--out", str(tmp_path / "out"))
    assert code == 2
    assert "no folder" in err


def test_an_output_that_cannot_be_written_is_told(call, collection, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = call("batch", str(collection), "--out", str(tmp_path / "file" / "out"))
    assert code == 5
    assert "cannot write" in err


def test_works_without_a_network(collection, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(OFFLINE)
    command = "import sys; from toolkit.cli import main; sys.argv[0] = 'tonearm'; main()"
    chain = str(tmp_path / "null.toml")
    done = subprocess.run(
        [
            *(sys.executable, "-c", command, "batch", str(collection)),
            *("--out", str(tmp_path / "out"), "--pipeline", chain),
        ],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 3
