"""Weights that do not ship: which are known, where to have them, where they lie once imported.

``checkpoints/external.toml`` lists what is known. An imported model is a folder of safetensors
files and a manifest in the user's data folder; nothing of a file is interpreted before its size and
its sha256 agree with that manifest.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import shutil
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from toolkit.cache import cache_dir, data_dir
from toolkit.checkpoints import read_verified, shipped
from toolkit.errors import ResourceError, ToolkitError, UsageError
from toolkit.io.atomic import replacing
from toolkit.shipped import folder as shipped_folder
from toolkit.stage import did_you_mean

BUNDLED = "band"
"""What a bundled separator is called where the name of a model is asked for."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CHECKSUM = re.compile(r"-([0-9a-f]{8})\.[a-z]+$")
_PIECE = 1 << 20
_TIMEOUT_SECONDS = 30

Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class KnownFile:
    """Hold one file at its source; size and whole sha256 are None where they are not known."""

    file: str
    bytes: int | None = None
    sha256: str | None = None

    def check(self, sha256: str) -> None:
        """Refuse the sha256 of bytes that are not this file's.

        Raises
        ------
        ToolkitError
            If it is not the one known, or does not begin as the file's name promises.
        """
        if self.sha256 is not None and sha256 != self.sha256:
            raise ToolkitError(
                f"{self.file} has the sha256 {sha256[:12]}…, expected {self.sha256[:12]}…",
                "fetch it again; it is damaged or another file",
            )
        promised = _CHECKSUM.search(self.file)
        if promised and not sha256.startswith(promised[1]):
            raise ToolkitError(
                f"{self.file} has the sha256 {sha256[:8]}…, its name promises {promised[1]}…",
                "fetch it again; it is damaged or another file",
            )


@dataclass(frozen=True)
class Known:
    """Hold an entry of ``external.toml``.

    Parameters
    ----------
    name : str
        What the model is called.
    stems : tuple[str, ...]
        What it separates into.
    sample_rate : int
        In Hz.
    source : str
        Address that the names of the files are added to.
    licence : str
        Of the weights.
    files : tuple[KnownFile, ...]
        One a network.
    mix : tuple[tuple[float, ...], ...]
        Weight of each network in each stem; empty for equal weights.
    segment : float, optional
        Seconds to separate at a time instead of the networks' own.
    """

    name: str
    stems: tuple[str, ...]
    sample_rate: int
    source: str
    licence: str
    files: tuple[KnownFile, ...]
    mix: tuple[tuple[float, ...], ...] = ()
    segment: float | None = None


@dataclass(frozen=True)
class Imported:
    """Hold the manifest of an imported model: what `Known` says, and its files as they lie here."""

    folder: Path
    name: str
    licence: str
    source: str
    stems: tuple[str, ...]
    sample_rate: int
    files: tuple[KnownFile, ...]
    mix: tuple[tuple[float, ...], ...] = ()
    segment: float | None = None

    def read(self) -> list[bytes]:
        """Return the contents of its files, each verified.

        Raises
        ------
        ResourceError
            If one is missing.
        ToolkitError
            If one was changed.
        """
        contents = []
        for each in self.files:
            path = self.folder / each.file
            if not path.is_file():
                raise ResourceError(
                    f"{path} is missing", f"import it again: tonearm checkpoints fetch {self.name}"
                )
            contents.append(read_verified(path, each.bytes or 0, each.sha256 or ""))
        return contents


@lru_cache(maxsize=1)
def known() -> Mapping[str, Known]:
    """Return what ``external.toml`` lists, by name."""
    path = shipped_folder("checkpoints") / "external.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {entry["name"]: Known(**_tuples(entry)) for entry in table["weights"]}


def imported_folder() -> Path:
    """Return where imported models lie, one folder each."""
    return data_dir() / "checkpoints"


def imported_names() -> tuple[str, ...]:
    """Return the names of the imported models, sorted."""
    return tuple(sorted(path.parent.name for path in imported_folder().glob("*/manifest.toml")))


def find(name: str) -> Imported:
    """Return an imported model's manifest.

    Raises
    ------
    ResourceError
        If it is known but not on this machine; says how to have it and what works without it.
    UsageError
        If there is no such model; names the nearest.
    ToolkitError
        If its manifest cannot be read.
    """
    if name in imported_names():
        return _read_manifest(imported_folder() / name)
    if name in known():
        raise ResourceError(
            f"{name} is not on this machine",
            f"fetch it: tonearm checkpoints fetch {name}; or use the bundled: --model {BUNDLED}",
        )
    choices = (BUNDLED, *known(), *imported_names())
    raise UsageError(
        f"no model {name!r}",
        did_you_mean(name, choices) or f"one of: {', '.join(dict.fromkeys(choices))}, or a path",
    )


def keep(
    name: str,
    contents: Mapping[str, bytes],
    facts: Mapping[str, Any],
    *,
    force: bool = False,
) -> Imported:
    """Write the files of a model and its manifest to the user's folder, whole or not at all.

    Parameters
    ----------
    contents : Mapping[str, bytes]
        Safetensors by file name, in the order of the networks.
    facts : Mapping
        ``stems``, ``sample_rate``, ``licence``, ``source`` and, where they apply, ``mix`` and
        ``segment``.

    Raises
    ------
    UsageError
        If the name cannot be one, or is taken and `force` is not set.
    """
    check_model_name(name, force=force)
    target = imported_folder() / name
    part = target.with_name(f".{name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    lines = [f"{key} = {json.dumps(value)}" for key, value in {"name": name, **facts}.items()]
    for file, data in contents.items():
        with replacing(part / file, force=False) as sink:
            sink.write(data)
        lines += ["", "[[files]]", f"file = {json.dumps(file)}"]
        lines += [f"bytes = {len(data)}", f'sha256 = "{hashlib.sha256(data).hexdigest()}"']
    with replacing(part / "manifest.toml", force=False) as sink:
        sink.write(("\n".join(lines) + "\n").encode())
    if target.exists():
        shutil.rmtree(target)
    part.rename(target)
    return _read_manifest(target)


def check_model_name(name: str, *, force: bool) -> None:
    """Refuse a name that no imported model can have, or that one has unless `force` is set."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a model", "use letters, digits, dots and dashes: --name my-model"
        )
    if name == BUNDLED or name in shipped().names():
        raise UsageError(f"{name!r} is bundled already", "give another: --name my-model")
    if (imported_folder() / name).exists() and not force:
        raise UsageError(
            f"{name} is imported already",
            "give another: --name my-model, or replace it with --force",
        )


def download(entry: Known, *, progress: Progress, offline: bool = False) -> list[Path]:
    """Fetch the files of a known model into the cache, each verified and there whole or not at all.

    A file that has arrived before is not fetched again.

    Raises
    ------
    ResourceError
        If the network cannot be used; says what to do by hand.
    ToolkitError
        If what came is not the file.
    """
    folder = cache_dir() / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    count = len(entry.files)
    for number, each in enumerate(entry.files):
        if (folder / each.file).is_file():
            continue
        address = entry.source + each.file
        if offline:
            raise ResourceError(f"{entry.name} cannot be fetched offline", _by_hand(entry))
        try:
            _get(address, each, folder / each.file, _share(progress, number, count))
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            reason = getattr(error, "reason", None) or error
            raise ResourceError(
                f"cannot fetch {address}: {str(reason) or type(error).__name__}", _by_hand(entry)
            ) from error
    return [folder / each.file for each in entry.files]


def _share(progress: Progress, number: int, count: int) -> Progress:
    return lambda done, total: progress(number + done / max(total, 1.0), count)


def _by_hand(entry: Known) -> str:
    addresses = " ".join(entry.source + each.file for each in entry.files)
    what = entry.files[0].file if len(entry.files) == 1 else "their folder"
    return (
        f"download {addresses} elsewhere, then here: tonearm checkpoints import {what}"
        f" --name {entry.name}; or use the bundled: --model {BUNDLED}"
    )


def _get(address: str, file: KnownFile, target: Path, progress: Progress) -> None:
    """Write what is at an HTTP address to a file, if it is what it should be."""
    if not address.startswith(("https://", "http://")):
        raise UsageError(f"{address} is no HTTP address", "correct checkpoints/external.toml")
    with (
        closing(urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS)) as answer,
        replacing(target, force=True) as sink,
    ):
        expected = file.bytes or int(answer.headers.get("Content-Length") or 0)
        arrived = 0
        while piece := answer.read(_PIECE):
            sink.write(piece)
            arrived += len(piece)
            progress(min(arrived, expected), expected)
        if expected and arrived != expected:
            raise OSError(f"{arrived} of {expected} bytes arrived")
        file.check(sink.sha256)


def _read_manifest(folder: Path) -> Imported:
    path = folder / "manifest.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        model = Imported(folder=folder, **_tuples(table))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ToolkitError(
            f"cannot read {path}: {error}", f"remove {folder} and import it again"
        ) from error
    if any(Path(each.file).name != each.file for each in model.files):
        raise ToolkitError(f"{path}: files must be plain names", f"remove {folder}")
    return model


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `Known` or `Imported`, with tuples for the lists of TOML."""
    fields = dict(table)
    fields["stems"] = tuple(fields["stems"])
    fields["files"] = tuple(KnownFile(**each) for each in fields["files"])
    fields["mix"] = tuple(tuple(row) for row in fields.get("mix", ()))
    return fields
