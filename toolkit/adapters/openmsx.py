"""Read the songs of OpenMSX, a GPL-2 set of game music that Debian packages as MIDI files.

They are compositions for several instruments that nobody's training has rendered, and are used for
measuring only. Nothing of them is stored here.
"""

from __future__ import annotations

from pathlib import Path

from toolkit.adapters import debian
from toolkit.adapters.channel_notes import scaled_notes
from toolkit.errors import UsageError
from toolkit.values import Notes

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
            return scaled_notes(mido.MidiFile(path, clip=True))
    raise UsageError(f"OpenMSX has no song {name!r}", f"it has: {', '.join(songs())}")


def _files() -> list[Path]:
    return sorted(debian.fetch(PACKAGE).rglob("*.mid"))
