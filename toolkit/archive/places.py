"""Where recordings come from and results go: a folder, or the URL of an object store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from toolkit.archive.job import Entry, File
from toolkit.archive.naming import STATE_FOLDER
from toolkit.batch import OWN, SUFFIXES
from toolkit.errors import ResourceError, UsageError


class Collection(Protocol):
    """Describe where recordings come from; nothing is ever written there."""

    def entries(self) -> Iterator[Entry]:
        """Yield the recordings in order of their paths."""

    def fetched(self, source: str) -> AbstractContextManager[Path]:
        """Yield a local file with a recording's bytes, there for as long as the block lasts."""


class Output(Protocol):
    """Describe where results go."""

    def writing(self, target: str) -> AbstractContextManager[Path]:
        """Yield the local path to write a result and its companions to.

        Files that lie beside that path when the block ends belong to the result too.
        """

    def publish(self, local: Path, files: tuple[File, ...], *, replace: bool) -> None:
        """Make the files visible, the record last; nothing is ever half visible."""

    def reading(self, target: str) -> AbstractContextManager[Path]:
        """Yield a local file with a result's bytes, there for as long as the block lasts."""

    def sizes(self, targets: list[str]) -> list[int | None]:
        """Return the size of each target in bytes, None for one that is not there."""

    def free_bytes(self) -> int | None:
        """Return how much room there is, None where that cannot be told."""


@dataclass(frozen=True)
class FolderCollection:
    """Take recordings from a folder and those below it.

    Hidden files and folders are left out, results of this program, the output if it lies inside,
    and symbolic links that lead out of the folder.

    Parameters
    ----------
    root : Path
        The folder.
    without : Path, optional
        A folder inside that is left out; it must exist.
    """

    root: Path
    without: Path | None = None

    def __post_init__(self) -> None:
        if not self.root.is_dir():
            raise UsageError(f"no folder {self.root}", "name the folder that holds the recordings")

    def entries(self) -> Iterator[Entry]:
        """Yield the recordings in order of their paths."""
        home = self.root.resolve()
        for path in self._files(self.root):
            if path.suffix.lower() not in SUFFIXES or path.stem.endswith(OWN):
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(home):
                continue
            try:
                facts = path.stat()
            except OSError:
                # It vanished while the folder was read, or is a link that leads nowhere.
                continue
            yield Entry(
                path.relative_to(self.root).as_posix(), facts.st_size, str(facts.st_mtime_ns)
            )

    def _files(self, folder: Path) -> Iterator[Path]:
        try:
            with os.scandir(folder) as found:
                inside = sorted(found, key=lambda each: each.name)
        except OSError as error:
            raise ResourceError(
                f"the folder {folder} cannot be read: {error.strerror}",
                "check its permissions and the disk",
            ) from error
        for each in inside:
            path = Path(each.path)
            if each.name.startswith("."):
                continue
            if each.is_dir(follow_symlinks=False):
                if self.without is None or not path.samefile(self.without):
                    yield from self._files(path)
            elif each.is_file():
                yield path

    @contextmanager
    def fetched(self, source: str) -> Iterator[Path]:
        """Yield the recording itself."""
        yield self.root / source


@dataclass(frozen=True)
class FolderOutput:
    """Put results into a folder, in a tree like the collection's.

    Parameters
    ----------
    root : Path
        The folder.
    """

    root: Path

    @contextmanager
    def writing(self, target: str) -> Iterator[Path]:
        """Yield the target's own path; whoever writes there does it atomically."""
        path = self.root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        yield path

    def publish(self, local: Path, files: tuple[File, ...], *, replace: bool) -> None:
        """Do nothing: the files are in their places."""

    @contextmanager
    def reading(self, target: str) -> Iterator[Path]:
        """Yield the result itself."""
        yield self.root / target

    def sizes(self, targets: list[str]) -> list[int | None]:
        """Return the size of each target in bytes, None for one that is not there."""
        return [_size(self.root / target) for target in targets]

    def free_bytes(self) -> int | None:
        """Return how much room the disk has."""
        import shutil

        return shutil.disk_usage(self.root).free


def collection_at(place: str, without: str = "") -> Collection:
    """Return the collection in a folder or at a URL.

    Parameters
    ----------
    without : str
        A folder inside that is left out.

    Raises
    ------
    UsageError
        If there is none.
    """
    if is_url(place):
        from toolkit.archive.object_store import StoreCollection

        return StoreCollection(place)
    return FolderCollection(Path(place), Path(without) if without else None)


def output_at(place: str) -> Output:
    """Return the output in a folder or at a URL."""
    if is_url(place):
        from toolkit.archive.object_store import StoreOutput

        return StoreOutput(place)
    return FolderOutput(Path(place))


def is_url(place: str) -> bool:
    """Return whether a place is a URL and not a path."""
    return "://" in place


def absolute(place: str) -> str:
    """Return a place that does not depend on where a process began."""
    return place if is_url(place) else str(Path(place).absolute())


def state_folder(out: str, state: str = "") -> Path:
    """Return the folder of the manifest and the lock, which must be on a local disk.

    Parameters
    ----------
    out : str
        The output's root; for a folder the state is inside it.
    state : str
        A folder named by the user, which goes first.

    Raises
    ------
    UsageError
        If the output is at a URL and no folder is named.
    """
    if state:
        return Path(state)
    if is_url(out):
        raise UsageError(
            "the manifest of an output at a URL needs a local folder", "give: --state FOLDER"
        )
    return Path(out) / STATE_FOLDER


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
