r"""File names as bytes: text in which bytes that are no UTF-8 are kept as surrogates, and back.

>>> from_bytes(b"caf\xe9.wav")
'caf\udce9.wav'
>>> to_bytes("caf\udce9.wav")
b'caf\xe9.wav'
"""

from __future__ import annotations


def to_bytes(name: str) -> bytes:
    """Return the bytes of a name, the same on every system."""
    return name.encode("utf-8", "surrogateescape")


def from_bytes(data: bytes) -> str:
    """Return the name that bytes are."""
    return data.decode("utf-8", "surrogateescape")
