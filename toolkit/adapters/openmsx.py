"""Read the songs of OpenMSX, a GPL-2 set of game music that Debian packages as MIDI files.

They are compositions for several instruments that nobody's training has rendered, and are used for
measuring only. Nothing of them is stored here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from toolkit.adapters import debian
from toolkit.adapters.channel_notes import notes_and_gains
from toolkit.errors import UsageError
from toolkit.values import Note, Notes

PACKAGE = "openttd-openmsx"


def songs() -> tuple[str, ...]:
    """Return the names of all songs, sorted.

    Raises
    ------
    ToolkitError
        If the package cannot be had.
    """
    return tuple(sorted(path.stem for path in _files()))


def read(name: str) -> Notes:
    """Return a song's notes, with the volume of their channel in their velocity.

    Synthesizers sound a note with an amplitude in proportion to its velocity. So each velocity is
    multiplied by the channel's gain when the note begins, relative to the largest gain in the
    song. Later changes of volume, bends and pedals are left out.

    Parameters
    ----------
    name : str
        One of `songs`.

    Raises
    ------
    UsageError
        If there is no song of that name.
    """
    import mido

    for path in _files():
        if path.stem == name:
            return notes_of(mido.MidiFile(path, clip=True))
    raise UsageError(f"OpenMSX has no song {name!r}", f"it has: {', '.join(songs())}")


def notes_of(messages: Iterable[Any]) -> Notes:
    """Return the notes of mido's messages, whose times are seconds since the one before."""
    found = notes_and_gains(messages)
    loudest = max((gain for _, gain in found), default=1.0)
    return Notes(tuple(_scaled(note, gain / loudest) for note, gain in found if gain))


def _scaled(note: Note, gain: float) -> Note:
    return Note(note.onset, note.offset, note.pitch, note.velocity * gain, note.program)


def _files() -> list[Path]:
    return sorted(debian.fetch(PACKAGE).rglob("*.mid"))
