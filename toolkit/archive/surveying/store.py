"""Keep what a survey found, by content, so that the next one looks only at new files.

One SQLite file holds four tables: where files are and what their bytes hash to; what each content
told; which contents were compared; which were found to be alike. Every result is committed as it
comes: an interrupted survey loses only what was under way.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, overload

import toolkit
from toolkit.archive.surveying.measures import Found
from toolkit.dsp.fingerprint import Fingerprint
from toolkit.dsp.fingerprint_match import Alignment, Match
from toolkit.errors import ResourceError

# Goes up when what is measured changes: what an older version found is then measured again.
_VERSION = f"{toolkit.__version__}/1"

_SCHEMA = """
create table if not exists files (
    place text primary key, size integer, modified integer, sha256 text not null);
create table if not exists contents (
    key text primary key, facts text not null, peaks blob not null, duration real not null);
create table if not exists compared (samples text primary key);
create table if not exists pairs (
    one text, other text, figures text not null, primary key (one, other));
create table if not exists version (name text primary key);
"""


class Store:
    """Hold the results of surveys in a file.

    Parameters
    ----------
    path : Path
        Is made if missing; emptied if another version of the toolkit made it.

    Raises
    ------
    ResourceError
        If it cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._trouble():
            self._database = sqlite3.connect(path, timeout=60.0)
            self._database.executescript(_SCHEMA)
            if self._database.execute("select name from version").fetchall() != [(_VERSION,)]:
                self._empty()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def sha256(self, place: str, size: int, modified: int) -> str | None:
        """Return the hash of a file if it has the size and time it had when it was hashed."""
        row = self._row(
            "select sha256 from files where place = ? and size = ? and modified = ?",
            (place, size, modified),
        )
        return None if row is None else str(row[0])

    def found(self, sha256: str, suffix: str) -> dict[str, Any] | None:
        """Return what a content told, under a name with that suffix."""
        row = self._row("select facts from contents where key = ?", (_key(sha256, suffix),))
        return None if row is None else dict(json.loads(row[0]))

    def keep(
        self,
        place: str,
        suffix: str,
        size: int,
        modified: int,
        sha256: str,
        found: Found | None,
    ) -> None:
        """Keep what a file told; `found` is None where its content was known."""
        with self._trouble(), self._database:
            self._database.execute(
                "insert or replace into files values (?, ?, ?, ?)", (place, size, modified, sha256)
            )
            if found is not None:
                facts = json.dumps(found.facts, allow_nan=False)
                duration = float(found.facts.get("duration", 0.0))
                self._database.execute(
                    "insert or replace into contents values (?, ?, ?, ?)",
                    (_key(sha256, suffix), facts, found.peaks, duration),
                )

    def fingerprint(self, sha256: str, suffix: str) -> Fingerprint:
        """Return the fingerprint of a content; without peaks if it is not known."""
        row = self._row(
            "select peaks, duration from contents where key = ?", (_key(sha256, suffix),)
        )
        return Fingerprint.from_bytes(*row) if row is not None else Fingerprint.from_bytes(b"", 0)

    def is_compared(self, samples: str) -> bool:
        """Return whether a recording, by the hash of its samples, was compared with all others."""
        return self._row("select 1 from compared where samples = ?", (samples,)) is not None

    def keep_compared(self, samples: str, matches: dict[str, Match]) -> None:
        """Keep which recordings a recording is like; matches lead from it to them."""
        with self._trouble(), self._database:
            self._database.execute("insert or replace into compared values (?)", (samples,))
            for other, match in matches.items():
                self._database.execute(
                    "insert or replace into pairs values (?, ?, ?)",
                    (samples, other, json.dumps(_figures(match))),
                )

    def pairs(self) -> Iterator[tuple[str, str, Match]]:
        """Yield all pairs of recordings that are alike."""
        with self._trouble():
            rows = self._database.execute("select * from pairs order by one, other").fetchall()
        for one, other, figures in rows:
            yield one, other, _match(json.loads(figures))

    def _empty(self) -> None:
        with self._database:
            for table in ("files", "contents", "compared", "pairs", "version"):
                self._database.execute(f"delete from {table}")
            self._database.execute("insert into version values (?)", (_VERSION,))

    def _row(self, query: str, values: tuple[Any, ...]) -> Any:
        with self._trouble():
            return self._database.execute(query, values).fetchone()

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ResourceError(
                f"cannot use {self._path}: {error}", "free space, or name another --out folder"
            ) from error


class Fingerprints(Sequence[Fingerprint]):
    """Hold many fingerprints of a store without having them all in memory.

    Parameters
    ----------
    store : Store
        Where they are read from, each time one is asked for.
    keys : sequence of (sha256, suffix)
        Which.
    """

    def __init__(self, store: Store, keys: Sequence[tuple[str, str]]) -> None:
        self._store, self._keys = store, keys

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> Fingerprint: ...

    @overload
    def __getitem__(self, index: slice) -> Fingerprints: ...

    def __getitem__(self, index: int | slice) -> Fingerprint | Fingerprints:
        if isinstance(index, slice):
            return Fingerprints(self._store, self._keys[index])
        return self._store.fingerprint(*self._keys[index])


def _key(sha256: str, suffix: str) -> str:
    # Whether a name tells the truth depends on the name.
    return f"{sha256}{suffix.lower()}"


def _figures(match: Match) -> dict[str, float]:
    return {
        "offset": match.alignment.offset,
        "ratio": match.alignment.ratio,
        "agreement": match.agreement,
        "significance": match.significance,
        "coverage": match.coverage,
        "overlap": match.overlap,
        "pitch_cents": match.pitch_cents,
        "tightness": match.tightness,
    }


def _match(figures: dict[str, float]) -> Match:
    alignment = Alignment(figures.pop("offset"), figures.pop("ratio"))
    return Match(alignment=alignment, **figures)
