"""The INFO list of a RIFF file: descriptions in sub-chunks such as ``INAM`` (title).

Sub-chunks are ``id, size, text``, padded to an even length. The list is copied as it is; only the
name of the writing software, ``ISFT``, is set.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from toolkit.io.list_chunks import items

_TAGS = {
    b"INAM": "title",
    b"IART": "artist",
    b"IPRD": "album",
    b"ICRD": "date",
    b"IGNR": "genre",
    b"ITRK": "tracknumber",
    b"ICMT": "comment",
    b"ICOP": "copyright",
    b"ISRC": "source",
    b"ISBJ": "subject",
    b"IKEY": "keywords",
    b"IENG": "engineer",
    b"ITCH": "technician",
    b"IARL": "archival_location",
    b"IMED": "medium",
    b"ISFT": "software",
}
_IDS = {name: id for id, name in _TAGS.items()}


def with_software(payload: bytes, software: str) -> bytes | None:
    """Return a ``LIST`` payload of type INFO that names the software; every other byte as it was.

    None when the payload is malformed and must rather be left alone.
    """
    texts = items(payload)
    if texts is None:
        return None
    entry = _entry(b"ISFT", software.encode("ascii", "replace"))
    for id, start, size in texts:
        if id == b"ISFT":
            return payload[: start - 8] + entry + payload[start + size + size % 2 :]
    return payload + b"\0" * (len(payload) % 2) + entry


def can_hold(name: str) -> bool:
    """Return whether INFO has a place for a tag of that name."""
    return name in _IDS


def from_tags(tags: Mapping[str, str], software: str) -> bytes:
    """Return an INFO payload that holds what of the tags INFO can name."""
    named = {**tags, "software": software}
    texts = [(_IDS[name], value) for name, value in named.items() if name in _IDS]
    return b"INFO" + b"".join(_entry(id, value.encode()) for id, value in texts)


def tags_of(payload: bytes) -> dict[str, str]:
    """Return the texts of an INFO payload by name; unknown ids are left out."""
    texts = {}
    for id, start, size in items(payload) or []:
        text = _decoded(payload[start : start + size].split(b"\0")[0])
        if id in _TAGS and text:
            texts[_TAGS[id]] = text
    return texts


def _entry(id: bytes, text: bytes) -> bytes:
    text += b"\0"
    return id + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace").strip()
