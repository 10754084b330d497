"""Find stages and pipelines by name: a file's name is its key."""

from __future__ import annotations

import importlib
import os
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import toolkit
from toolkit.errors import UsageError
from toolkit.shipped import folder as folder
from toolkit.stage import did_you_mean

_HERE = Path(toolkit.__file__).parent


@cache
def stage_keys() -> tuple[str, ...]:
    """Return the names of all stages, built in and from the entry-point group, sorted."""
    built_in = {
        path.stem.replace("_", "-")
        for path in (_HERE / "stages").glob("*.py")
        if not path.stem.startswith("_")
    }
    return tuple(sorted(built_in | set(_foreign())))


@cache
def stage_class(key: str) -> type:
    """Return the stage class of that name, importing its file only now.

    Raises
    ------
    UsageError
        If there is none; names the nearest one.
    """
    if key not in stage_keys():
        raise UsageError(
            f"no stage {key!r}", did_you_mean(key, stage_keys()) or "see: tonearm stages"
        )
    if key in _foreign():
        found: type = entry_points(group="tonearm.stages")[key].load()
        return found
    module = importlib.import_module(f"toolkit.stages.{key.replace('-', '_')}")
    built_in: type = module.STAGE
    return built_in


@cache
def _foreign() -> tuple[str, ...]:
    names = tuple(point.name for point in entry_points(group="tonearm.stages"))
    taken = [name for name in names if (_HERE / "stages" / f"{name.replace('-', '_')}.py").exists()]
    if taken:
        raise UsageError(
            f"an installed package redefines the stage {taken[0]!r}", "uninstall or rename it"
        )
    return names


def pipeline_folders() -> tuple[Path, ...]:
    """Return where pipeline files are looked for, the user's own folder first."""
    own = os.environ.get("TONEARM_PIPELINES")
    return (*([Path(own)] if own else []), folder("pipelines"))


def pipeline_paths() -> dict[str, Path]:
    """Return every pipeline file by name; a user's file hides a shipped one of the same name."""
    found: dict[str, Path] = {}
    for place in pipeline_folders():
        for path in sorted(place.glob("*.toml")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def pipeline_path(name: str) -> Path:
    """Return the file of a pipeline given by name or, with a slash or ``.toml``, by path.

    Raises
    ------
    UsageError
        If there is no such file; names the nearest pipeline.
    """
    if "/" in name or name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"no pipeline file {name}", "see: tonearm pipelines")
        return path
    paths = pipeline_paths()
    if name not in paths:
        raise UsageError(
            f"no pipeline {name!r}", did_you_mean(name, paths) or "see: tonearm pipelines"
        )
    return paths[name]
