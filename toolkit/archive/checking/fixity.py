"""Digests of files: compute them, and write and read lists of them.

A list has the form of GNU coreutils, so that ``sha256sum -c fixity.sha256`` in the output's folder
checks it where this program is not at hand: digest, two spaces, path; a backslash in front of the
line says that backslashes and line ends in the path are escaped. Paths are bytes, whatever their
encoding.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from toolkit.archive.merged import merged
from toolkit.errors import InputError
from toolkit.io.atomic import replacing

ALGORITHMS = {"sha256": 64, "sha512": 128, "md5": 32}
"""Known algorithms and how many hexadecimal digits each has."""

LIST_NAME = "fixity.sha256"

_BLOCK_BYTES = 2**20
_ESCAPES = ((b"\\", b"\\\\"), (b"\n", b"\\n"), (b"\r", b"\\r"))
# Enough that one long file does not leave the other threads without work.
_AHEAD = 16

Item = TypeVar("Item")
Made = TypeVar("Made")


def digests(
    path: Path, algorithms: Iterable[str], tick: Callable[[int], None] = lambda count: None
) -> dict[str, str]:
    """Return the digests of a file, which is read once.

    Parameters
    ----------
    algorithms : iterable of str
        Of `ALGORITHMS`.
    tick : callable
        Told of the bytes that were read, some at a time.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    found = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    buffer = bytearray(_BLOCK_BYTES)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            for digest in found.values():
                digest.update(view[:count])
            tick(count)
    return {name: digest.hexdigest() for name, digest in found.items()}


def in_order(
    function: Callable[[Item], Made], items: Iterable[Item], threads: int
) -> Iterator[tuple[Item, Made]]:
    """Yield items and what a function makes of them, in order, worked out in threads.

    Only a few items are taken ahead of the one that is yielded.
    """
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[tuple[Item, Future[Made]]] = deque()
        try:
            for item in items:
                ahead.append((item, pool.submit(function, item)))
                if len(ahead) > _AHEAD * threads:
                    first, made = ahead.popleft()
                    yield first, made.result()
            while ahead:
                first, made = ahead.popleft()
                yield first, made.result()
        finally:
            for _, made in ahead:
                made.cancel()


def line(digest: str, path: str) -> bytes:
    """Return a line of a list, its end included."""
    name = os.fsencode(path)
    escaped = name
    for plain, code in _ESCAPES:
        escaped = escaped.replace(plain, code)
    mark = b"\\" if escaped != name else b""
    return mark + digest.encode() + b"  " + escaped + b"\n"


def parse(text: bytes) -> tuple[str, str]:
    """Return digest and path of a line of a list.

    Raises
    ------
    InputError
        If it is none.
    """
    body = text.removesuffix(b"\n")
    is_escaped = body.startswith(b"\\")
    digest, _, rest = body.removeprefix(b"\\").partition(b" ")
    # A second space stands for text and an asterisk for binary, which has no meaning any more.
    name = rest[1:] if rest[:1] in (b" ", b"*") else b""
    if len(digest) not in ALGORITHMS.values() or not name or not _is_digest(digest):
        raise InputError(f"{body!r} is no line of a list of digests", "write the list again")
    return digest.decode().lower(), os.fsdecode(_unescaped(name) if is_escaped else name)


def algorithm_of(digest: str) -> str:
    """Return the algorithm that has digests of this length."""
    return next(name for name, length in ALGORITHMS.items() if length == len(digest))


def write_list(state: Path, path: Path, also: Iterable[str] = ()) -> int:
    """Write the digests of every file of an output, as the manifests have them.

    Parameters
    ----------
    state : Path
        Folder of the manifests.
    path : Path
        The list; whoever checks with it does so in its folder, which is the output's root.
    also : iterable of str
        Further files below that folder, such as tables; they are read now and come first.

    Returns
    -------
    int
        Number of files.

    Raises
    ------
    UsageError
        If there is no manifest.
    ResourceError
        If the list cannot be written.
    """
    count = 0
    with merged(state) as batch, replacing(path, force=True) as sink:
        for name in sorted(also):
            sink.write(line(digests(path.parent / name, ("sha256",))["sha256"], name))
            count += 1
        for file in batch.files():
            sink.write(line(file.sha256, file.path))
            count += 1
    return count


def _is_digest(text: bytes) -> bool:
    # Programs write digests in small or in capital letters; one that mixes them was damaged.
    is_plain = text == text.lower() or text == text.upper()
    return is_plain and all(each in b"0123456789abcdefABCDEF" for each in text)


def _unescaped(name: bytes) -> bytes:
    codes = {code: plain for plain, code in _ESCAPES}
    return re.sub(rb"\\.", lambda found: codes.get(found[0], found[0]), name, flags=re.DOTALL)
