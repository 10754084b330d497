"""Files to read, built byte by byte and independently of the code under test."""

import struct
from collections.abc import Callable

import numpy as np
import pytest

from toolkit.run import Run

Chunks = list[tuple[bytes, bytes]]
W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
W64_RIFF = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")
W64_LIST = b"list" + bytes.fromhex("2f91cf11a5d628db04c10000")


def riff_chunk(id: bytes, payload: bytes) -> bytes:
    return id + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def w64_chunk(id: bytes, payload: bytes) -> bytes:
    guid = W64_LIST if id == b"LIST" else id + W64_TAIL
    size = len(payload) + 24
    return guid + struct.pack("<Q", size) + payload + b"\0" * (-size % 8)


def build(container: str, chunks: Chunks) -> bytes:
    """Return a well-formed file of the given chunks."""
    if container == "w64":
        body = b"".join(w64_chunk(*chunk) for chunk in chunks)
        return W64_RIFF + struct.pack("<Q", 40 + len(body)) + b"wave" + W64_TAIL + body
    if container == "wav":
        body = b"WAVE" + b"".join(riff_chunk(*chunk) for chunk in chunks)
        return b"RIFF" + struct.pack("<I", len(body)) + body
    data = next(payload for id, payload in chunks if id == b"data")
    fmt = next(payload for id, payload in chunks if id == b"fmt ")
    align = struct.unpack_from("<H", fmt, 12)[0]
    body = b""
    for id, payload in chunks:
        framed = riff_chunk(id, payload)
        body += b"data\xff\xff\xff\xff" + framed[8:] if id == b"data" else framed
    riff_size = 4 + 36 + len(body)
    ds64 = struct.pack("<QQQI", riff_size, len(data), len(data) // align, 0)
    magic = {"rf64": b"RF64", "bw64": b"BW64"}[container]
    return magic + b"\xff\xff\xff\xffWAVE" + riff_chunk(b"ds64", ds64) + body


def fmt_chunk(
    *, tag: int = 1, channels: int = 1, rate: int = 48000, size: int = 2, bits: int | None = None
) -> bytes:
    align = channels * size
    bits = 8 * size if bits is None else bits
    return struct.pack("<HHIIHH", tag, channels, rate, rate * align, align, bits)


@pytest.fixture(scope="session")
def build_file() -> Callable[[str, Chunks], bytes]:
    return build


@pytest.fixture(scope="session")
def fmt() -> Callable[..., bytes]:
    return fmt_chunk


@pytest.fixture
def run(tmp_path) -> Run:
    return Run(scratch_dir=tmp_path)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)
