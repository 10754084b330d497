"""What is written about a collection takes the same memory for a few recordings as for many."""

import json
import sqlite3
import tracemalloc

import pytest

from toolkit.archive.checking import fixity
from toolkit.archive.checking.ledger import Ledger
from toolkit.archive.checking.statements import from_manifest
from toolkit.archive.job import Entry
from toolkit.archive.manifest import Manifest
from toolkit.archive.telling import premis, tables

MEASURES = {side: {f"measure_{number}": -23.456 for number in range(16)} for side in "ab"}


def lost(path):
    raise FileNotFoundError(path)


def manifest_of(folder, count):
    """Write the manifest of a finished batch of so many recordings."""
    folder.mkdir()
    path = folder / "manifest.sqlite"
    with Manifest.open(path) as manifest:
        manifest.begin({})
        names = [f"box {number // 100:04d}/side {number:06d}" for number in range(count)]
        manifest.enroll(
            (Entry(f"{name}.wav", 10**7, "1"), "key", 1, f"{name}.restored.wav") for name in names
        )
    with sqlite3.connect(path) as connection:
        digest = "lower(hex(randomblob(32)))"
        connection.execute(
            f"UPDATE jobs SET state = 'done', sha256 = {digest}, measures = ?",
            (json.dumps(MEASURES),),
        )
        for added, role in (("", "output"), (".json", "record")):
            connection.execute(
                f"INSERT INTO files SELECT target || '{added}', id, '{role}', 9, {digest} FROM jobs"
            )
        connection.execute(
            "INSERT INTO events (run, job, time, kind, outcome, detail) "
            "SELECT 1, id, '2026-01-01T00:00:00+00:00', 'modification', 'success', '{}' FROM jobs"
        )
    connection.close()
    return folder


def gather(state):
    with Manifest.open(state / "manifest.sqlite") as manifest, Ledger() as ledger:
        ledger.add(from_manifest(manifest, 0))
        return sum(1 for _ in ledger.files())


@pytest.mark.slow
@pytest.mark.parametrize(
    "act",
    [
        lambda state: tables.write_report(state, state / "report.csv", lost),
        lambda state: fixity.write_list(state, state / "fixity.sha256"),
        lambda state: premis.write(state, state / "premis.xml", lost, name="many"),
        gather,
    ],
    ids=["table", "list", "premis", "ledger"],
)
def test_memory_does_not_grow_with_the_collection(tmp_path, act):
    peaks = []
    act(manifest_of(tmp_path / "first", 10))
    for count in (300, 3_000):
        state = manifest_of(tmp_path / str(count), count)
        tracemalloc.start()
        assert act(state) >= count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000
