"""Take models of the demucs package into the user's folder, as safetensors and a manifest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit import external
from toolkit.adapters.demucs_files import Files, load_bag, parse, read_files, to_safetensors
from toolkit.errors import UsageError

_CHECKSUM = re.compile(r"-[0-9a-f]{8}$")
_UNKNOWN_LICENCE = "not stated: ask whoever made it"


@dataclass(frozen=True)
class Model:
    """Hold a model's files as they came, and what is known of them."""

    name: str
    files: Files
    licence: str = _UNKNOWN_LICENCE
    source: str = ""


def gather(path: Path) -> Model:
    """Return the model that a file, a bag or a folder with either is.

    Files of a model that `toolkit.external.known` lists are told by their names, and then have its
    name, weights and licence.

    Raises
    ------
    UsageError
        If there is no such file or folder, or it is not clear which model is meant.
    InputError
        If a bag is wrong or lacks a file.
    """
    if not path.is_dir():
        return _named(path, read_files(path))
    bags = sorted(path.glob("*.yaml"))
    weights = sorted(each for each in path.iterdir() if each.suffix in (".th", ".safetensors"))
    if len(bags) == 1:
        return _named(bags[0], read_files(bags[0]))
    if not bags:
        names = {each.name for each in weights}
        for entry in external.known().values():
            if {each.file for each in entry.files} <= names:
                return of_known(entry, [path / each.file for each in entry.files])
        if len(weights) == 1:
            return _named(weights[0], read_files(weights[0]))
    raise UsageError(
        f"{path} holds {len(bags)} bags and {len(weights)} files of weights",
        "name one file: tonearm checkpoints import FOLDER/NAME.yaml",
    )


def of_known(entry: external.Known, paths: Sequence[Path]) -> Model:
    """Return a known model from its files, in the order of the entry."""
    contents = {path.name: path.read_bytes() for path in paths}
    return Model(entry.name, Files(contents, entry.mix, entry.segment), entry.licence, entry.source)


def keep(model: Model, name: str, *, trust: bool = False, force: bool = False) -> external.Imported:
    """Convert a model to safetensors, see that it loads, and write it to the user's folder.

    Parameters
    ----------
    name : str
        What it is called from now on.
    trust : bool
        Whether a pickle that could run code may.

    Raises
    ------
    UsageError
        If the name cannot be one or is taken.
    InputError
        If a file is broken or is refused.
    """
    external.check_model_name(name, force=force)
    files = model.files
    converted = {
        f"{signature(file)}.safetensors": to_safetensors(parse(file, data, trust=trust))
        for file, data in files.contents.items()
    }
    bag = load_bag(Files(converted, files.mix, files.segment))
    facts: dict[str, Any] = {
        "stems": list(bag.stems),
        "sample_rate": bag.sample_rate,
        "licence": model.licence,
        "source": model.source,
    }
    if files.mix:
        facts["mix"] = [list(row) for row in files.mix]
    if files.segment is not None:
        facts["segment"] = files.segment
    return external.keep(name, converted, facts, force=force)


def signature(file: str) -> str:
    """Return a file's name without suffix and checksum.

    Examples
    --------
    >>> signature("955717e8-8726e21a.th")
    '955717e8'
    """
    return _CHECKSUM.sub("", Path(file).stem)


def _named(path: Path, files: Files) -> Model:
    entry = _known_of(files.contents)
    if entry is not None:
        mix = files.mix or entry.mix
        segment = entry.segment if files.segment is None else files.segment
        return Model(entry.name, Files(files.contents, mix, segment), entry.licence, entry.source)
    return Model(signature(path.name), files)


def _known_of(contents: Mapping[str, bytes]) -> external.Known | None:
    for entry in external.known().values():
        if tuple(contents) == tuple(each.file for each in entry.files):
            return entry
    return None
