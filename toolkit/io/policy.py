"""What becomes of each chunk of a source in a derivative: kept, brought up to date, or left out.

=========================  ======================================================================
Chunk                      Policy
=========================  ======================================================================
``bext``                   copied; one line of CodingHistory, loudness of the new signal, no UMID
``LIST`` INFO              copied; ``ISFT`` names the software (made when there is no such list)
``cue``, ``smpl``, adtl    copied; rescaled to another rate; left out when the length changed
``fmt``, ``fact``          of the new signal
``MD5``, ``PEAK``, levl    left out: they describe the old signal
``C2PA``                   left out: a signature over the old file
anything else              copied byte for byte
=========================  ======================================================================

Order is kept, and so is the side of the audio on which a chunk lies.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from toolkit.dsp.loudness import Loudness
from toolkit.io import bext, cues, info
from toolkit.io.riff import Chunk, name_of
from toolkit.io.riff_writer import Piece

_MAX_LOADED = 2**24
_STALE = (b"MD5 ", b"PEAK", b"levl")


@dataclass(frozen=True)
class Change:
    """Say how a derivative differs from its source, as far as its metadata must know.

    Parameters
    ----------
    fmt : bytes
        Payload of the new ``fmt`` chunk.
    num_samples : int
        Length of the new signal.
    line : str
        The line for the CodingHistory.
    software : str
        Name and version for ``ISFT``.
    tags : Mapping[str, str]
        For an INFO list where the source has none.
    loudness : Loudness, optional
        Of the new signal.
    offset : float
        Samples of the source left out at its beginning.
    ratio : float
        New sample rate over old one.
    same_length : bool
        Whether the derivative lasts as long as its source.
    needs_fact : bool
        Whether the new format calls for a ``fact`` chunk (floats).
    """

    fmt: bytes
    num_samples: int
    line: str
    software: str
    tags: Mapping[str, str] = field(default_factory=dict)
    loudness: Loudness | None = None
    offset: float = 0.0
    ratio: float = 1.0
    same_length: bool = True
    needs_fact: bool = False


@dataclass
class Carried:
    """Hold the chunks of a derivative on either side of its audio, and what was lost."""

    before: list[Piece] = field(default_factory=list)
    after: list[Piece] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def carry(chunks: Sequence[Chunk], file: BinaryIO | None, change: Change) -> Carried:
    """Return the chunks of a derivative.

    Parameters
    ----------
    chunks : sequence of Chunk
        Those of the source in order, ``data`` marking the audio; empty when it had none.
    file : BinaryIO, optional
        The source, to load what has to be changed.
    """
    carried = Carried()
    side = carried.before
    for chunk in chunks:
        if chunk.id == b"data":
            if side is carried.after:
                carried.warnings.append("a second audio chunk was left out")
            side = carried.after
        elif chunk.id == b"fmt ":
            _once(carried, Piece(b"fmt ", change.fmt))
        else:
            content = _content(chunk, file, change, carried.warnings)
            if content is not None:
                side.append(Piece(chunk.id, content))
    _complete(carried, change, has_info=_has_info(chunks, file))
    return carried


def _once(carried: Carried, piece: Piece) -> None:
    if all(each.id != piece.id for each in carried.before):
        carried.before.append(piece)


def _complete(carried: Carried, change: Change, *, has_info: bool) -> None:
    """Add what a file must have and the source did not."""
    if all(each.id != b"fmt " for each in carried.before):
        carried.before.insert(0, Piece(b"fmt ", change.fmt))
        if change.needs_fact:
            carried.before.insert(1, Piece(b"fact", _fact(change)))
    if not has_info:
        content = info.from_tags(change.tags, change.software)
        carried.before.append(Piece(b"LIST", content))


def _has_info(chunks: Sequence[Chunk], file: BinaryIO | None) -> bool:
    return any(_kind(chunk, file) == b"INFO" for chunk in chunks if chunk.id == b"LIST")


def _kind(chunk: Chunk, file: BinaryIO | None) -> bytes:
    """Return the type of a ``LIST`` chunk."""
    return Chunk(chunk.id, chunk.offset, min(chunk.size, 4)).load(file) if file else b""


def _content(
    chunk: Chunk, file: BinaryIO | None, change: Change, warnings: list[str]
) -> bytes | Chunk | None:
    if chunk.id in _STALE:
        return None
    if chunk.id == b"C2PA":
        warnings.append("the C2PA manifest was left out: it signs the source, not this file")
        return None
    if chunk.id == b"fact":
        return _fact(change, chunk.size)
    edit = _edit_for(chunk, file)
    if edit is None or file is None:
        return chunk
    if chunk.size > _MAX_LOADED:
        warnings.append(f"chunk {name_of(chunk.id)!r} is too large to bring up to date: copied")
        return chunk
    return edit(chunk, chunk.load(file), change, warnings)


_Edit = Callable[[Chunk, bytes, Change, list[str]], "bytes | Chunk | None"]


def _edit_for(chunk: Chunk, file: BinaryIO | None) -> _Edit | None:
    if chunk.id == b"LIST":
        return {b"INFO": _edit_info, b"adtl": _edit_counting}.get(_kind(chunk, file))
    return {b"bext": _edit_bext, b"cue ": _edit_counting, b"smpl": _edit_counting}.get(chunk.id)


def _edit_bext(
    chunk: Chunk, payload: bytes, change: Change, warnings: list[str]
) -> bytes | Chunk | None:
    if len(payload) < bext.FIXED_SIZE:
        warnings.append("the bext chunk is too short: copied without a line of history")
        return chunk
    return bext.updated(
        payload,
        change.line,
        loudness=change.loudness,
        offset=change.offset,
        ratio=change.ratio,
    )


def _edit_info(
    chunk: Chunk, payload: bytes, change: Change, warnings: list[str]
) -> bytes | Chunk | None:
    edited = info.with_software(payload, change.software)
    if edited is None:
        warnings.append("the INFO list is malformed: copied without naming the software")
        return chunk
    return edited


def _edit_counting(
    chunk: Chunk, payload: bytes, change: Change, warnings: list[str]
) -> bytes | Chunk | None:
    if change.same_length and change.ratio == 1:
        return chunk
    rescale = {b"cue ": cues.rescaled_cue, b"smpl": cues.rescaled_smpl}.get(
        chunk.id, cues.rescaled_adtl
    )
    edited = rescale(payload, change.ratio) if change.same_length else None
    if edited is None:
        why = "it is malformed" if change.same_length else "the length changed"
        warnings.append(f"chunk {name_of(chunk.id)!r} was left out: {why}")
    return edited


def _fact(change: Change, size: int = 4) -> bytes:
    """Return the number of samples; a W64 file gives it eight bytes."""
    if size >= 8:
        return struct.pack("<Q", change.num_samples)
    return struct.pack("<I", min(change.num_samples, 2**32 - 1))
