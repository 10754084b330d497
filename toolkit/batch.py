"""Restore many files one after another: find them, name the results, go on after a bad one."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from toolkit.errors import ToolkitError, UsageError
from toolkit.io.result_names import shortened, stem_at, told_apart
from toolkit.restore import Outcome, Recipe, Targets, is_done, restore_file, sha256_of
from toolkit.run import Run

LOSSLESS = frozenset((".wav", ".wave", ".bwf", ".rf64", ".bw64", ".w64", ".flac"))
_READ = (".aif", ".aiff", ".aifc", ".caf", ".au", ".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus")
_VIDEO = (".wma", ".mp4", ".mkv", ".mov", ".webm")
SUFFIXES = LOSSLESS.union(_READ, _VIDEO)
OWN = (".restored", ".preview", ".removed")
"""How stems of this program's own results end."""


@dataclass(frozen=True)
class Task:
    """Hold one file to restore and where its results go."""

    source: Path
    targets: Targets


@dataclass(frozen=True)
class Naming:
    """Hold how results are named.

    Parameters
    ----------
    role : str
        The word before the suffix: ``restored`` gives ``old.restored.wav``.
    out : Path, optional
        Root of the mirrored tree; beside the source when None.
    difference : bool
        Whether what was taken away is written as well, as ``old.removed.wav``.
    """

    role: str = "restored"
    out: Path | None = None
    difference: bool = False

    def folder(self, source: Path, root: Path) -> Path:
        """Return where the results of a source found below `root` go."""
        if self.out is None:
            return source.parent
        return self.out / source.parent.relative_to(root)

    def targets(self, stem: str, suffix: str, folder: Path) -> Targets:
        """Return the targets for a source's stem; formats that are only read become WAV.

        A stem too long for the file system is cut and marked with a digest of the whole.
        """
        suffix = suffix if suffix.lower() in LOSSLESS else ".wav"
        longest = max(f".{self.role}", ".removed", key=len)
        # The record's name is the longest.
        stem = shortened(stem, f"{longest}{suffix}.json")
        removed = folder / f"{stem}.removed{suffix}" if self.difference else None
        return Targets(folder / f"{stem}.{self.role}{suffix}", removed)


@dataclass(frozen=True)
class Result:
    """Hold what happened to one task."""

    task: Task
    state: Literal["done", "skipped", "failed"]
    outcome: Outcome | None = None
    error: ToolkitError | None = None
    trace: str = field(default="", repr=False)


def find(inputs: Iterable[Path], naming: Naming) -> tuple[Task, ...]:
    """Return the tasks for files and folders, folders searched in order of name.

    Files are taken whatever their suffix; in folders only audio is, and neither hidden files nor
    results of an earlier run. Two sources that would share a result, also where neither case nor
    the form of accents counts, keep their own suffix in its name, and a digest of their path where
    even that is shared, so nothing is ever written twice.

    Raises
    ------
    UsageError
        If an input does not exist, or there is nothing to do.
    """
    found: dict[Path, Path] = {}
    for path in inputs:
        if path.is_dir():
            found.update((each, path) for each in _walk(path, naming) if each not in found)
        elif path.exists():
            found.setdefault(path, path.parent)
        else:
            raise UsageError(f"no file {path}", "check the name and the folder")
    if not found:
        raise UsageError("no audio file found", "give files, or folders that hold some")
    return _tasks(found, naming)


def restore_all(
    tasks: Iterable[Task],
    recipe: Recipe,
    run: Run,
    *,
    force: bool = False,
    report: Callable[[Result], None] = lambda result: None,
) -> tuple[Result, ...]:
    """Restore every task in order, reporting each as it ends; a failure does not stop the rest.

    A KeyboardInterrupt passes through: what was finished is kept, nothing half-written is visible.
    """
    results = []
    for task in tasks:
        result = _restore_one(task, recipe, run, force)
        report(result)
        results.append(result)
    return tuple(results)


def _restore_one(task: Task, recipe: Recipe, run: Run, force: bool) -> Result:
    try:
        if not force and is_finished(task, recipe):
            return Result(task, "skipped")
        assert isinstance(task.targets.output, Path)
        task.targets.output.parent.mkdir(parents=True, exist_ok=True)
        outcome = restore_file(task.source, task.targets, recipe, run, force=force)
    except ToolkitError as error:
        return Result(task, "failed", error=error, trace=traceback.format_exc())
    except Exception as error:  # one file's surprise must not end a night's work
        wrapped = ToolkitError(f"{type(error).__name__}: {error}", "run it alone with --debug")
        return Result(task, "failed", error=wrapped, trace=traceback.format_exc())
    return Result(task, "done", outcome)


def is_finished(task: Task, recipe: Recipe) -> bool:
    """Return whether the recipe has already made this task's results of the same input."""
    # Hours of audio are hashed only if there is a record to compare the hash with.
    place = task.targets.record
    if place is None or not place.is_file():
        return False
    return is_done(sha256_of(task.source), task.targets, recipe)


def _tasks(found: dict[Path, Path], naming: Naming) -> tuple[Task, ...]:
    def make(source: Path, level: int) -> Targets:
        folder = naming.folder(source, found[source])
        return naming.targets(stem_at(source, str(source), level), source.suffix, folder)

    targets = told_apart(found, make, lambda each: str(each.output))
    return tuple(Task(source, targets[source]) for source in found)


def _walk(root: Path, naming: Naming) -> list[Path]:
    own = (f".{naming.role}", *OWN)
    return [
        path
        for path in sorted(root.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
        and not path.stem.endswith(own)
    ]
