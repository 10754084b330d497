"""FLAC files: metadata blocks parsed and kept by us, audio left to libsndfile.

The stream begins with ``fLaC`` and metadata blocks of ``last flag and type (1 byte), size (3
bytes), payload`` (RFC 9639, 2024). RIFF chunks kept by ``flac --keep-foreign-metadata`` are
APPLICATION blocks with the id ``riff``, one a chunk, header included.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from toolkit.errors import InputError
from toolkit.io.format import Format, check_range
from toolkit.io.recording import Block, Contents
from toolkit.io.riff import Chunk

STREAMINFO, PADDING, APPLICATION, SEEKTABLE, COMMENT, CUESHEET, PICTURE = range(7)
MAX_BLOCK = 2**24 - 1
_ENCODINGS = {8: "pcm_u8", 16: "pcm_s16", 24: "pcm_s24"}
_MAX_BLOCKS = 10_000
# The speakers of 3 to 8 channels (RFC 9639 §9.1.3) as a WAVE_FORMAT_EXTENSIBLE mask.
_MASKS = {3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x70F, 8: 0x63F}


@dataclass(frozen=True)
class StreamInfo:
    """Hold the facts of a FLAC stream; 0 samples and an empty MD5 when they are unsaid."""

    sample_rate: int
    num_channels: int
    bits: int
    num_samples: int
    md5: bytes


def stream_info(payload: bytes) -> StreamInfo:
    """Return what a STREAMINFO block says (RFC 9639 §8.2)."""
    packed = int.from_bytes(payload[10:18], "big")
    return StreamInfo(
        sample_rate=packed >> 44,
        num_channels=(packed >> 41 & 7) + 1,
        bits=(packed >> 36 & 31) + 1,
        num_samples=packed & (2**36 - 1),
        md5=payload[18:34].strip(b"\0") and payload[18:34],
    )


def is_flac(file: BinaryIO) -> bool:
    """Return whether a file is FLAC, be it behind an ID3v2 tag."""
    file.seek(_skip_id3(file))
    return file.read(4) == b"fLaC"


def empty_stream_info(format: Format) -> bytes:
    """Return the STREAMINFO block of a stream without samples, in blocks of 4096."""
    packed = format.sample_rate << 44 | format.num_channels - 1 << 41
    packed |= 8 * format.sample_size - 1 << 36
    digest = hashlib.md5(usedforsecurity=False).digest()
    return struct.pack(">HH", 4096, 4096) + bytes(6) + packed.to_bytes(8, "big") + digest


def blocks_of(file: BinaryIO, size: int) -> tuple[list[Block], int]:
    """Return the metadata blocks and where the audio frames begin.

    Raises
    ------
    InputError
        ``E_TRUNCATED`` if the file ends among them, ``E_FORMAT`` if the first is not STREAMINFO.
    """
    position = _skip_id3(file) + 4
    found: list[Block] = []
    last = False
    while not last:
        file.seek(position)
        head = file.read(4)
        if len(head) < 4 or len(found) > _MAX_BLOCKS:
            raise InputError("the FLAC file ends inside its header", code="E_TRUNCATED")
        last = bool(head[0] & 0x80)
        block = Block(head[0] & 0x7F, position + 4, int.from_bytes(head[1:], "big"))
        position = block.offset + block.size
        if position > size:
            raise InputError("the FLAC file ends inside its header", code="E_TRUNCATED")
        found.append(block)
    if found[0].kind != STREAMINFO or found[0].size < 34:
        raise InputError("a FLAC file without stream information", code="E_FORMAT")
    return found, position


def load(file: BinaryIO, block: Block) -> bytes:
    """Return a block's payload."""
    file.seek(block.offset)
    return file.read(block.size)


def look(file: BinaryIO, size: int) -> Contents:
    """Return what the metadata of a FLAC file says.

    Raises
    ------
    InputError
        As `blocks_of`; ``E_RATE`` and ``E_CHANNELS`` as for any file.
    """
    blocks, _ = blocks_of(file, size)
    stream = stream_info(load(file, blocks[0]))
    check_range(stream.sample_rate, stream.num_channels)
    comments = [load(file, block) for block in blocks if block.kind == COMMENT]
    tags = parse_comments(comments[0]) if comments else {}
    # Other depths (12, 20 bits) count as the next larger: bits says how many are used.
    size_in_bits = next((each for each in _ENCODINGS if stream.bits <= each), 32)
    format = Format(
        "flac",
        _ENCODINGS.get(size_in_bits, "pcm_s32"),
        stream.sample_rate,
        stream.num_channels,
        stream.bits,
        _MASKS.get(stream.num_channels, 0),
        extensible=stream.num_channels > 2,
    )
    warnings: tuple[str, ...] = ()
    if blocks[-1].offset + blocks[-1].size == size:
        warnings = ("the file has a header only: no samples",)
    elif not stream.num_samples:
        warnings = ("the header does not say how long the audio is",)
    foreign = tuple(_foreign(file, blocks))
    return Contents(format, stream.num_samples, foreign, tuple(blocks), tags, warnings)


def parse_comments(payload: bytes) -> dict[str, str]:
    """Return Vorbis comments by lower-case name; repeated ones are joined with ``; ``."""
    tags: dict[str, str] = {}
    vendor = int.from_bytes(payload[:4], "little")
    position = 8 + vendor
    while position + 4 <= len(payload):
        size = int.from_bytes(payload[position : position + 4], "little")
        text = payload[position + 4 : position + 4 + size].decode("utf-8", "replace")
        name, _, value = text.partition("=")
        if name and value:
            key = name.lower()
            tags[key] = f"{tags[key]}; {value}" if key in tags else value
        position += 4 + size
    return tags


def with_software(payload: bytes, software: str) -> bytes:
    """Return a comment block that names the software, all other comments as they were."""
    vendor = payload[: 4 + int.from_bytes(payload[:4], "little")]
    kept = []
    position = len(vendor) + 4
    while position + 4 <= len(payload):
        size = int.from_bytes(payload[position : position + 4], "little")
        comment = payload[position + 4 : position + 4 + size]
        if not comment.upper().startswith(b"SOFTWARE="):
            kept.append(comment)
        position += 4 + size
    kept.append(b"SOFTWARE=" + software.encode())
    return vendor + _comment_list(kept)


def build_comments(tags: Mapping[str, str], software: str) -> bytes:
    """Return a comment block of the tags and the software's name."""
    comments = [
        f"{name.upper()}={value}".encode()
        for name, value in tags.items()
        if name and name.lower() != "software" and name.isascii() and "=" not in name
    ]
    vendor = software.encode()
    head = struct.pack("<I", len(vendor)) + vendor
    return head + _comment_list([*comments, b"SOFTWARE=" + vendor])


def _comment_list(comments: list[bytes]) -> bytes:
    body = b"".join(struct.pack("<I", len(each)) + each for each in comments)
    return struct.pack("<I", len(comments)) + body


def framed(kind: int, payload: bytes, *, last: bool = False) -> bytes:
    """Return a metadata block with its header."""
    return bytes([kind | 0x80 * last]) + len(payload).to_bytes(3, "big") + payload


class Fingerprint:
    """Compute the MD5 that STREAMINFO holds: of the samples, interleaved, at their own depth."""

    def __init__(self, bits: int) -> None:
        self._size = (bits + 7) // 8
        self._shift = 32 - bits
        self._digest = hashlib.md5(usedforsecurity=False)

    def update(self, block: npt.NDArray[np.int32]) -> None:
        """Add samples [n, channels] whose highest bit is bit 31."""
        values = np.ascontiguousarray(block >> self._shift).astype("<i4")
        self._digest.update(values.reshape(-1, 1).view(np.uint8)[:, : self._size].tobytes())

    def digest(self) -> bytes:
        """Return the 16 bytes."""
        return self._digest.digest()


def ends_whole(file: BinaryIO, size: int, reach: int = 2**16) -> bool:
    """Return whether the last bytes are a whole frame, which tells a cut file from a damaged one.

    A frame begins with the bits 11111111 1111100x and ends with a CRC-16 over all of it
    (polynomial 0x8005), so a remainder of zero over a stretch to the end means a whole frame.
    """
    file.seek(max(size - reach, 0))
    tail = file.read(reach)
    starts = [at for at in range(len(tail) - 1) if tail[at] == 0xFF and tail[at + 1] & 0xFE == 0xF8]
    return any(_crc16(tail[at:]) == 0 for at in starts)


def _crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _CRC_TABLE[value >> 8 ^ byte]
    return value


def _crc_of(byte: int) -> int:
    value = byte << 8
    for _ in range(8):
        value = (value << 1 ^ (0x8005 if value & 0x8000 else 0)) & 0xFFFF
    return value


_CRC_TABLE = tuple(map(_crc_of, range(256)))


def _skip_id3(file: BinaryIO) -> int:
    """Return where ``fLaC`` stands: some put an ID3v2 tag in front."""
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    return size + 10


def _foreign(file: BinaryIO, blocks: list[Block]) -> list[Chunk]:
    chunks = []
    for block in blocks:
        if block.kind != APPLICATION or block.size < 12:
            continue
        file.seek(block.offset)
        application, id, size = struct.unpack("<4s4sI", file.read(12))
        if application == b"riff" and id not in (b"RIFF", b"RF64", b"ds64"):
            held = 0 if id == b"data" else min(size, block.size - 12)
            chunks.append(Chunk(id, block.offset + 12, held))
    return chunks
