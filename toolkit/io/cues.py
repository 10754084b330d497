"""Chunks that count samples, ``cue``, ``LIST/adtl`` and ``smpl``, brought to another sample rate.

They are little-endian u32 throughout (Microsoft and IBM, "Multimedia Programming Interface and Data
Specifications 1.0", 1991).
"""

from __future__ import annotations

import struct

from toolkit.io.list_chunks import items

_CUE_SIZE, _LOOP_SIZE, _SMPL_SIZE = 24, 24, 36


def rescaled_cue(payload: bytes, ratio: float) -> bytes | None:
    """Return a ``cue`` payload with its positions times `ratio`; None when it is malformed.

    A point is id, position in the play list, chunk id, chunk start, block start, sample offset.
    """
    if len(payload) < 4:
        return None
    (count,) = struct.unpack_from("<I", payload)
    if 4 + count * _CUE_SIZE > len(payload):
        return None
    result = bytearray(payload)
    for at in range(4, 4 + count * _CUE_SIZE, _CUE_SIZE):
        for field in (4, 20):
            _scale(result, at + field, ratio)
    return bytes(result)


def rescaled_adtl(payload: bytes, ratio: float) -> bytes | None:
    """Return an ``adtl`` list with the lengths of its ``ltxt`` regions times `ratio`."""
    result = bytearray(payload)
    labels = items(payload)
    if labels is None:
        return None
    for id, start, size in labels:
        if id == b"ltxt" and size >= 8:
            _scale(result, start + 4, ratio)
    return bytes(result)


def rescaled_smpl(payload: bytes, ratio: float) -> bytes | None:
    """Return a ``smpl`` payload with loops times `ratio` and its sample period divided by it.

    The period in nanoseconds is the third field; a loop is id, type, start, end, fraction, count.
    """
    if len(payload) < _SMPL_SIZE:
        return None
    (count,) = struct.unpack_from("<I", payload, 28)
    if _SMPL_SIZE + count * _LOOP_SIZE > len(payload):
        return None
    result = bytearray(payload)
    _scale(result, 8, 1 / ratio)
    for at in range(_SMPL_SIZE, _SMPL_SIZE + count * _LOOP_SIZE, _LOOP_SIZE):
        for field in (8, 12):
            _scale(result, at + field, ratio)
    return bytes(result)


def _scale(payload: bytearray, at: int, ratio: float) -> None:
    (value,) = struct.unpack_from("<I", payload, at)
    struct.pack_into("<I", payload, at, min(round(value * ratio), 2**32 - 1))
