import csv
import json
import os
import shutil
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.archive.checking import fixity
from toolkit.archive.manifest import Manifest
from toolkit.archive.merged import files_of, manifests, merged
from toolkit.archive.places import FolderOutput
from toolkit.archive.telling import premis, tables
from toolkit.archive.telling.plain_text import unescaped
from toolkit.errors import UsageError
from toolkit.restore import sha256_of

NAMES = st.binary().filter(lambda name: b"\0" not in name).map(os.fsdecode)


def text_of(cell):
    """Return what a cell was made of, by the words of the module's docstring."""
    return unescaped(cell.removeprefix("'"))


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def report(restored, path):
    count = tables.write_report(restored.state, path, files_of(FolderOutput(restored.out)))
    found = rows(path)
    assert len(found) == count
    return {text_of(row["source"]): row for row in found}


def test_each_job_has_a_row_with_its_facts(restored, tmp_path):
    found = report(restored, tmp_path / "report.csv")
    assert len(found) == 9
    row = found["folder/inner/side b.wav"]
    assert row["state"] == "done"
    assert row["target"] == "folder/inner/side b.restored.wav"
    assert row["source_sha256"] == sha256_of(restored.collection / "folder/inner/side b.wav")
    assert row["output_sha256"] == sha256_of(restored.out / row["target"])
    assert int(row["output_bytes"]) == (restored.out / row["target"]).stat().st_size
    assert (row["container"], row["encoding"]) == ("wav", "pcm_s16")
    assert (row["sample_rate"], row["num_channels"], row["bits"]) == ("8000", "1", "16")
    assert float(row["duration"]) == 0.25
    assert -40 < float(row["before_level_db"]) < -15
    assert float(row["after_level_db"]) == pytest.approx(float(row["before_level_db"]), abs=3)
    lost = found["broken.wav"]
    assert (lost["state"], lost["container"], lost["output_bytes"]) == ("quarantined", "", "")
    assert lost["code"].startswith("E_")


def test_rows_are_in_the_order_of_their_paths(restored, tmp_path):
    names = [os.fsencode(name) for name in report(restored, tmp_path / "report.csv")]
    assert names == sorted(names)


def test_broadcast_fields_and_tags_of_the_record_have_columns(restored, tmp_path):
    record = restored.out / "folder.restored.wav.json"
    facts = json.loads(record.read_text())
    history = "A=ANALOGUE,M=mono,T=78\r\nA=PCM,F=96000\r\n"
    facts["input"]["bext"] = {"description": "=Side A", "time_reference": 5, "version": 2}
    facts["input"]["bext"]["coding_history"] = history
    facts["input"]["tags"] = {"title": "Stars – 夜", "unheard_of": "x"}
    record.write_text(json.dumps(facts))
    row = report(restored, tmp_path / "report.csv")["folder.wav"]
    assert row["bext_description"] == "'=Side A"
    assert (row["bext_time_reference"], row["bext_version"]) == ("5", "2")
    assert text_of(row["bext_coding_history"]) == history
    assert row["tag_title"] == "Stars – 夜"


def test_no_cell_begins_as_a_formula_does(restored, tmp_path):
    path = tmp_path / "report.csv"
    found = report(restored, path)
    texts = [row["source"] for row in found.values()] + [row["target"] for row in found.values()]
    assert "'=1+1.wav" in texts
    assert "'-dash.wav" in texts
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in texts)


@given(NAMES)
def test_every_name_comes_back_from_its_cell(name):
    shown = tables.cell(name)
    shown.encode("utf-8")
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert text_of(shown) == name


def test_numbers_stay_numbers():
    assert [tables.cell(each) for each in (-23.5, 0, None, "-23.5")] == [
        "-23.5",
        "0",
        "",
        "'-23.5",
    ]


def test_quarantine_has_what_went_wrong_and_what_to_do(restored, tmp_path):
    path = tmp_path / "quarantine.csv"
    assert tables.write_quarantine(restored.state, path) == 1
    (row,) = rows(path)
    assert row["source"] == "broken.wav"
    assert row["state"] == "quarantined"
    assert all(row[name] for name in ("code", "message", "hint"))


def test_without_a_manifest_there_is_no_table(tmp_path):
    with pytest.raises(UsageError, match="no manifest"):
        tables.write_quarantine(tmp_path, tmp_path / "quarantine.csv")
    assert list(tmp_path.iterdir()) == []


def test_the_tables_of_shards_are_those_of_a_single_run(finished, sharded, tmp_path):
    """Times apart: two runs take other ones."""
    for run in (finished, sharded):
        run_name = "one" if run is finished else "many"
        tables.write_report(
            run.state, tmp_path / f"{run_name}.csv", files_of(FolderOutput(run.out))
        )
        tables.write_quarantine(run.state, tmp_path / f"{run_name}.quarantine.csv")
        fixity.write_list(run.state, tmp_path / f"{run_name}.sha256")
    one, many = (rows(tmp_path / f"{name}.csv") for name in ("one", "many"))
    for row in (*one, *many):
        del row["seconds"]
    assert one == many
    assert rows(tmp_path / "one.quarantine.csv") == rows(tmp_path / "many.quarantine.csv")
    ones, manys = ((tmp_path / f"{name}.sha256").read_bytes() for name in ("one", "many"))

    def of_audio(text):
        return [line for line in text.splitlines() if not line.endswith(b".json")]

    # A record holds the time and so has another digest; the sound has not.
    assert of_audio(ones) == of_audio(manys)
    assert len(ones.splitlines()) == len(manys.splitlines()) == 24


def test_shards_are_read_in_order_and_give_one_account(sharded, tmp_path):
    names = [path.name for path in manifests(sharded.state)]
    assert names == [f"shard-{number}-of-4.sqlite" for number in (1, 2, 3, 4)]
    with merged(sharded.state) as batch:
        sources = [each.job.source for each in batch.jobs()]
        assert len(sources) == len(set(sources)) == 9
        assert len(list(batch.jobs("done"))) == 8
    count = premis.write(
        sharded.state, tmp_path / "premis.xml", files_of(FolderOutput(sharded.out)), name="sides"
    )
    assert count == 9


def test_of_a_job_in_two_manifests_the_one_that_is_done_counts(finished, tmp_path):
    state = tmp_path / "state"
    shutil.copytree(finished.state, state)
    shutil.copy(state / "manifest.sqlite", state / "shard-1-of-2.sqlite")
    with sqlite3.connect(state / "manifest.sqlite") as connection:
        connection.execute("UPDATE jobs SET state = 'pending'")
    connection.close()
    with merged(state) as batch:
        assert len(list(batch.jobs("done"))) == 8
        assert len(list(batch.jobs("pending"))) == 0
        assert len(list(batch.jobs())) == 9
        assert len(list(batch.files())) == 24


def test_the_mark_changes_with_what_there_is_to_tell(restored):
    def mark():
        with merged(restored.state) as batch:
            return batch.mark()

    fresh = mark()
    with Manifest.open(restored.state / "manifest.sqlite") as manifest:
        manifest.begin({})
        manifest.end("finished")
        assert mark() == fresh
        manifest.note(None, "fixity check", "success", {})
        noted = mark()
        manifest.reopen([next(manifest.jobs()).id])
    assert len({fresh, noted, mark()}) == 3
