"""Chunks of RIFF, RF64, BW64 and W64 files: found without reading audio, written back exactly.

A WAV file is a row of chunks. In RIFF each is ``id (4 bytes), size (u32), payload``, padded to an
even length. RF64 (EBU Tech 3306, 2009) and BW64 (ITU-R BS.2088, 2015) put 0xFFFFFFFF where a size
does not fit and the true sizes into a first chunk ``ds64``. W64 (Sonic Foundry) has GUIDs of 16
bytes, u64 sizes that count the 24 bytes of their own header, and pads to eight.

What a header says is compared with what the file holds, never trusted: nothing is allocated from a
size, and every disagreement is listed as a `Problem` for the reader to refuse or to accept.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from toolkit.errors import InputError

RIFF_LIMIT = 2**32 - 1
"""The largest RIFF file in bytes, header included, before RF64 takes over."""

_UNKNOWN = 0xFFFFFFFF
_MAX_CHUNKS = 10_000
_DS64 = struct.Struct("<QQQI")
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
W64_RIFF = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")
_W64_LIST = b"list" + bytes.fromhex("2f91cf11a5d628db04c10000")
W64_WAVE = b"wave" + _W64_TAIL
_SALVAGE = "--accept-truncated takes what is there and says so in the record"


@dataclass(frozen=True)
class Chunk:
    """Say where one chunk's payload lies: ``size`` bytes from ``offset`` on, all of them there.

    ``id`` has 4 bytes, or 16 for a W64 GUID that stands for no RIFF id.
    """

    id: bytes
    offset: int
    size: int

    def load(self, file: BinaryIO) -> bytes:
        """Return the payload."""
        file.seek(self.offset)
        return file.read(self.size)


@dataclass(frozen=True)
class Problem:
    """Hold why a file cannot be trusted: reading refuses it unless damage is accepted."""

    code: str
    message: str
    hint: str = _SALVAGE


@dataclass(frozen=True)
class Layout:
    """Hold the chunks of a file in order, and what is wrong with it.

    Parameters
    ----------
    container : str
        ``wav``, ``rf64``, ``bw64`` or ``w64``.
    chunks : tuple[Chunk, ...]
        ``ds64`` left out.
    problems : tuple[Problem, ...]
        Reasons to refuse the file.
    warnings : tuple[str, ...]
        Oddities that cost nothing.
    """

    container: str
    chunks: tuple[Chunk, ...]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()

    def first(self, id: bytes) -> Chunk | None:
        """Return the first chunk of that id."""
        return next((chunk for chunk in self.chunks if chunk.id == id), None)


@dataclass
class _Walk:
    """Collect what a walk through the chunks finds."""

    file: BinaryIO
    size: int
    container: str
    sizes: dict[bytes, int] = field(default_factory=dict)
    chunks: list[Chunk] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def header_size(self) -> int:
        return 24 if self.container == "w64" else 8

    def header(self, position: int) -> tuple[bytes, int] | None:
        """Return id and payload size at a position, None where there is no chunk."""
        self.file.seek(position)
        raw = self.file.read(self.header_size)
        if len(raw) < self.header_size:
            return None
        if self.container == "w64":
            size = int.from_bytes(raw[16:], "little")
            return (_id_of_guid(raw[:16]), size - 24) if size >= 24 else None
        id, size = raw[:4], int.from_bytes(raw[4:], "little")
        if not _is_printable(id):
            return None
        return id, self.sizes.get(id, size) if size == _UNKNOWN else size

    def after(self, end: int, size: int) -> int:
        """Return where the next chunk begins; some writers forget the padding."""
        step = 8 if self.container == "w64" else 2
        padded = end + -size % step
        unpadded = padded != end and self.header(padded) is None and self.header(end) is not None
        return end if unpadded else padded

    def continues(self, position: int) -> bool:
        """Return whether nothing but whole chunks lies between a position and the end."""
        for _ in range(_MAX_CHUNKS):
            if position >= self.size:
                return True
            found = self.header(position)
            end = position + self.header_size + (found[1] if found else self.size)
            if found is None or end > self.size:
                return False
            position = self.after(end, found[1])
        return False


def parse(file: BinaryIO, size: int) -> Layout:
    """Return the chunks of a file of `size` bytes, in order, without reading audio.

    Raises
    ------
    InputError
        If this is no WAV file of any kind (``E_FORMAT``, ``E_RIFX``) or has too many chunks.
    """
    file.seek(0)
    head = file.read(40)
    if head[:4] == b"RIFX":
        raise InputError(
            "RIFX (big-endian WAV) is not supported", "convert it to WAV first", code="E_RIFX"
        )
    walk, position = _start(file, size, head)
    announced = _announced(walk, head)
    while position + walk.header_size <= size:
        if len(walk.chunks) >= _MAX_CHUNKS:
            raise InputError(f"more than {_MAX_CHUNKS} chunks: not a sound file", code="E_FORMAT")
        position = _step(walk, position)
    if announced > size and not walk.problems and announced < 2**32 - 9:
        walk.warnings.append(f"the header announces {announced} bytes, the file has {size}")
    return Layout(walk.container, tuple(walk.chunks), tuple(walk.problems), tuple(walk.warnings))


def _start(file: BinaryIO, size: int, head: bytes) -> tuple[_Walk, int]:
    names = {b"RIFF": "wav", b"RF64": "rf64", b"BW64": "bw64"}
    if head[:16] == W64_RIFF and head[24:40] == W64_WAVE:
        return _Walk(file, size, "w64"), 40
    if head[:4] in names and head[8:12] == b"WAVE":
        walk = _Walk(file, size, names[head[:4]])
        return walk, _read_ds64(walk) if walk.container != "wav" else 12
    raise InputError("not a WAV file", "is it damaged, or another format?", code="E_FORMAT")


def _announced(walk: _Walk, head: bytes) -> int:
    if walk.container == "w64":
        return int.from_bytes(head[16:24], "little")
    return walk.sizes.get(b"RIFF", int.from_bytes(head[4:8], "little")) + 8


def _read_ds64(walk: _Walk) -> int:
    """Take the true sizes of an RF64 file and return where its other chunks begin."""
    found = walk.header(12)
    if found is None or found[0] != b"ds64" or found[1] < _DS64.size:
        walk.warnings.append("RF64 without a ds64 chunk: sizes taken as they are")
        return 12
    size = min(found[1], walk.size - 20)
    walk.file.seek(20)
    raw = walk.file.read(min(size, _DS64.size + 12 * _MAX_CHUNKS))
    if len(raw) < _DS64.size:
        walk.problems.append(Problem("E_TRUNCATED", "the file ends inside its header"))
        return walk.size
    riff, data, _, count = _DS64.unpack_from(raw)
    for at in range(_DS64.size, min(_DS64.size + 12 * count, len(raw) - 11), 12):
        walk.sizes[raw[at : at + 4]] = int.from_bytes(raw[at + 4 : at + 12], "little")
    walk.sizes |= {b"RIFF": riff, b"data": data}
    return walk.after(20 + size, size)


def _step(walk: _Walk, position: int) -> int:
    """Take in the chunk at a position and return where the next one begins."""
    found = walk.header(position)
    if found is None:
        walk.warnings.append(f"{walk.size - position} bytes behind the last chunk are ignored")
        return walk.size
    id, declared = found
    begin = position + walk.header_size
    held = walk.size - begin
    if id == b"data" and all(chunk.id != b"data" for chunk in walk.chunks):
        declared = _true_data_size(walk, begin, declared, held)
    if declared > held:
        _note_cut(walk, id, declared, held)
        if id == b"data":
            walk.chunks.append(Chunk(id, begin, held))
        return walk.size
    walk.chunks.append(Chunk(id, begin, declared))
    return walk.after(begin + declared, declared)


def _true_data_size(walk: _Walk, begin: int, declared: int, held: int) -> int:
    """Return how long the audio is where a recorder that crashed or streamed left no size."""
    if declared == _UNKNOWN:
        walk.warnings.append("streamed file without a length: audio taken to the end of the file")
        return held
    if declared == 0 and held > 0 and not walk.continues(begin):
        message = f"the header says 0 bytes of audio, but {held} bytes follow: a crashed recorder?"
        walk.problems.append(Problem("E_ZERO_SIZE", message))
        return held
    beyond = held - declared
    if walk.container == "wav" and beyond >= 2**32 and not walk.continues(begin + declared):
        message = f"{held} bytes of audio in a header of 32 bits, which says {declared}"
        walk.problems.append(Problem("E_WRAPPED", message))
        return held
    return declared


def _note_cut(walk: _Walk, id: bytes, declared: int, held: int) -> None:
    name = "audio" if id == b"data" else f"chunk {name_of(id)!r}"
    message = f"the file is cut: {name} should have {declared} bytes, {held} are there"
    walk.problems.append(Problem("E_TRUNCATED", message))


def name_of(id: bytes) -> str:
    """Return a chunk's id in words."""
    return id.decode("latin-1").strip() if len(id) == 4 else id.hex()


def guid_of(id: bytes) -> bytes:
    """Return the W64 GUID of a chunk id."""
    if len(id) == 16:
        return id
    return _W64_LIST if id == b"LIST" else id + _W64_TAIL


def _id_of_guid(guid: bytes) -> bytes:
    if guid == _W64_LIST:
        return b"LIST"
    return guid[:4] if guid[4:] == _W64_TAIL and _is_printable(guid[:4]) else guid


def _is_printable(id: bytes) -> bool:
    return all(0x20 <= byte <= 0x7E for byte in id)
