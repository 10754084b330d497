"""Read the songs of POP909 with their tracks apart.

POP909 (Z. Wang et al., "POP909: a pop-song dataset for music arrangement generation", 2020) has
each song as a MIDI file of three tracks: the vocal melody, a second melody, and the piano. It is no
Debian package; unpack it by hand into ``unpacked/pop909`` of the cache folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.cache import cache_dir
from toolkit.errors import InputError, ToolkitError
from toolkit.io.midi_reader import collect
from toolkit.values import Notes

TRAINING = range(1, 801)
VALIDATION = range(801, 851)
TEST = range(851, 910)
"""Numbers of the songs by split."""


@dataclass(frozen=True)
class Song:
    """Hold a song's tracks; all share tempo map and meters."""

    melody: Notes
    bridge: Notes
    piano: Notes


def song(number: int) -> Song:
    """Return a song by its number.

    Parameters
    ----------
    number : int
        1..909.

    Raises
    ------
    ToolkitError
        If the collection is not unpacked.
    InputError
        If the file lacks a track.
    """
    import mido

    path = path_of(number)
    file = mido.MidiFile(path)
    conductor, named = file.tracks[0], {track.name: track for track in file.tracks[1:]}
    if not {"MELODY", "BRIDGE", "PIANO"} <= set(named):
        raise InputError(f"{path.name} lacks a track", "unpack POP909 again")
    tracks = []
    for name in ("MELODY", "BRIDGE", "PIANO"):
        alone = mido.MidiFile(type=1, ticks_per_beat=file.ticks_per_beat)
        alone.tracks += [conductor, named[name]]
        tracks.append(collect(alone))
    return Song(*tracks)


def path_of(number: int) -> Path:
    """Return the MIDI file of a song; it need not be there.

    Raises
    ------
    ToolkitError
        If the collection is not unpacked.
    """
    return folder() / f"{number:03d}" / f"{number:03d}.mid"


def folder() -> Path:
    """Return the folder that holds a folder for each song.

    Raises
    ------
    ToolkitError
        If there is none.
    """
    home = cache_dir() / "unpacked" / "pop909"
    for path in (home, home / "POP909"):
        if (path / "001").is_dir():
            return path
    raise ToolkitError("POP909 is not here", f"unpack it into {home}")
