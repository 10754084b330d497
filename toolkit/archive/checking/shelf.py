"""Reach the files of an output to look at them, in a folder or at a URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Protocol

from toolkit.archive.checking.statements import walk
from toolkit.archive.places import is_url, output_at
from toolkit.errors import InputError, UsageError


class Shelf(Protocol):
    """Describe where files are."""

    @property
    def root(self) -> Path | None:
        """Return the folder, None if it is none of this machine."""

    def files(self) -> Iterator[str]:
        """Yield the paths of all files but those of the state."""

    def at(self, path: str) -> AbstractContextManager[Path]:
        """Yield a local file with the bytes of one, there for as long as the block lasts.

        Raises
        ------
        FileNotFoundError
            If it is not there.
        OSError
            If it cannot be read.
        """


@dataclass(frozen=True)
class FolderShelf:
    """Look into a folder."""

    root: Path

    def __post_init__(self) -> None:
        if not self.root.is_dir():
            raise UsageError(f"no folder {self.root}", "name the output folder of a batch")

    def files(self) -> Iterator[str]:
        """Yield the paths of all files but those of the state, by path."""
        return walk(self.root)

    @contextmanager
    def at(self, path: str) -> Iterator[Path]:
        """Yield the file itself."""
        place = self.root / path
        # A device or pipe under a file's name would be read for ever.
        if not S_ISREG(place.stat().st_mode):
            raise OSError("it is no regular file")
        yield place


@dataclass(frozen=True)
class StoreShelf:
    """Look into an object store; each file is copied to be read."""

    url: str

    @property
    def root(self) -> None:
        """Return that there is no folder."""
        return

    def files(self) -> Iterator[str]:
        """Yield the paths of all files, by path."""
        from toolkit.adapters.remote_files import RemoteFolder

        return (each.path for each in RemoteFolder(self.url).find())

    @contextmanager
    def at(self, path: str) -> Iterator[Path]:
        """Yield a copy."""
        try:
            with output_at(self.url).reading(path) as local:
                yield local
        except InputError as error:
            kind = FileNotFoundError if error.code == "E_MISSING" else OSError
            raise kind(error.message) from error


def shelf_at(place: str) -> Shelf:
    """Return what reaches the files in a folder or at a URL.

    Raises
    ------
    UsageError
        If there is no such folder, or the URL's kind is not known.
    """
    return StoreShelf(place) if is_url(place) else FolderShelf(Path(place))
