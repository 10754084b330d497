"""Write pages so that each is there whole or not at all, and only when it says something new."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from toolkit.archive.telling.document_names import page_number
from toolkit.io.atomic import storing
from toolkit.report import html

_END_BYTES = 128


def mark_at(path: Path) -> str | None:
    """Return the mark of the page at a path, None if there is none of ours or not all of it."""
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _END_BYTES, 0))
            return html.mark_of(file.read())
    except OSError:
        return None


def put(path: Path, data: bytes) -> None:
    """Write a page, with the folders that it needs, replacing what is there.

    Nothing waits until it is on the disk, as `toolkit.io.atomic.replacing` does: that would take
    longer than all else, and a page that a power failure cuts off lacks the mark at its end and is
    written again.

    Raises
    ------
    ResourceError
        If it cannot be stored.
    """
    part = path.parent / f".{secrets.token_hex(8)}.part"
    with storing(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def store(path: Path, data: bytes) -> None:
    """Write a page unless it is there already."""
    if not path.is_file() or path.read_bytes() != data:
        put(path, data)


def clear(root: Path, count: int) -> None:
    """Remove pages of a run beyond a number, which a longer list of recordings needed."""
    for path in root.glob("*.html"):
        number = page_number(path.name)
        if number is not None and number > count and mark_at(path) is not None:
            path.unlink(missing_ok=True)
