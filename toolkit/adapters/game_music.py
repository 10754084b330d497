"""Read compositions of games that Debian packages as MIDI files, by themselves or in WADs.

Band music by many hands, with names of instruments and licences: none is in collections of MIDI
files of unknown origin. Nothing of it is stored here.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from functools import cache

from toolkit.adapters import debian
from toolkit.adapters.channel_notes import scaled_notes
from toolkit.errors import ToolkitError
from toolkit.values import Notes

_MIDI = b"MThd"


def pieces(package: str) -> tuple[str, ...]:
    """Return the names of a package's pieces, sorted: ``folder/file`` or ``archive/lump``.

    Raises
    ------
    ToolkitError
        If the package cannot be had.
    """
    return tuple(sorted(_contents(package)))


@cache
def read(package: str, name: str) -> Notes:
    """Return a piece's notes in seconds, with the volume of their channel in their velocity.

    Raises
    ------
    ToolkitError
        If the package has no such piece, or mido cannot read it.
    """
    import mido

    data = _contents(package).get(name)
    if data is None:
        raise ToolkitError(f"{package} has no {name}", f"it has: {', '.join(pieces(package))}")
    try:
        return scaled_notes(mido.MidiFile(file=io.BytesIO(data), clip=True))
    except (OSError, EOFError, ValueError, mido.KeySignatureError) as error:
        raise ToolkitError(
            f"{name} of {package} is no MIDI file: {error}", "leave it out"
        ) from error


def forget() -> None:
    """Forget what was read, as when the cache folder is another one."""
    _contents.cache_clear()
    read.cache_clear()


@cache
def _contents(package: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(debian.fetch(package).rglob("*")):
        if path.suffix.lower() == ".mid":
            found[f"{path.parent.name}/{path.stem}"] = path.read_bytes()
        elif path.suffix.lower() == ".wad":
            for name, lump in wad_lumps(path.read_bytes()):
                # The games of one package share pieces.
                if lump.startswith(_MIDI) and lump not in found.values():
                    found[f"{path.stem}/{name}"] = lump
    return found


def wad_lumps(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each lump of a WAD, the archive of Doom (1993).

    Its header is an identification of four characters, the number of lumps and the place of the
    directory; the directory has 16 bytes for each: place, size, and a name filled up with zeros.

    Raises
    ------
    ToolkitError
        If it is none.
    """
    if archive[:4] not in (b"IWAD", b"PWAD") or len(archive) < 12:
        raise ToolkitError("this is no WAD: it has no such header", "fetch its package anew")
    count, directory = struct.unpack_from("<ii", archive, 4)
    if not 0 <= directory <= directory + 16 * count <= len(archive):
        raise ToolkitError("a WAD's directory lies outside of it", "fetch its package anew")
    for place, size, name in struct.iter_unpack(
        "<ii8s", archive[directory : directory + 16 * count]
    ):
        yield name.rstrip(b"\0").decode("ascii", "replace").lower(), archive[place : place + size]
