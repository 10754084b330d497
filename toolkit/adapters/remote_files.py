"""Reach files at a URL: an object store or a server, through fsspec.

An object of a store is there whole or not at all, since an upload counts when its last part is in.
Elsewhere a file is written under a hidden name and renamed.

Whatever a library raises leaves here as an `OSError`. The libraries' own repeated attempts are
turned off where they would multiply with those of the caller.
"""

from __future__ import annotations

import errno
import hashlib
import posixpath
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from toolkit.errors import ResourceError, UsageError

_S3 = ("s3", "s3a")
# Where an upload that breaks off leaves nothing, and a condition can go with it.
_WHOLE = (*_S3, "gs", "gcs", "memory")
# Of a large object; its checksum is made of theirs.
_PART_BYTES = 50 * 2**20
_AT_ONCE = 2
_STAMPS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "last_modified", "created")


@dataclass(frozen=True)
class Found:
    """Hold one file as a listing shows it: path below the root, bytes, and a mark of its state."""

    path: str
    size: int
    stamp: str


class RemoteFolder:
    """Hold a connection to the files below a URL.

    Parameters
    ----------
    url : str
        ``s3://bucket/prefix``, ``gs://…``, ``sftp://…``, ``memory://…``, ``file:///…``.

    Raises
    ------
    UsageError
        If the URL's kind is not known, or it holds a password.
    ResourceError
        If the package for it is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._kind = url.partition("://")[0]
        _refuse_secrets(url)
        self._files, self._root = _connect(url, self._kind)
        self._root = self._root.rstrip("/")

    def find(self) -> Iterator[Found]:
        """Yield all files below the URL, in order of their paths."""
        with _as_os_error():
            self._files.invalidate_cache()
            listed = self._files.find(self._root, detail=True)
        found = [
            self._found(facts) for facts in listed.values() if facts.get("type", "file") == "file"
        ]
        yield from sorted((each for each in found if each.path), key=lambda each: each.path)

    def look(self, path: str) -> Found | None:
        """Return what is at a path, None if there is no file."""
        with _as_os_error():
            self._files.invalidate_cache()
            try:
                facts = self._files.info(self._at(path))
            except FileNotFoundError:
                return None
        return self._found(facts) if facts.get("type", "file") == "file" else None

    def fetch(self, path: str, local: Path) -> None:
        """Copy a file to a local path.

        Raises
        ------
        OSError
            If it cannot be read or stored, or is shorter than it says.
        """
        found = self.look(path)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "there is no such file", path)
        with _as_os_error():
            self._files.get_file(self._at(path), str(local))
        if local.stat().st_size != found.size:
            raise OSError(errno.EIO, "the copy was cut short", path)

    def put(self, local: Path, path: str, *, create: bool) -> None:
        """Copy a local file to a path, where it is whole or not at all.

        Parameters
        ----------
        create : bool
            Whether a file that is there is refused instead of replaced. S3 and Google's store
            answer for that themselves; elsewhere it is looked up right before.

        Raises
        ------
        FileExistsError
            If there is one.
        """
        if create and self.look(path) is not None:
            raise FileExistsError(errno.EEXIST, "there is a file already", path)
        with _as_os_error():
            if self._kind not in _WHOLE:
                self._put_and_rename(local, self._at(path))
                return
            facts: dict[str, Any] = {"mode": "create"} if create else {}
            if self._kind in _S3:
                facts["chunksize"] = _PART_BYTES
            self._files.put_file(str(local), self._at(path), **facts)

    def remove(self, path: str) -> None:
        """Delete a file."""
        with _as_os_error():
            self._files.rm_file(self._at(path))

    def holds(self, path: str, local: Path, sha256: str) -> bool:
        """Return whether the bytes at a path are those of a local file.

        The store's own checksum answers where it is one of the known kinds; else the file is read.
        """
        found = self.look(path)
        if found is None or found.size != local.stat().st_size:
            return False
        if self._kind in _S3 and found.stamp == _entity_tag(local):
            return True
        digest = hashlib.sha256()
        with _as_os_error(), self._files.open(self._at(path), "rb") as file:
            while data := file.read(2**20):
                digest.update(data)
        return digest.hexdigest() == sha256

    def _put_and_rename(self, local: Path, place: str) -> None:
        folder, name = posixpath.split(place)
        if self._files.isdir(place):
            # A rename would put the file inside.
            raise IsADirectoryError(errno.EISDIR, "there is a folder of that name", place)
        part = f"{folder}/.{name[:200]}.{secrets.token_hex(4)}.part"
        self._files.makedirs(folder, exist_ok=True)
        try:
            self._files.put_file(str(local), part)
            self._files.mv(part, place)
        except BaseException:
            if self._files.exists(part):
                self._files.rm_file(part)
            raise

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _found(self, facts: dict[str, Any]) -> Found:
        stamp = next((facts[name] for name in _STAMPS if facts.get(name) is not None), "")
        if isinstance(stamp, datetime):
            stamp = stamp.timestamp()
        path = facts["name"].removeprefix(self._root).removeprefix("/")
        return Found(path, int(facts["size"]), str(stamp).strip('"'))


def _connect(url: str, kind: str) -> tuple[Any, str]:
    import fsspec

    options: dict[str, Any] = {}
    if kind in _S3:
        # What the user has set up for fsspec is kept; one part of a file after the other, or a
        # worker would hold ten of them in its memory.
        known = fsspec.config.conf.get("s3", {})
        options["config_kwargs"] = {
            "retries": {"max_attempts": 0},
            **known.get("config_kwargs", {}),
        }
        options["max_concurrency"] = known.get("max_concurrency", _AT_ONCE)
    try:
        files, root = fsspec.url_to_fs(url, **options)
    except ImportError as error:
        extra = "pip install 'tonearm[s3]'" if kind in _S3 else str(error)
        raise ResourceError(f"no package for {kind}:// is installed", extra) from error
    except ValueError as error:
        raise UsageError(
            f"{kind}:// is not known", "try s3://, gs://, sftp:// or a path"
        ) from error
    if kind in _S3:
        files.retries = 1
    return files, root


def _refuse_secrets(url: str) -> None:
    """Refuse a password in a URL, since URLs go into manifests, messages and records."""
    if urlsplit(url).password is not None:
        raise UsageError(
            "the URL holds a password, which would get into the log",
            "leave it out; give it by environment variables or the store's own configuration",
        )


def _entity_tag(local: Path) -> str:
    """Return the ETag that S3 gives an object without encryption of its own.

    MD5 of the bytes; of an upload in parts, MD5 of their digests and "-" with their number. s3fs
    uploads in one piece what is shorter than two parts.
    """
    digests = []
    with local.open("rb") as file:
        if local.stat().st_size < 2 * _PART_BYTES:
            return hashlib.file_digest(file, _md5).hexdigest()
        while data := file.read(_PART_BYTES):
            digests.append(_md5(data).digest())
    return f"{_md5(b''.join(digests)).hexdigest()}-{len(digests)}"


def _md5(data: bytes = b"") -> Any:
    return hashlib.md5(data, usedforsecurity=False)


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Turn what the libraries of a store raise into an `OSError` with a number."""
    try:
        yield
    except OSError as error:
        if _condition_failed(error) and not isinstance(error, FileExistsError):
            raise FileExistsError(errno.EEXIST, "there is a file already") from error
        if error.errno is None:
            raise _numbered(error) from error
        raise
    except Exception as error:
        if type(error).__module__ == "builtins":
            raise
        denied = "Credentials" in type(error).__name__
        number = errno.EACCES if denied else errno.EIO
        raise OSError(number, f"{type(error).__name__}: {error}") from error


_NUMBERS = {
    FileNotFoundError: errno.ENOENT,
    FileExistsError: errno.EEXIST,
    PermissionError: errno.EACCES,
    TimeoutError: errno.ETIMEDOUT,
}


def _numbered(error: OSError) -> OSError:
    number = next((_NUMBERS[kind] for kind in _NUMBERS if isinstance(error, kind)), errno.EIO)
    return OSError(number, str(error) or type(error).__name__)


def _condition_failed(error: OSError) -> bool:
    """Return whether a store refused because of a condition; not all of them say which."""
    response = getattr(error.__cause__, "response", None) or {}
    return response.get("Error", {}).get("Code") in ("PreconditionFailed", "412")
