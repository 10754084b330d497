"""Tables of a batch for spreadsheets: one row a job, and one of what went wrong.

A cell that a spreadsheet would take for a formula gets an apostrophe in front, and so does one that
begins with an apostrophe: taking one away gives the text back. Names that are no UTF-8 are shown as
in `toolkit.archive.telling.plain_text`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.archive.job import Job
from toolkit.archive.merged import Merged, Read, merged, record_of
from toolkit.archive.telling.plain_text import escaped
from toolkit.io.atomic import Sink, replacing

JOB_COLUMNS = (
    "source",
    "state",
    "revision",
    "target",
    "source_bytes",
    "source_sha256",
    "output_bytes",
    "output_sha256",
    "duration",
    "seconds",
    "warnings",
    "code",
    "message",
    "hint",
)
FORMAT_COLUMNS = (
    "container",
    "encoding",
    "sample_rate",
    "num_channels",
    "bits",
    "num_samples",
)
BEXT_COLUMNS = (
    "version",
    "description",
    "originator",
    "originator_reference",
    "origination_date",
    "origination_time",
    "time_reference",
    "coding_history",
)
TAG_COLUMNS = (
    "title",
    "artist",
    "album",
    "date",
    "genre",
    "tracknumber",
    "comment",
    "copyright",
    "source",
    "subject",
    "keywords",
    "engineer",
    "technician",
    "archival_location",
    "medium",
    "software",
)
QUARANTINE_COLUMNS = ("source", "state", "code", "message", "hint", "source_bytes", "attempts")

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_BETWEEN_WARNINGS = " | "


def write_report(state: Path, path: Path, read: Read) -> int:
    """Write one row for each job, by source and revision; return how many.

    The columns are those of the job, of the recording's technical format, of its ``bext`` chunk and
    other tags, and of what was measured: ``before_lufs``, ``after_lufs`` … What is not known, since
    a job came to nothing or its record is not there, stays empty.

    Parameters
    ----------
    state : Path
        Folder of the manifests.
    path : Path
        The table; replaced if it is there.
    read : callable
        Reads records below the output's root; see `toolkit.archive.merged.files_of`.

    Raises
    ------
    UsageError
        If there is no manifest.
    ResourceError
        If the table cannot be written.
    """
    with merged(state) as batch:
        # All columns must be known before the first row: one pass for the names alone.
        measures = tuple(dict.fromkeys(name for each in batch.jobs() for name in _flat(each.job)))
        header = (
            *JOB_COLUMNS,
            *FORMAT_COLUMNS,
            *(f"bext_{name}" for name in BEXT_COLUMNS),
            *(f"tag_{name}" for name in TAG_COLUMNS),
            *measures,
        )
        return _write(path, header, _rows(batch, read, measures))


def write_quarantine(state: Path, path: Path) -> int:
    """Write one row for each job that failed or is quarantined; return how many.

    Raises
    ------
    UsageError, ResourceError
        As `write_report`.
    """
    with merged(state) as batch:
        rows = (
            (job.source, job.state, job.code, job.message, job.hint, job.size, job.attempts)
            for job in (each.job for each in batch.jobs("quarantined", "failed"))
        )
        return _write(path, QUARANTINE_COLUMNS, rows)


def cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    text = escaped(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _rows(batch: Merged, read: Read, measures: Sequence[str]) -> Iterator[tuple[object, ...]]:
    for each in batch.jobs():
        job, found = each.job, _flat(each.job)
        about = (record_of(job, read) or {}).get("input", {})
        yield (
            *_about_job(job),
            *_picked({**about, **about.get("format", {})}, FORMAT_COLUMNS),
            *_picked(about.get("bext") or {}, BEXT_COLUMNS),
            *_picked(about.get("tags") or {}, TAG_COLUMNS),
            *_picked(found, measures),
        )


def _about_job(job: Job) -> tuple[object, ...]:
    is_done = job.state == "done"
    return (
        job.source,
        job.state,
        job.revision,
        job.target,
        job.size,
        job.sha256,
        job.output_size if is_done else None,
        job.output_sha256,
        job.duration if is_done else None,
        job.seconds,
        _BETWEEN_WARNINGS.join(job.warnings),
        job.code,
        job.message,
        job.hint,
    )


def _picked(facts: Mapping[str, Any], names: Iterable[str]) -> tuple[object, ...]:
    return tuple(facts.get(name) for name in names)


def _flat(job: Job) -> dict[str, object]:
    """Return measures in one level: ``before_lufs`` for that of before."""
    found: dict[str, object] = {}
    for name, value in job.measures.items():
        if isinstance(value, Mapping):
            found.update({f"{name}_{inner}": each for inner, each in value.items()})
        else:
            found[name] = value
    return found


def _write(path: Path, header: Sequence[str], rows: Iterable[tuple[object, ...]]) -> int:
    count = 0
    with replacing(path, force=True) as sink:
        writer = csv.writer(_Lines(sink), lineterminator="\r\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([cell(value) for value in row])
            count += 1
    return count


class _Lines:
    """Hand text to a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, text: str) -> int:
        self._sink.write(text.encode())
        return len(text)
