"""Read what a batch did from the manifests of all its shards, as if there were one.

Nothing is held but one job at a time: the manifests give their rows in order, and orders are
merged. What comes out is the same whether one run did the work or many shards.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import Any

from toolkit.archive.job import File, Job, State
from toolkit.archive.manifest import Event, Manifest
from toolkit.archive.places import Output
from toolkit.archive.raw_names import to_bytes
from toolkit.errors import InputError, UsageError
from toolkit.provenance import SCHEMA

_PROGRESS: tuple[State, ...] = ("pending", "running", "failed", "quarantined", "done")
# What anyone who reads a record may count on, should somebody have had his hands on it.
_SHAPE = {
    "software": dict,
    "input": dict,
    "output": dict,
    "settings": dict,
    "pipeline": dict,
    "steps": list,
    "warnings": list,
}
_SHARD = re.compile(r"shard-(\d+)-of-(\d+)\.sqlite")

Read = Callable[[str], bytes]
"""Gives the bytes of a small file by its path below the output's root.

It raises OSError or InputError if it cannot.
"""


def manifests(folder: Path) -> list[Path]:
    """Return the manifests in a state folder: that of a whole run, then those of shards in order.

    Raises
    ------
    UsageError
        If there is none.
    """
    whole = folder / "manifest.sqlite"
    shards = [
        (int(found[2]), int(found[1]), path)
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (found := _SHARD.fullmatch(path.name))
    ]
    paths = [whole] if whole.is_file() else []
    paths += [path for _, _, path in sorted(shards)]
    if not paths:
        raise UsageError(f"no manifest in {folder}", "name the output folder of a batch")
    return paths


@dataclass(frozen=True)
class Held:
    """Hold a job and the manifest that has it.

    Parameters
    ----------
    job : Job
        The job.
    manifest : Manifest
        Where its files and events are.
    """

    job: Job
    manifest: Manifest

    def files(self) -> Iterator[File]:
        """Yield the job's files by path."""
        return self.manifest.files(self.job.id)

    def events(self) -> Iterator[Event]:
        """Yield what happened to the job, in order."""
        return self.manifest.events(self.job.id)


@dataclass(frozen=True)
class Merged:
    """Read several manifests as one.

    Parameters
    ----------
    parts : tuple[Manifest, ...]
        Open manifests.
    """

    parts: tuple[Manifest, ...]

    def jobs(self, *states: State) -> Iterator[Held]:
        """Yield the jobs in any of the states, all if none is named, by source and revision.

        Of a revision that two manifests have, because a collection was worked on whole and in
        shards, it is the one that came furthest.
        """
        streams = (_held(part) for part in self.parts)
        for _, same in groupby(merge(*streams, key=_place), key=_place):
            best = max(same, key=lambda each: _PROGRESS.index(each.job.state))
            if not states or best.job.state in states:
                yield best

    def files(self) -> Iterator[File]:
        """Yield every file of the output that is known, by path."""
        streams = (part.files() for part in self.parts)
        last: File | None = None
        for file in merge(*streams, key=lambda each: to_bytes(each.path)):
            if file != last:
                yield file
            last = file

    def mark(self) -> str:
        """Return a digest that is another one when there is anything new to tell of the jobs."""
        words = [f"{part.path.name} {part.mark()}" for part in self.parts]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _held(part: Manifest) -> Iterator[Held]:
    return (Held(job, part) for job in part.jobs())


def _place(held: Held) -> tuple[bytes, int]:
    # The order of SQLite, which compares the bytes.
    return to_bytes(held.job.source), held.job.revision


@contextmanager
def merged(folder: Path) -> Iterator[Merged]:
    """Yield the manifests of a state folder, open as one.

    Raises
    ------
    UsageError
        If there is none.
    """
    with ExitStack() as stack:
        yield Merged(tuple(stack.enter_context(Manifest.open(path)) for path in manifests(folder)))


def files_of(output: Output) -> Read:
    """Return what reads small files of an output."""

    def read(path: str) -> bytes:
        with output.reading(path) as local:
            return local.read_bytes()

    return read


def record_of(job: Job, read: Read) -> Mapping[str, Any] | None:
    """Return the record beside a job's result; None if there is none that can be read."""
    if job.state != "done":
        return None
    try:
        return parse_record(read(f"{job.target}.json"))
    except (OSError, InputError):
        # Whoever asks has a place for "not known"; it is `verify` that reports what is missing.
        return None


def parse_record(data: bytes) -> dict[str, Any] | None:
    """Return the record in a file's bytes, None if it is no record of this program."""
    try:
        found = json.loads(data)
    except ValueError:
        return None
    is_record = isinstance(found, dict) and found.get("schema") == SCHEMA
    is_whole = is_record and all(isinstance(found.get(key), kind) for key, kind in _SHAPE.items())
    return found if is_whole else None
