"""The manifest of a batch: what is to be done and what was, in one SQLite file.

Every change of a job is one transaction, so that whatever ends the process leaves each job in the
state before or after. The write-ahead log is flushed with ``synchronous = NORMAL``: a kill loses
nothing, and of what a power failure may take, the last moments, the results and their records are
on the disk already (`toolkit.io.atomic`) and are found again by the next run. Such a log needs a
local disk: it must not lie on a network file system.

Names of files are text in which bytes that are no UTF-8 are kept as they are; they go in as bytes
cast to text and come out with the surrogates that `os.fsdecode` makes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from toolkit.archive.job import STATES, Entry, File, Job, Report, State
from toolkit.archive.raw_names import from_bytes, to_bytes
from toolkit.errors import ResourceError, ToolkitError
from toolkit.io.result_names import folded

_VERSION = 1
_SCHEMA = """
CREATE TABLE runs (
  id INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, outcome TEXT, facts TEXT NOT NULL
);
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL, size INTEGER NOT NULL, stamp TEXT NOT NULL,
  recipe TEXT NOT NULL, revision INTEGER NOT NULL,
  target TEXT NOT NULL, folded TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  begun INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0, deaths INTEGER NOT NULL DEFAULT 0,
  sha256 TEXT NOT NULL DEFAULT '',
  output_sha256 TEXT NOT NULL DEFAULT '', output_size INTEGER NOT NULL DEFAULT 0,
  duration REAL NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0,
  warnings TEXT NOT NULL DEFAULT '[]', measures TEXT NOT NULL DEFAULT '{}',
  code TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '',
  trace TEXT NOT NULL DEFAULT '',
  UNIQUE (source, revision)
);
CREATE INDEX jobs_by_state ON jobs (state);
CREATE TABLE files (
  path TEXT PRIMARY KEY, job INTEGER NOT NULL REFERENCES jobs (id),
  role TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL
);
CREATE INDEX files_by_job ON files (job);
CREATE TABLE events (
  id INTEGER PRIMARY KEY, run INTEGER, job INTEGER, time TEXT NOT NULL,
  kind TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX events_by_job ON events (job);
"""
_TAKE_BACK = "UPDATE jobs SET state = 'pending', attempts = attempts - 1 WHERE state = 'running'"
_JOB = ", ".join(each.name for each in fields(Job))


@dataclass(frozen=True)
class Event:
    """Hold something that happened to a job or to the whole collection.

    Parameters
    ----------
    run : int
        Number of the run in which it did.
    job : int, optional
        None for what concerns all.
    time : str
        UTC, ISO 8601.
    kind : str
        In the words of the PREMIS vocabulary of events: ``message digest calculation``,
        ``modification``, ``fixity check``, ``quarantine`` …
    outcome : str
        ``success``, ``warning`` or ``failure``.
    detail : Mapping
        What else is known.
    """

    run: int
    job: int | None
    time: str
    kind: str
    outcome: str
    detail: Mapping[str, Any]


class Manifest:
    """Keep the state of a batch; one process writes, any may read."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path
        self.run = 0

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the manifest at a path, making it if it is not there.

        Raises
        ------
        ToolkitError
            If the file is no manifest, or one of another version.
        """
        with _explained(path):
            connection = sqlite3.connect(path, isolation_level=None)
            connection.text_factory = from_bytes
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA busy_timeout = 10000")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                connection.executescript(
                    f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;"
                )
            elif version != _VERSION:
                raise ToolkitError(
                    f"{path} is a manifest of version {version}, this program writes {_VERSION}",
                    "name another output folder, or use the version that began it",
                )
        return cls(connection, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # Runs

    def begin(self, facts: Mapping[str, Any]) -> int:
        """Record that a run begins, take back what an interrupted one was at; return its number."""
        with self._change() as change:
            cursor = change.execute(
                "INSERT INTO runs (started, facts) VALUES (?, ?)", (now(), _json(facts))
            )
            change.execute(_TAKE_BACK)
        self.run = int(cursor.lastrowid or 0)
        return self.run

    def end(self, outcome: str) -> None:
        """Record that the run ended, and how."""
        with self._change() as change:
            change.execute(_TAKE_BACK)
            change.execute(
                "UPDATE runs SET ended = ?, outcome = ? WHERE id = ?", (now(), outcome, self.run)
            )

    def runs(self) -> list[dict[str, Any]]:
        """Return all runs in order: number, started, ended, outcome, and the facts of each."""
        rows = self._connection.execute(
            "SELECT id, started, ended, outcome, facts FROM runs ORDER BY id"
        )
        return [dict(row) | {"facts": json.loads(row["facts"])} for row in rows]

    # What is to be done

    def latest(self, source: str, recipe: str | None = None) -> Job | None:
        """Return the job of a recording with the highest revision, of one recipe or of any."""
        row = self._connection.execute(
            f"SELECT {_JOB} FROM jobs WHERE source = CAST(:source AS TEXT) "
            "AND (:recipe IS NULL OR recipe = :recipe) ORDER BY revision DESC LIMIT 1",
            {"source": to_bytes(source), "recipe": recipe},
        ).fetchone()
        return None if row is None else _job(row)

    def owner(self, target: str) -> str | None:
        """Return the recording whose target this is, or one that some file systems take for it."""
        row = self._connection.execute(
            "SELECT source FROM jobs WHERE folded = CAST(? AS TEXT)", (to_bytes(folded(target)),)
        ).fetchone()
        return None if row is None else str(row["source"])

    def enroll(self, wanted: Iterable[tuple[Entry, str, int, str]]) -> int:
        """Add pending jobs, given as (entry, recipe key, revision, target); return how many."""
        rows = [
            (
                to_bytes(entry.source),
                entry.size,
                entry.stamp,
                recipe,
                revision,
                to_bytes(target),
                to_bytes(folded(target)),
            )
            for entry, recipe, revision, target in wanted
        ]
        with self._change() as change:
            change.executemany(
                "INSERT INTO jobs (source, size, stamp, recipe, revision, target, folded, state) "
                "VALUES (CAST(? AS TEXT), ?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), 'pending')",
                rows,
            )
        return len(rows)

    def reopen(self, ids: Iterable[int]) -> None:
        """Set jobs back to pending, whatever was made of them forgotten."""
        with self._change() as change:
            change.executemany(
                "UPDATE jobs SET state = 'pending', attempts = 0, deaths = 0, begun = 0 "
                "WHERE id = ?",
                ((each,) for each in ids),
            )

    def touch(self, job: int, entry: Entry) -> None:
        """Record that a recording has another time of modification but the same content."""
        with self._change() as change:
            change.execute(
                "UPDATE jobs SET size = ?, stamp = ? WHERE id = ?", (entry.size, entry.stamp, job)
            )

    def repurpose(self, job: int, entry: Entry, recipe: str) -> None:
        """Let a job that came to nothing be done by another recipe, or anew."""
        with self._change() as change:
            change.execute(
                "UPDATE jobs SET size = ?, stamp = ?, recipe = ?, state = 'pending', "
                "attempts = 0, deaths = 0 WHERE id = ?",
                (entry.size, entry.stamp, recipe, job),
            )

    def rename(self, job: int, revision: int, target: str) -> None:
        """Give a pending job another revision and target."""
        with self._change() as change:
            change.execute(
                "UPDATE jobs SET revision = ?, target = CAST(? AS TEXT), "
                "folded = CAST(? AS TEXT), state = 'pending', attempts = 0, begun = 0 WHERE id = ?",
                (revision, to_bytes(target), to_bytes(folded(target)), job),
            )

    # What becomes of it

    def start(self, ids: Iterable[int], free: Iterable[int]) -> None:
        """Record that jobs are handed to workers, and of which the target was free by then."""
        with self._change() as change:
            change.executemany(
                "UPDATE jobs SET state = 'running', attempts = attempts + 1 WHERE id = ?",
                ((each,) for each in ids),
            )
            change.executemany("UPDATE jobs SET begun = 1 WHERE id = ?", ((each,) for each in free))

    def finish(self, report: Report) -> None:
        """Record that a job is done, its files, and the events of its making."""
        output = report.files[0]
        with self._change() as change:
            change.execute(
                "UPDATE jobs SET state = 'done', sha256 = ?, output_sha256 = ?, output_size = ?, "
                "duration = ?, seconds = ?, warnings = ?, measures = ?, "
                "code = '', message = '', hint = '', trace = '' WHERE id = ?",
                (
                    report.sha256,
                    output.sha256,
                    output.size,
                    report.duration,
                    report.seconds,
                    _json(report.warnings),
                    _json(report.measures),
                    report.job,
                ),
            )
            change.executemany(
                "INSERT OR REPLACE INTO files VALUES (CAST(? AS TEXT), ?, ?, ?, ?)",
                (
                    (to_bytes(file.path), report.job, file.role, file.size, file.sha256)
                    for file in report.files
                ),
            )
            kind = "adoption" if report.adopted else "modification"
            outcome = "warning" if report.warnings else "success"
            self._note(change, report.job, kind, outcome, {"worker": report.worker})

    def fail(self, report: Report, state: State, *, died: bool = False) -> None:
        """Record what went wrong with a job, and its state from now on."""
        with self._change() as change:
            change.execute(
                "UPDATE jobs SET state = ?, deaths = deaths + ?, sha256 = ?, seconds = ?, "
                "code = ?, message = CAST(? AS TEXT), hint = CAST(? AS TEXT), "
                "trace = CAST(? AS TEXT) WHERE id = ?",
                (
                    state,
                    int(died),
                    report.sha256,
                    report.seconds,
                    report.code,
                    to_bytes(report.message),
                    to_bytes(report.hint),
                    to_bytes(report.trace),
                    report.job,
                ),
            )
            detail = {"code": report.code, "worker": report.worker}
            kind = "quarantine" if state == "quarantined" else "modification"
            self._note(change, report.job, kind, "failure", detail)

    def put_back(self, ids: Iterable[int]) -> None:
        """Set running jobs back to pending as if they had not been tried."""
        with self._change() as change:
            change.executemany(
                "UPDATE jobs SET state = 'pending', attempts = attempts - 1 "
                "WHERE id = ? AND state = 'running'",
                ((each,) for each in ids),
            )

    def note(self, job: int | None, kind: str, outcome: str, detail: Mapping[str, Any]) -> None:
        """Record an event."""
        with self._change() as change:
            self._note(change, job, kind, outcome, detail)

    # Questions

    def get(self, job: int) -> Job:
        """Return a job by its number."""
        row = self._connection.execute(f"SELECT {_JOB} FROM jobs WHERE id = ?", (job,)).fetchone()
        return _job(row)

    def jobs(self, *states: State) -> Iterator[Job]:
        """Yield the jobs in any of the states, all if none is named, by source and revision."""
        wanted = states or STATES
        marks = ", ".join("?" * len(wanted))
        query = f"SELECT {_JOB} FROM jobs WHERE state IN ({marks}) ORDER BY source, revision"
        yield from map(_job, self._connection.execute(query, wanted))

    def counts(self) -> dict[State, int]:
        """Return how many jobs are in each state."""
        found = dict(
            tuple(row)
            for row in self._connection.execute("SELECT state, COUNT(*) FROM jobs GROUP BY state")
        )
        return {state: found.get(state, 0) for state in STATES}

    def mark(self) -> str:
        """Return a word that is another one when there is anything new to tell of the jobs."""
        query = "SELECT COUNT(*), TOTAL(size), TOTAL(revision) FROM jobs"
        jobs = tuple(self._connection.execute(query).fetchone())
        newest = self._connection.execute("SELECT MAX(id) FROM events").fetchone()[0]
        return f"{jobs} {sorted(self.counts().items())} {newest}"

    def files(self, job: int | None = None) -> Iterator[File]:
        """Yield the files of one job, or of all, by path."""
        query = "SELECT path, role, size, sha256 FROM files"
        query += "" if job is None else " WHERE job = ?"
        rows = self._connection.execute(query + " ORDER BY path", () if job is None else (job,))
        for row in rows:
            yield File(**dict(row))

    def events(self, job: int | None = None) -> Iterator[Event]:
        """Yield the events of one job, or all, in order."""
        query = "SELECT run, job, time, kind, outcome, detail FROM events"
        query += "" if job is None else " WHERE job = ?"
        for row in self._connection.execute(query + " ORDER BY id", () if job is None else (job,)):
            yield Event(**dict(row) | {"detail": json.loads(row["detail"])})

    def trace(self, job: int) -> str:
        """Return the traceback of a job's last failure, empty if it has none."""
        row = self._connection.execute("SELECT trace FROM jobs WHERE id = ?", (job,)).fetchone()
        return str(row["trace"])

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with _explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk has rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _note(
        self,
        change: sqlite3.Connection,
        job: int | None,
        kind: str,
        outcome: str,
        detail: Mapping[str, Any],
    ) -> None:
        change.execute(
            "INSERT INTO events (run, job, time, kind, outcome, detail) VALUES (?, ?, ?, ?, ?, ?)",
            (self.run, job, now(), kind, outcome, _json(detail)),
        )


def now() -> str:
    """Return the time in UTC as ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ResourceError(
            f"cannot write the manifest {path}: {error}", "is the disk full or read-only?"
        ) from error
    except sqlite3.DatabaseError as error:
        raise ToolkitError(
            f"{path} is not a manifest: {error}", "move it away; results are found again without it"
        ) from error


def _job(row: sqlite3.Row) -> Job:
    facts = dict(row)
    facts["begun"] = bool(facts["begun"])
    facts["warnings"] = tuple(json.loads(facts["warnings"]))
    facts["measures"] = json.loads(facts["measures"])
    return Job(**facts)


def _json(value: Any) -> str:
    # ASCII, because a warning may quote a name that is no UTF-8.
    return json.dumps(value, allow_nan=False)
