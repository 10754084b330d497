"""Notes as a table that a spreadsheet opens: comma-separated values with a header."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from toolkit.errors import InputError
from toolkit.io.atomic import replacing
from toolkit.io.instruments import instrument_name, pitch_name
from toolkit.values import Note, Notes

COLUMNS = (
    "onset",
    "offset",
    "pitch",
    "name",
    "velocity",
    "program",
    "instrument",
    "confidence",
)
_HINT = f"the first line is: {','.join(COLUMNS)}"


def write(path: Path, notes: Notes, *, force: bool = False) -> str:
    """Write one line a note, times in seconds to the microsecond, and return the file's sha256.

    Raises
    ------
    UsageError, ResourceError
        As `toolkit.io.atomic.replacing`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for note in notes:
        writer.writerow(
            (
                f"{note.onset:.6f}",
                f"{note.offset:.6f}",
                note.pitch,
                pitch_name(note.pitch),
                f"{note.velocity:.4f}",
                note.program,
                instrument_name(note.program),
                f"{note.confidence:.4f}",
            )
        )
    with replacing(path, force=force) as sink:
        sink.write(text.getvalue().encode())
    return sink.sha256


def read(path: Path) -> Notes:
    """Return the notes of a table; only onset, offset and pitch are required.

    Raises
    ------
    InputError
        If it cannot be read, or a line is no note; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", "check the name") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not text", _HINT, code="E_FORMAT") from error
    rows = csv.DictReader(io.StringIO(text))
    missing = {"onset", "offset", "pitch"} - set(rows.fieldnames or ())
    if missing:
        raise InputError(f"{path.name} has no column {sorted(missing)[0]!r}", _HINT)
    notes = []
    for row in rows:
        try:
            notes.append(_note(row))
        except (TypeError, ValueError) as error:
            raise InputError(f"{path.name}, line {rows.line_num}: {error}", _HINT) from error
    return Notes(tuple(notes))


def _note(row: dict[str, str]) -> Note:
    return Note(
        onset=float(row["onset"]),
        offset=float(row["offset"]),
        pitch=int(row["pitch"]),
        velocity=float(row.get("velocity") or 0.8),
        program=int(row.get("program") or 0),
        confidence=float(row.get("confidence") or 1.0),
    )
