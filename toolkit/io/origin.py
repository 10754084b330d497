"""Where a recording's bytes are: a file that stays as it is, or a copy of what was piped in."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from toolkit.errors import InputError, ResourceError

_BLOCK = 2**20


@dataclass(frozen=True, eq=False)
class Origin:
    """Give read-only access to the bytes of an input.

    Parameters
    ----------
    path : Path, optional
        The file; none for a stream.
    spool : BinaryIO, optional
        The unnamed temporary file that holds what a stream delivered.
    """

    path: Path | None = None
    spool: BinaryIO | None = None

    @property
    def name(self) -> str:
        """Return what to call the input in a message."""
        return str(self.path) if self.path is not None else "standard input"

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the bytes from their beginning.

        Raises
        ------
        InputError
            ``E_MISSING``, ``E_DIRECTORY``, ``E_PERMISSION`` or ``E_IO``.
        """
        if self.spool is not None:
            self.spool.seek(0)
            yield self.spool
            return
        if self.path is None:
            raise ValueError("an origin needs a path or a spool")
        file = _opened(self.path)
        with file:
            yield file

    def size(self) -> int:
        """Return the number of bytes."""
        with self.open() as file:
            return file.seek(0, os.SEEK_END)

    def sha256(self) -> str:
        """Return the SHA-256 of the bytes, in hexadecimal."""
        digest = hashlib.sha256()
        with self.open() as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def is_same_file(self, path: Path) -> bool:
        """Return whether a path leads to this very file, by whatever link."""
        if self.path is None:
            return False
        try:
            return path.samefile(self.path)
        except (OSError, ValueError):
            # What cannot be looked at is no file yet, hence not this one.
            return False


def origin_of(source: Path | str | BinaryIO, scratch_dir: Path | None = None) -> Origin:
    """Return the origin of a path or of a stream or named pipe, which is read to its end.

    Raises
    ------
    ResourceError
        If the stream does not fit on the disk.
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        if not _is_pipe(path):
            return Origin(path=path)
        with _opened(path) as stream:
            return _spooled(stream, scratch_dir)
    return _spooled(source, scratch_dir)


def _is_pipe(path: Path) -> bool:
    try:
        return path.is_fifo()
    except (OSError, ValueError):
        return False


def _spooled(source: BinaryIO, scratch_dir: Path | None) -> Origin:
    # The file outlives this function: it is closed when nothing refers to its origin any more.
    spool: BinaryIO = tempfile.TemporaryFile(dir=scratch_dir)  # noqa: SIM115
    try:
        while block := source.read(_BLOCK):
            spool.write(block)
        spool.flush()
    except OSError as error:
        spool.close()
        raise ResourceError(
            f"cannot keep standard input in a temporary file: {error.strerror}",
            "free space, or set TMPDIR to a larger disk",
        ) from error
    origin = Origin(spool=spool)
    weakref.finalize(origin, spool.close)
    return origin


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise _refusal(path, error) from error
    except ValueError as error:
        raise InputError(f"{path!r} is no file name", "check the name", code="E_MISSING") from error


def _refusal(path: Path, error: OSError) -> InputError:
    """Return what to say when the system does not open a file."""
    if isinstance(error, IsADirectoryError):
        return InputError(f"{path} is a folder", "name a sound file in it", code="E_DIRECTORY")
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path} does not exist", "check the name", code="E_MISSING")
    if isinstance(error, PermissionError):
        # Windows refuses to open a folder with this very error.
        kind = "folder" if path.is_dir() else "file"
        return InputError(
            f"the {kind} {path} may not be read", "check its permissions", code="E_PERMISSION"
        )
    too_long = error.errno == errno.ENAMETOOLONG
    return InputError(
        f"cannot open {path}: {error.strerror}",
        "the name is too long" if too_long else "is the disk all right?",
        code="E_IO",
    )
