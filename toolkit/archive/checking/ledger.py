"""What is known of the files of an output before they are looked at, from whoever says so.

Manifests, records, lists of digests and bags may speak of the same file. Their statements are kept
in a temporary database on the disk, so that a collection of any size needs the same memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import Self

from toolkit.archive.raw_names import from_bytes, to_bytes

_SCHEMA = """
CREATE TABLE statements (
  path BLOB NOT NULL, origin BLOB NOT NULL, algorithm TEXT NOT NULL, digest TEXT NOT NULL,
  size INTEGER, part INTEGER, job INTEGER
);
CREATE INDEX statements_by_path ON statements (path);
"""
_COLUMNS = "path, origin, algorithm, digest, size, part, job"


@dataclass(frozen=True)
class Statement:
    """Hold what one source says about one file.

    Parameters
    ----------
    path : str
        Below the output's root.
    origin : str
        Who says so: ``the manifest``, or the name of a record or list.
    algorithm, digest : str
        Empty if only that the file is there is said.
    size : int, optional
        In bytes, where it is said.
    part, job : int, optional
        Which manifest and which of its jobs it belongs to, counted as they are given.
    """

    path: str
    origin: str
    algorithm: str = ""
    digest: str = ""
    size: int | None = None
    part: int | None = None
    job: int | None = None


@dataclass(frozen=True)
class Known:
    """Hold all that is said about one file; at least one statement."""

    path: str
    statements: tuple[Statement, ...]

    @property
    def algorithms(self) -> frozenset[str]:
        """Return in which algorithms digests are known."""
        return frozenset(each.algorithm for each in self.statements if each.digest)

    @property
    def job(self) -> tuple[int, int] | None:
        """Return which manifest and which of its jobs the file belongs to."""
        for each in self.statements:
            if each.part is not None and each.job is not None:
                return each.part, each.job
        return None


class Ledger:
    """Keep statements about files; use as a context."""

    def __init__(self) -> None:
        # An empty name is a temporary file that the system removes.
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def add(self, statements: Iterable[Statement]) -> None:
        """Add statements."""
        rows = (
            (
                to_bytes(each.path),
                to_bytes(each.origin),
                each.algorithm,
                each.digest,
                each.size,
                each.part,
                each.job,
            )
            for each in statements
        )
        marks = ", ".join("?" * len(_COLUMNS.split(", ")))
        self._connection.execute("BEGIN")
        self._connection.executemany(f"INSERT INTO statements ({_COLUMNS}) VALUES ({marks})", rows)
        self._connection.execute("COMMIT")

    def __len__(self) -> int:
        """Return how many files are known."""
        row = self._connection.execute("SELECT COUNT(DISTINCT path) FROM statements").fetchone()
        return int(row[0])

    def files(self) -> Iterator[Known]:
        """Yield what is known of each file, by path."""
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM statements ORDER BY path, rowid")
        for path, same in groupby(rows, key=lambda row: row[0]):
            yield _known(path, list(same))

    def get(self, path: str) -> Known | None:
        """Return what is known of a file."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM statements WHERE path = ? ORDER BY rowid", (to_bytes(path),)
        ).fetchall()
        return _known(to_bytes(path), rows) if rows else None


def _known(path: bytes, rows: list[tuple[bytes, bytes, str, str, int, int, int]]) -> Known:
    name = from_bytes(path)
    return Known(name, tuple(Statement(name, from_bytes(row[1]), *row[2:]) for row in rows))
