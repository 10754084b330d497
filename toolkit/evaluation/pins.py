"""Pin the notes that a suite is measured on, so that its figures mean the same everywhere."""

from __future__ import annotations

import hashlib

from toolkit.errors import ToolkitError
from toolkit.values import Notes


def fingerprint(notes: Notes) -> str:
    """Return the sha256 of the notes' times (to the microsecond), pitches, velocities, programs."""
    lines = (
        f"{note.onset:.6f} {note.offset:.6f} {note.pitch} {note.velocity:.3f} {note.program}\n"
        for note in notes
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def check_pinned(name: str, notes: Notes, sha256: str, hint: str) -> None:
    """Refuse notes that are not those that were pinned.

    Parameters
    ----------
    name : str
        Of the item.
    notes : Notes
        What was found.
    sha256 : str
        Its fingerprint as pinned, or the first digits of it.
    hint : str
        How to get the notes that were meant.

    Raises
    ------
    ToolkitError
        If they are others, as after a change of the packages that they come from.
    """
    found = fingerprint(notes)[: len(sha256)]
    if found != sha256:
        raise ToolkitError(f"the notes of {name} have sha256 {found}, not {sha256}", hint)
