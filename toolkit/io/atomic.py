"""Write a file so that it is there whole or not at all.

The bytes go to ``.NAME.<random>.part`` in the target's folder, are flushed to the disk, and the
file is renamed over its name; the folder is flushed too. Whatever interrupts this leaves nothing
under the final name.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from toolkit.errors import ResourceError, UsageError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MAX_NAME_BYTES = 200


class Writable(Protocol):
    """Describe what a sink writes to: an unbuffered file or standard output."""

    def write(self, data: memoryview, /) -> int:
        """Write some of the bytes and return how many."""

    def fileno(self) -> int:
        """Return the descriptor."""


class Sink:
    """Take bytes in order, hash them, and turn a full disk into a `ResourceError`."""

    def __init__(self, file: Writable, name: str) -> None:
        self._file = file
        self._name = name
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Append bytes.

        Raises
        ------
        ResourceError
            If they cannot be stored.
        """
        rest = memoryview(data)
        with storing(self._name):
            while len(rest):
                rest = rest[self._file.write(rest) :]
        self._digest.update(data)

    def flush(self) -> None:
        """Hand everything to the disk and wait until it is there."""
        with storing(self._name):
            os.fsync(self._file.fileno())

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of what was written, in hexadecimal."""
        return self._digest.hexdigest()


@contextmanager
def storing(name: str) -> Iterator[None]:
    """Turn an operating system's refusal to store into a `ResourceError` that says what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in _FULL
        reason = "the disk is full" if full else (error.strerror or str(error))
        hint = (
            "free space or name another folder; nothing was left behind"
            if full
            else ("check the folder's permissions and the disk")
        )
        raise ResourceError(f"cannot write {name}: {reason}", hint) from error


def check_target(path: Path, *, force: bool) -> None:
    """Refuse a target that cannot or must not be written, before any work is done.

    Raises
    ------
    UsageError
        If it exists and `force` is not set, is a folder, or its folder is missing.
    """
    with storing(str(path)):
        is_folder, has_folder = path.is_dir(), path.parent.is_dir()
    if is_folder:
        raise UsageError(f"{path} is a folder", "name a file in it")
    if not has_folder:
        raise UsageError(f"the folder {path.parent} does not exist", f"mkdir -p {path.parent}")
    if os.path.lexists(path) and not force:
        raise UsageError(f"{path} exists already", "name another file, or overwrite with --force")


@contextmanager
def replacing(path: Path, *, force: bool) -> Iterator[Sink]:
    """Open a sink whose bytes become the file `path` when the block ends without an error.

    Raises
    ------
    UsageError
        As `check_target`.
    ResourceError
        If the disk is full or the folder cannot be written.
    """
    check_target(path, force=force)
    part = path.parent / f"{_prefix(path)}{secrets.token_hex(4)}.part"
    with storing(str(path)):
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    try:
        # Without a buffer: closing one that a full disk refused would fail a second time.
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            sink = Sink(file, str(path))
            yield sink
            sink.flush()
        check_target(path, force=force)
        with storing(str(path)):
            part.replace(path)
            _flush_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def leftovers(path: Path) -> list[Path]:
    """Return what killed processes left of writing a file, under its temporary names."""
    if not path.parent.is_dir():
        return []
    pattern = re.compile(re.escape(_prefix(path)) + r"[0-9a-f]{8}\.part")
    return [each for each in path.parent.iterdir() if pattern.fullmatch(each.name)]


def _prefix(path: Path) -> str:
    return f".{os.fsdecode(os.fsencode(path.name)[:_MAX_NAME_BYTES])}."


_BINARY = getattr(os, "O_BINARY", 0)


def _flush_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
