"""Walk through the items of a ``LIST`` chunk of a WAV file: texts, or labels of cues."""

from __future__ import annotations

import struct


def items(payload: bytes) -> list[tuple[bytes, int, int]] | None:
    """Return id, start and size in bytes of each item; None when one reaches beyond the end.

    Parameters
    ----------
    payload : bytes
        Of the chunk, from the four letters of the list's kind on.
    """
    found = []
    position = 4
    while position + 8 <= len(payload):
        id, size = struct.unpack_from("<4sI", payload, position)
        position += 8
        if position + size > len(payload):
            return None
        found.append((id, position, size))
        position += size + size % 2
    return found
