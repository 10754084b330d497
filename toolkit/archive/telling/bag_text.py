"""The text of a bag's tag files (BagIt 1.0, RFC 8493, 2018): names, lines, labels."""

from __future__ import annotations

import re
from collections.abc import Iterable

BAG_MARK = "bagit.txt"
DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def encoded(path: str) -> str:
    """Return a path as a bag's manifest has it: percent signs and line ends are encoded (2.1.3)."""
    return re.sub("[%\r\n]", lambda found: f"%{ord(found[0]):02X}", path)


def decoded(path: str) -> str:
    """Return the path that a bag's manifest means."""
    return re.sub("%(25|0[AaDd])", lambda found: chr(int(found[1], 16)), path)


def in_utf8(path: str) -> str:
    r"""Return a name for a bag, whose tag files are UTF-8 and can name no other file.

    A path that is no UTF-8 gets its foreign bytes, and its equals signs, as ``=E9``: without loss,
    and on every file system. Any other stays as it is.

    >>> in_utf8("caf\udce9 = 1.wav")
    'caf=E9 =3D 1.wav'
    >>> in_utf8("café = 1.wav")
    'café = 1.wav'
    """
    if path.isascii() or not any("\udc80" <= each <= "\udcff" for each in path):
        return path
    return "".join(_escaped(each) for each in path)


def _escaped(character: str) -> str:
    if character == "=":
        return "=3D"
    if "\udc80" <= character <= "\udcff":
        return f"={ord(character) - 0xDC00:02X}"
    return character


def labels(rows: Iterable[tuple[str, str]]) -> str:
    """Return labels and values, a line each; a value's own line ends become spaces.

    Rows without a value are left out.
    """
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in rows if value)
