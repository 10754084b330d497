"""Lay out a RIFF, RF64, BW64 or W64 file around its audio; the reverse of `toolkit.io.riff`.

All sizes are known before the first byte is written, so the choice between RIFF and RF64 is made
once, no header is patched afterwards, and the file can be hashed while it is written.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from toolkit.io.riff import RIFF_LIMIT, W64_RIFF, W64_WAVE, Chunk, guid_of

_COPY_BYTES = 2**20
_FIELD_LIMIT = 2**32 - 1
_MAGIC = {"wav": b"RIFF", "rf64": b"RF64", "bw64": b"BW64"}


@dataclass(frozen=True)
class Piece:
    """Hold a chunk to be written: new bytes, or a payload copied from the source file."""

    id: bytes
    content: bytes | Chunk

    @property
    def size(self) -> int:
        """Return the payload's length in bytes."""
        return self.content.size if isinstance(self.content, Chunk) else len(self.content)


@dataclass(frozen=True)
class Plan:
    """Hold the layout of a file to be written.

    Parameters
    ----------
    container : str
        ``wav``, ``rf64``, ``bw64`` or ``w64``.
    before, after : tuple[Piece, ...]
        The chunks on either side of the audio, ``fmt`` among the first.
    data_size : int
        Bytes of audio.
    num_samples : int
        Samples a channel, for ``ds64``.
    """

    container: str
    before: tuple[Piece, ...]
    data_size: int
    after: tuple[Piece, ...] = ()
    num_samples: int = 0

    @property
    def size(self) -> int:
        """Return the length of the whole file in bytes."""
        sizes = [piece.size for piece in (*self.before, *self.after)]
        return len(self.head(0)) + sum(map(self._extent, [*sizes, self.data_size]))

    def opening(self, source: BinaryIO | None) -> Iterator[bytes]:
        """Yield everything up to the audio; `source` is where copied chunks come from."""
        yield self.head(self.size)
        yield from self._pieces(self.before, source)
        yield self.header(b"data", self.data_size)

    def closing(self, source: BinaryIO | None) -> Iterator[bytes]:
        """Yield everything behind the audio, its padding first."""
        yield self._padding(self.data_size)
        yield from self._pieces(self.after, source)

    def _pieces(self, pieces: tuple[Piece, ...], source: BinaryIO | None) -> Iterator[bytes]:
        for piece in pieces:
            yield from self.framed(piece, source)

    def framed(self, piece: Piece, source: BinaryIO | None) -> Iterator[bytes]:
        """Yield a chunk with header and padding."""
        yield self.header(piece.id, piece.size)
        if isinstance(piece.content, Chunk):
            yield from copied(piece.content, source)
        else:
            yield piece.content
        yield self._padding(piece.size)

    def _extent(self, size: int) -> int:
        return len(self.header(b"data", size)) + size + len(self._padding(size))

    def header(self, id: bytes, size: int) -> bytes:
        """Return a chunk's header."""
        if self.container == "w64":
            return guid_of(id) + struct.pack("<Q", size + 24)
        hidden = size >= _FIELD_LIMIT or (id == b"data" and self.container != "wav")
        return id + struct.pack("<I", _FIELD_LIMIT if hidden else size)

    def _padding(self, size: int) -> bytes:
        return b"\0" * (-size % (8 if self.container == "w64" else 2))

    def head(self, total: int) -> bytes:
        """Return what precedes the first chunk of a file of `total` bytes, ``ds64`` included."""
        if self.container == "w64":
            return W64_RIFF + struct.pack("<Q", total) + W64_WAVE
        magic = _MAGIC[self.container]
        if self.container == "wav":
            return magic + struct.pack("<I", max(total - 8, 0)) + b"WAVE"
        large = [p for p in (*self.before, *self.after) if p.size >= _FIELD_LIMIT]
        table = b"".join(p.id + struct.pack("<Q", p.size) for p in large)
        sizes = struct.pack(
            "<QQQI", max(total - 8, 0), self.data_size, self.num_samples, len(large)
        )
        opening = magic + struct.pack("<I", _FIELD_LIMIT) + b"WAVE"
        return opening + b"ds64" + struct.pack("<I", len(sizes + table)) + sizes + table


def fitting(plan: Plan, limit: int = RIFF_LIMIT) -> Plan:
    """Return the plan itself, or as RF64 when a RIFF file would pass `limit` bytes."""
    if plan.container == "wav" and plan.size > limit:
        return replace(plan, container="rf64")
    return plan


def copied(chunk: Chunk, source: BinaryIO | None) -> Iterator[bytes]:
    """Yield a payload of the source file in blocks.

    Raises
    ------
    ValueError
        If the source has become shorter since it was read.
    """
    if source is None:
        raise ValueError("a copied chunk needs the file it comes from")
    position, end = chunk.offset, chunk.offset + chunk.size
    while position < end:
        source.seek(position)
        block = source.read(min(_COPY_BYTES, end - position))
        if not block:
            raise ValueError("the source file has become shorter while it was worked on")
        position += len(block)
        yield block
