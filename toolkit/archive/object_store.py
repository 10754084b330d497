"""Take recordings from a URL and put results there: an object store, a server, through fsspec.

Work is done on local copies in a temporary folder. An object becomes visible whole, the record
last; it is created and never replaced, unless it is what an earlier attempt at the same job left.
What fails for the moment is tried again, three times at most.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from time import sleep, time
from typing import TypeVar

from toolkit.adapters.remote_files import Found, RemoteFolder
from toolkit.archive.causes import DENIED, FULL
from toolkit.archive.job import Entry, File
from toolkit.archive.naming import difference_of
from toolkit.batch import OWN, SUFFIXES
from toolkit.errors import InputError, ResourceError
from toolkit.io.result_names import shortened

_ATTEMPTS = 4
_BACKOFF_SECONDS = 0.2
_ORDER = {"output": 0, "difference": 1, "record": 2}
# Asking for each takes longer than asking for all.
_MANY = 20
_PREFIX = "tonearm-work-"
_FRESH_SECONDS = 60


Value = TypeVar("Value")


class StoreCollection:
    """Take recordings from below a URL; nothing is ever written there.

    Hidden files and folders are left out, and results of this program.

    Parameters
    ----------
    url : str
        Of any kind that fsspec knows: ``s3://bucket/prefix``.

    Raises
    ------
    UsageError
        If the kind is not known or the URL holds a password.
    ResourceError
        If the package for it is not installed.
    """

    def __init__(self, url: str) -> None:
        _sweep()
        self._folder = RemoteFolder(url)

    def entries(self) -> Iterator[Entry]:
        """Yield the recordings in order of their paths."""
        for found in _patiently(lambda: list(self._folder.find()), self._folder.url):
            path = PurePosixPath(found.path)
            hidden = any(part.startswith(".") for part in path.parts)
            if hidden or path.suffix.lower() not in SUFFIXES or path.stem.endswith(OWN):
                continue
            yield Entry(found.path, found.size, found.stamp)

    @contextmanager
    def fetched(self, source: str) -> Iterator[Path]:
        """Yield a copy of the recording, removed afterwards.

        Raises
        ------
        ResourceError
            If the disk has no room for it.
        InputError
            If it is gone (``E_MISSING``) or the store fails (``E_STORE``).
        """
        with _workspace() as folder:
            path = folder / _local_name(source)
            _fetch(self._folder, source, path)
            yield path


class StoreOutput:
    """Put results below a URL, in a tree like the collection's.

    Parameters
    ----------
    url : str
        Of any kind that fsspec knows.

    Raises
    ------
    UsageError, ResourceError
        As `StoreCollection`.
    """

    def __init__(self, url: str) -> None:
        _sweep()
        self._folder = RemoteFolder(url)

    @contextmanager
    def writing(self, target: str) -> Iterator[Path]:
        """Yield a path in a temporary folder, with copies of what is there under the target's name.

        Where that is not a result with its record, an empty file stands for it: that something is
        there is all that matters then.
        """
        with _workspace() as folder:
            path = folder / target.rpartition("/")[2]
            places = {place: path.with_name(place.rpartition("/")[2]) for place in _family(target)}
            there = {place: local for place, local in places.items() if self._look(place)}
            whole = target in there and f"{target}.json" in there
            for place, local in there.items():
                if whole:
                    _fetch(self._folder, place, local)
                else:
                    local.touch()
            yield path

    def publish(self, local: Path, files: tuple[File, ...], *, replace: bool) -> None:
        """Upload the files, the record last, and make sure that they arrived as they are.

        Raises
        ------
        InputError
            ``E_OCCUPIED`` if one of them is there and `replace` is not set: nothing is changed;
            ``E_STORE`` if the store goes on failing.
        """
        made: list[str] = []
        for file in sorted(files, key=lambda each: _ORDER[each.role]):
            path = local.with_name(file.path.rpartition("/")[2])
            try:
                if self._upload(path, file, create=not replace):
                    made.append(file.path)
            except FileExistsError as error:
                for place in made if not replace else ():
                    self._try(partial(self._folder.remove, place), place)
                raise InputError(
                    f"{self._folder.url}/{file.path} has been put there by another",
                    "name another output, or run it again for another name",
                    code="E_OCCUPIED",
                ) from error

    @contextmanager
    def reading(self, target: str) -> Iterator[Path]:
        """Yield a copy of a result, removed afterwards."""
        with _workspace() as folder:
            path = folder / target.rpartition("/")[2]
            _fetch(self._folder, target, path)
            yield path

    def sizes(self, targets: list[str]) -> list[int | None]:
        """Return the size of each target in bytes, None for one that is not there."""
        if len(targets) <= _MANY:
            found = [self._look(target) for target in targets]
            return [None if each is None else each.size for each in found]
        listed = self._try(lambda: list(self._folder.find()), "")
        sizes = {each.path: each.size for each in listed}
        return [sizes.get(target) for target in targets]

    def free_bytes(self) -> int | None:
        """Return how much room there is for the copies that are worked on."""
        return shutil.disk_usage(tempfile.gettempdir()).free

    def _upload(self, path: Path, file: File, *, create: bool) -> bool:
        """Upload a file; return whether it is certain that it was not there before."""

        def upload() -> bool:
            try:
                self._folder.put(path, file.path, create=create)
            except FileExistsError:
                # An upload may arrive and its answer be lost, and libraries send some twice: what
                # is there may be our own.
                if not self._folder.holds(file.path, path, file.sha256):
                    raise
                return False
            if not self._folder.holds(file.path, path, file.sha256):
                raise OSError(errno.EIO, "what arrived is not what was sent")
            return True

        return self._try(upload, file.path)

    def _look(self, path: str) -> Found | None:
        return self._try(lambda: self._folder.look(path), path)

    def _try(self, action: Callable[[], Value], path: str) -> Value:
        return _patiently(action, f"{self._folder.url}/{path}")


def _fetch(folder: RemoteFolder, path: str, local: Path) -> None:
    place = f"{folder.url}/{path}"
    try:
        _patiently(lambda: folder.fetch(path, local), place)
    except FileNotFoundError as error:
        raise InputError(
            f"{place} is gone", "was it moved or deleted?", code="E_MISSING"
        ) from error


def _patiently(action: Callable[[], Value], place: str) -> Value:
    """Return what an action returns, trying it four times at most.

    Raises
    ------
    FileNotFoundError, FileExistsError
        At once.
    ResourceError
        At once, if access is denied or the disk is full.
    InputError
        ``E_STORE`` with the last reason.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return action()
        except (FileNotFoundError, FileExistsError):
            raise
        except OSError as error:
            if error.errno in FULL:
                hint = "free some space there, or set TMPDIR to a folder on a larger disk"
                raise ResourceError(f"no room for a copy of {place}", hint) from error
            if error.errno in DENIED:
                hint = "check the credentials and what they allow"
                raise ResourceError(f"{place}: access is denied", hint) from error
            if attempt == _ATTEMPTS:
                raise InputError(
                    f"{place}: {error.strerror or error} ({_ATTEMPTS} attempts)",
                    "check the store and the network, then run it again",
                    code="E_STORE",
                ) from error
        sleep(_BACKOFF_SECONDS * 2 ** (attempt - 1))
    raise AssertionError  # the last attempt returns or raises


def _family(target: str) -> tuple[str, ...]:
    """Return the paths of a result, of what was taken away, and of the record."""
    folder, slash, name = target.rpartition("/")
    removed = difference_of(Path(name)).name
    return target, f"{folder}{slash}{removed}", f"{target}.json"


def _local_name(source: str) -> str:
    """Return the name of a recording, short enough for a file; stores allow longer ones."""
    path = PurePosixPath(source)
    return shortened(path.name.removesuffix(path.suffix), path.suffix) + path.suffix


@contextmanager
def _workspace() -> Iterator[Path]:
    """Yield a temporary folder that nobody sweeps away as long as the block lasts."""
    from filelock import FileLock

    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name:
        folder = Path(name)
        # The system lets go of the lock with the process: a folder without one is nobody's.
        with FileLock(folder / "lock"):
            inside = folder / "files"
            inside.mkdir()
            yield inside


def _sweep() -> None:
    """Remove the copies that killed workers have left."""
    from filelock import FileLock, Timeout

    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if time() - folder.stat().st_mtime < _FRESH_SECONDS:
                continue
            with FileLock(folder / "lock", timeout=0):
                shutil.rmtree(folder / "files", ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
        except (Timeout, OSError):
            # At work, or not ours to touch.
            continue
