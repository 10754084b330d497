"""Write the pages of a batch: one for the whole, one for each recording.

A recording's page carries a mark of all that it was made from, so that only the pages of what has
changed are written again. Nothing is held but the recordings of one page at a time.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import Any

import toolkit
from toolkit.archive.job import File, Job, State
from toolkit.archive.manifest import Event, Manifest
from toolkit.archive.merged import Held, Merged, Read, files_of, merged, record_of
from toolkit.archive.naming import PICTURES, picture_at
from toolkit.archive.places import FolderOutput, is_url
from toolkit.archive.telling.document_names import INDEX, PAGES, page_name
from toolkit.archive.telling.page_files import clear, mark_at, put, store
from toolkit.report import file_page, html, run_page
from toolkit.report.ab_player import Sound

ROWS = 500
"""How many recordings are on one page of the run."""

_TROUBLE: tuple[State, ...] = ("quarantined", "failed")
_OTHERS: tuple[State, ...] = ("done", "running", "pending")
_TOLD: tuple[State, ...] = ("done", *_TROUBLE)
# Of the form of the pages, apart from the program's version.
_VERSION = 1


@dataclass(frozen=True)
class Written:
    """Hold what was written.

    Parameters
    ----------
    index : Path
        The first page of the run.
    pages : int
        Pages of recordings that were written.
    kept : int
        Pages of recordings that were as they should be.
    """

    index: Path
    pages: int = 0
    kept: int = 0


def write(
    out: str,
    state: Path,
    *,
    each: bool = True,
    read: Read | None = None,
    progress: Callable[[float, float], None] = lambda done, total: None,
) -> Written:
    """Write ``report.html`` and the pages of all recordings that changed since they were written.

    The pages of an output at a URL go to the state folder.

    Parameters
    ----------
    out : str
        Root of the results.
    state : Path
        The folder of the manifests; those of all shards are shown together.
    each : bool
        Whether recordings have pages of their own, ``report/<path of the result>.html``.
    read : Read, optional
        Reads a small file of the output; known for a folder.
    progress : callable
        ``progress(recordings done, recordings in all)``.

    Raises
    ------
    UsageError
        If there is no manifest.
    ResourceError
        If the pages cannot be stored.
    """
    is_local = not is_url(out)
    root = Path(out if is_local else state).absolute()
    with merged(state.absolute()) as found:
        pages = _Pages(
            found=found,
            root=root,
            is_local=is_local,
            read=read or (files_of(FolderOutput(root)) if is_local else None),
            each=each,
            collections={part.path: _collection(part, root) for part in found.parts},
            pictures=_url(state.absolute() / PICTURES, root),
        )
        totals, written = pages.write_each(progress)
        names = _names(sum(totals.counts.values()))
        runs = sorted((run for part in found.parts for run in part.runs()), key=_begun)
        rows = pages.rows()
        for number, name in enumerate(names, 1):
            part = list(islice(rows, ROWS))
            store(root / name, run_page.page(runs, totals, part, number, names))
    clear(root, len(names))
    return written


@dataclass(frozen=True)
class _Pages:
    """Hold where pages go, and from where what they show is reached.

    Parameters
    ----------
    found : Merged
        The manifests.
    root : Path
        Where ``report.html`` goes.
    is_local : bool
        Whether results lie below the root.
    read : Read, optional
        Gives records; None where they cannot be had.
    each : bool
        Whether recordings have pages of their own.
    collections : Mapping[Path, str]
        URL of the recordings' folder from the root by manifest, empty where it is not local.
    pictures : str
        URL of the folder of pictures from the root.
    """

    found: Merged
    root: Path
    is_local: bool
    read: Read | None
    each: bool
    collections: Mapping[Path, str]
    pictures: str

    def write_each(
        self, progress: Callable[[float, float], None]
    ) -> tuple[run_page.Totals, Written]:
        """Write the pages of the recordings; return what they come to."""
        counts: Counter[str] = Counter()
        duration = seconds = 0.0
        warned = pages = 0
        expected = sum(sum(part.counts().values()) for part in self.found.parts)
        for done, held in enumerate(self.found.jobs(), 1):
            job = held.job
            counts[job.state] += 1
            if job.state == "done":
                duration += job.duration
                seconds += job.seconds
                warned += bool(job.warnings)
            if self.each and job.state in _TOLD:
                pages += self._write_page(held)
            progress(done, expected)
        told = sum(counts[state] for state in _TOLD) if self.each else 0
        totals = run_page.Totals(counts, duration, seconds, warned)
        return totals, Written(self.root / INDEX, pages, told - pages)

    def rows(self) -> Iterator[run_page.Row]:
        """Yield what the page of the run tells, what failed first."""
        return map(self._row, chain(self.found.jobs(*_TROUBLE), self.found.jobs(*_OTHERS)))

    def _row(self, held: Held) -> run_page.Row:
        job = held.job
        path = _page_path(job)
        has_page = job.state in _TOLD and (self.each or (self.root / path).is_file())
        return run_page.Row(
            source=job.source,
            revision=job.revision,
            state=job.state,
            page=html.link(path) if has_page else "",
            result=html.link(job.target) if self.is_local and job.state == "done" else "",
            original=self._original(held),
            picture=self._picture(held),
            attempts=job.attempts,
            duration=job.duration,
            seconds=job.seconds,
            before=job.measures.get("before", {}),
            after=job.measures.get("after", {}),
            warnings=job.warnings,
            code=job.code,
            message=job.message,
            hint=job.hint,
        )

    def _write_page(self, held: Held) -> bool:
        """Write the page of a recording if what it tells has changed; return whether it had."""
        path = self.root / _page_path(held.job)
        files, events = list(held.files()), list(held.events())
        mark = self._mark(held, files, events)
        if mark_at(path) == mark:
            return False
        put(path, file_page.page(self._facts(held, files, events), mark))
        return True

    def _mark(self, held: Held, files: list[File], events: list[Event]) -> str:
        """Return a hash of all that a page is made from."""
        made_from = [
            (toolkit.__version__, _VERSION),
            vars(held.job),
            [vars(each) for each in files],
            [vars(each) for each in events],
            self._original(held),
            _stamp(self._picture_path(held)),
            _stamp(self.root / f"{held.job.target}.json") if self.is_local else None,
        ]
        return sha256(json.dumps(made_from).encode()).hexdigest()[:32]

    def _facts(self, held: Held, files: list[File], events: list[Event]) -> file_page.FileFacts:
        job = held.job
        up = _up(job)
        picture = self._picture(held)
        record = f"{job.target}.json"
        has_record = self.is_local and any(each.path == record for each in files)
        return file_page.FileFacts(
            source=job.source,
            state=job.state,
            revision=job.revision,
            attempts=job.attempts,
            sounds=self._sounds(held, files),
            picture=_below(up, picture),
            overview=up + INDEX,
            record_url=up + html.link(record) if has_record else "",
            record=None if self.read is None else record_of(job, self.read),
            measures=job.measures,
            files=[(each.role, each.path, each.size, each.sha256) for each in files],
            events=[
                (each.time, each.kind, each.outcome, html.words(each.detail)) for each in events
            ],
            warnings=job.warnings,
            size=job.size,
            sha256=job.sha256,
            code=job.code,
            message=job.message,
            hint=job.hint,
            trace=held.manifest.trace(job.id),
        )

    def _sounds(self, held: Held, files: list[File]) -> list[Sound]:
        """Return what can be listened to: the recording first, then what was made of it."""
        job, up = held.job, _up(held.job)
        before, after = (job.measures.get(key, {}).get("lufs") for key in ("before", "after"))
        original = self._original(held)
        made = {each.role: up + html.link(each.path) for each in files if self.is_local}
        sounds = [
            Sound("Before", _below(up, original), before),
            Sound("After", made.get("output", ""), after),
            Sound("Taken away", made.get("difference", "")),
        ]
        return [each for each in sounds if each.url]

    def _original(self, held: Held) -> str:
        """Return the URL of a recording from the root, empty where there is none."""
        folder = self.collections[held.manifest.path]
        return f"{folder}/{html.link(held.job.source)}" if folder else ""

    def _picture(self, held: Held) -> str:
        """Return the URL of a recording's picture from the root, empty where there is none."""
        path = self._picture_path(held)
        return f"{self.pictures}/{html.link(path.name)}" if path.is_file() else ""

    @staticmethod
    def _picture_path(held: Held) -> Path:
        return picture_at(held.manifest.path, held.job.id)


def _page_path(job: Job) -> str:
    return f"{PAGES}/{job.target}.html"


def _up(job: Job) -> str:
    """Return the URL of the root from a recording's page."""
    return "../" * _page_path(job).count("/")


def _below(up: str, url: str) -> str:
    """Return a URL from the root as one from further down; none and absolute ones as they are."""
    return url if not url or url.startswith("file:") else up + url


def _names(count: int) -> list[str]:
    """Return the names of the run's pages for a number of recordings."""
    return [page_name(number) for number in range(1, max(-(-count // ROWS), 1) + 1)]


def _collection(part: Manifest, root: Path) -> str:
    """Return the URL of the folder of the recordings, empty if it cannot be linked to."""
    runs = part.runs()
    name = str(runs[-1]["facts"].get("collection", "")) if runs else ""
    path = Path(name)
    # A relative one was named from a folder that nobody knows any more.
    if not name or is_url(name) or not (path.is_absolute() or path.is_dir()):
        return ""
    return _url(path.absolute(), root)


def _begun(run: Mapping[str, Any]) -> tuple[str, int]:
    return str(run["started"]), int(run["id"])


def _url(folder: Path, root: Path) -> str:
    """Return the URL of a folder from the root, without a final slash."""
    try:
        return html.link(Path(os.path.relpath(folder, root)).as_posix())
    except ValueError:
        # On another drive.
        return folder.as_uri()


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns
