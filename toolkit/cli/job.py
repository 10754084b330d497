"""Do what ``restore``, ``run`` and ``transcribe`` were asked: one stream, one file or many."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.cli.terminal import SOME_FAILED, progress, result, say, show_error, table
from toolkit.errors import UsageError

if TYPE_CHECKING:
    from toolkit.batch import Naming, Result, Task
    from toolkit.pipeline import Pipeline
    from toolkit.restore import Diagnosis, Outcome, Recipe, Targets
    from toolkit.run import Run

STREAM = Path("-")


@dataclass(frozen=True)
class Request:
    """Hold what was typed, before anything is looked at."""

    inputs: tuple[Path, ...]
    pipeline: str | Pipeline
    role: str
    output: Path | None = None
    out: Path | None = None
    strength: float = 1.0
    settings: tuple[str, ...] = ()
    loudness: float | None = None
    preview: str | None = None
    difference: bool = False
    dry_run: bool = False
    as_json: bool = False
    force: bool = False
    accept_truncated: bool = False
    seed: int = 0
    device: str = "cpu"
    quiet: bool = False
    companions: tuple[str, ...] = ()


def perform(request: Request) -> int:
    """Do it and return the exit code: 0, or 3 when some of many files failed."""
    from toolkit.batch import Naming
    from toolkit.cli.note_targets import NotesNaming
    from toolkit.values import Notes

    recipe = make_recipe(request)
    role = "preview" if request.preview else request.role
    naming = Naming(role, request.out, request.difference)
    if recipe.pipeline.output is Notes:
        naming = NotesNaming(role, request.out, request.difference, request.companions)
    if STREAM in request.inputs:
        return _stream(request, recipe, naming)
    if request.output is not None:
        return _single(request, recipe, naming)
    return _many(request, recipe, naming)


def make_recipe(request: Request) -> Recipe:
    """Return the checked recipe that a request means.

    Raises
    ------
    UsageError
        For unknown pipelines and parameters, values out of range, or an unreadable excerpt.
    """
    from toolkit.pipeline import append, configure, load
    from toolkit.restore import Recipe

    pipeline = request.pipeline
    if isinstance(pipeline, str):
        pipeline = load(pipeline)
    settings = dict(parse_setting(each, pipeline) for each in request.settings)
    pipeline = configure(pipeline, settings)
    if request.loudness is not None:
        pipeline = append(pipeline, "normalize-loudness", target=request.loudness)
    start, duration = parse_excerpt(request.preview)
    fixed = {name.partition(".")[0] for name in settings if name.partition(".")[2] == "strength"}
    return Recipe(
        pipeline=pipeline,
        strength=request.strength,
        fixed=frozenset(fixed),
        start=start,
        duration=duration,
        seed=request.seed,
        accept_truncated=request.accept_truncated,
    )


def parse_setting(text: str, pipeline: Pipeline) -> tuple[str, Any]:
    """Return ``step.parameter=value`` as name and value of the parameter's type."""
    name, equals, word = text.partition("=")
    if not equals or "." not in name:
        raise UsageError(f"--set {text!r} is not step.parameter=value", "try: denoise.strength=0.5")
    kinds = {
        f"{each.id}.{key}": type(value)
        for each in pipeline.steps
        for key, value in each.parameters.items()
    }
    kind = kinds.get(name, str)
    if kind is bool:
        return name, {"true": True, "false": False}.get(word.lower(), word)
    try:
        return name, kind(word)
    except ValueError:
        return name, word


def parse_excerpt(text: str | None) -> tuple[float, float | None]:
    """Return start and duration in seconds of ``30s``, ``30``, or ``30s@1m20s``.

    Examples
    --------
    >>> parse_excerpt("30s@1m20s")
    (80.0, 30.0)
    """
    if text is None:
        return 0.0, None
    length, _, start = text.partition("@")
    return (_seconds(start, text) if start else 0.0), _seconds(length, text)


def _seconds(word: str, whole: str) -> float:
    match = re.fullmatch(r"(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", word)
    if not word or match is None:
        raise UsageError(f"--preview {whole!r} is no excerpt", "try: --preview 30s@1m20s")
    return 60.0 * int(match[1] or 0) + float(match[2] or 0)


def _run(request: Request, callback: Any) -> Run:
    from toolkit.checkpoints import shipped
    from toolkit.run import Run

    return Run(
        device=request.device,
        seed=request.seed,
        progress=callback,
        checkpoints=shipped(),
    )


def _steps(recipe: Recipe) -> list[str]:
    return ["read", "measure", *(step.id for step in recipe.pipeline.steps), "write"]


def _stream(request: Request, recipe: Recipe, naming: Naming) -> int:
    from toolkit.restore import Targets

    if len(request.inputs) > 1:
        raise UsageError("'-' stands for one stream and goes with no other input", "drop the rest")
    if request.difference and request.output in (None, STREAM):
        raise UsageError("a stream has no place for the difference", "give: -o FILE")
    output = request.output or STREAM
    if output == STREAM:
        targets = Targets(sys.stdout.buffer)
    else:
        targets = replace(naming.targets(output.stem, output.suffix, output.parent), output=output)
    return _one(request, recipe, sys.stdin.buffer, targets, "standard input")


def _single(request: Request, recipe: Recipe, naming: Naming) -> int:
    from toolkit.restore import Targets

    if len(request.inputs) != 1 or request.inputs[0].is_dir():
        raise UsageError("-o names one result, but there are several inputs", "use: --out FOLDER")
    if request.out is not None:
        raise UsageError("-o and --out exclude each other", "drop one of them")
    source, output = request.inputs[0], request.output
    assert output is not None  # perform has seen to it
    if output == STREAM:
        if request.difference:
            raise UsageError("a stream has no place for the difference", "give: -o FILE")
        return _one(request, recipe, source, Targets(sys.stdout.buffer), source.name)
    if output.is_dir():
        raise UsageError(f"{output} is a folder", f"use: --out {output}")
    targets = replace(naming.targets(output.stem, output.suffix, output.parent), output=output)
    return _one(request, recipe, source, targets, source.name)


def _one(request: Request, recipe: Recipe, source: Any, targets: Targets, title: str) -> int:
    from toolkit.restore import restore_file

    if request.dry_run:
        return _dry_run(request, recipe, [(source, targets, title)])
    with progress(title, _steps(recipe)) as callback:
        outcome = restore_file(
            source, targets, recipe, _run(request, callback), force=request.force
        )
    _tell(request, title, outcome)
    if isinstance(targets.output, Path):
        if request.as_json:
            result(json.dumps([_summary(source, targets, "done", outcome)], indent=2))
        else:
            result(str(targets.output))
    return 0


def _many(request: Request, recipe: Recipe, naming: Naming) -> int:
    from toolkit.batch import find, restore_all

    tasks = find(request.inputs, naming)
    if len(tasks) == 1 and not request.inputs[0].is_dir() and request.out is None:
        task = tasks[0]
        if not _already_done(request, recipe, task):
            return _one(request, recipe, task.source, task.targets, task.source.name)
        return 0
    if request.dry_run:
        return _dry_run(request, recipe, [(t.source, t.targets, str(t.source)) for t in tasks])
    results: list[Result] = []

    def report(each: Result) -> None:
        results.append(each)
        _tell_of_many(request, each, len(results), len(tasks))

    with progress(recipe.pipeline.name, _steps(recipe)) as callback:
        try:
            restore_all(tasks, recipe, _run(request, callback), force=request.force, report=report)
        finally:
            _finish(request, results, len(tasks))
    return SOME_FAILED if any(each.state == "failed" for each in results) else 0


def _already_done(request: Request, recipe: Recipe, task: Task) -> bool:
    from toolkit.batch import is_finished

    if request.force or request.dry_run or not is_finished(task, recipe):
        return False
    say(f"{task.source.name}: already done with this recipe; --force does it again")
    result(str(task.targets.output))
    return True


def _tell_of_many(request: Request, each: Result, number: int, total: int) -> None:
    head = f"[{number}/{total}] {each.task.source}"
    if each.state == "failed" and each.error is not None:
        say(f"{head}: failed: {each.error.message}")
        if "--debug" in sys.argv:
            say(each.trace)
    else:
        if not request.quiet:
            say(f"{head}: {'already done' if each.state == 'skipped' else 'done'}")
        if not request.as_json:
            result(str(each.task.targets.output))


def _finish(request: Request, results: Sequence[Result], total: int) -> None:
    failed = [each for each in results if each.state == "failed"]
    if request.as_json:
        rows = [
            _summary(each.task.source, each.task.targets, each.state, each.outcome, each.error)
            for each in results
        ]
        result(json.dumps(rows, indent=2))
    skipped = sum(each.state == "skipped" for each in results)
    say(
        f"{len(results) - len(failed) - skipped} done, {skipped} already done, "
        f"{len(failed)} failed, {total - len(results)} not reached"
    )
    for each in failed:
        assert each.error is not None
        say(f"failed: {each.task.source}")
        show_error(each.error)


def _summary(
    source: Any, targets: Targets, state: str, outcome: Outcome | None, error: Any = None
) -> dict[str, Any]:
    return {
        "input": str(source) if isinstance(source, Path) else "-",
        "state": state,
        "output": str(targets.output),
        "difference": str(targets.difference) if targets.difference else None,
        "record": str(targets.record),
        "error": error and {"message": error.message, "hint": error.hint},
        "details": outcome and dict(outcome.record),
    }


def _dry_run(request: Request, recipe: Recipe, jobs: Sequence[tuple[Any, Targets, str]]) -> int:
    from toolkit.restore import diagnose, read_source

    rows: list[dict[str, Any]] = []
    for source, targets, title in jobs:
        with progress(title, ("read", "measure")) as callback:
            run = _run(request, callback)
            diagnosis = diagnose(read_source(source, recipe, run).audio, recipe, run)
        if request.as_json:
            from toolkit.provenance import finite

            decided = [vars(each) for each in diagnosis.decisions]
            found = finite(vars(diagnosis.condition)) if diagnosis.condition else None
            rows.append(
                {
                    "input": title,
                    "output": str(targets.output),
                    "condition": found,
                    "decisions": decided,
                    "steps": diagnosis.pipeline.recipe,
                }
            )
            continue
        for line in (f"{title} -> {targets.output}", *describe(diagnosis)):
            result(line)
    if request.as_json:
        result(json.dumps(rows, indent=2))
    return 0


def describe(diagnosis: Diagnosis) -> list[str]:
    """Return lines on what was found in a recording and what its pipeline does about it."""
    lines = []
    if diagnosis.condition is not None:
        from toolkit.report.words import found

        lines += [f"  found  {each}" for each in found(diagnosis.condition)]
    reasons = {each.step: each.reason for each in diagnosis.decisions}
    rows = []
    for step in diagnosis.pipeline.steps:
        strength = step.parameters.get("strength")
        level = "" if strength is None else "off" if strength == 0 else f"{strength:.2f}"
        rows.append(("  does ", step.id, level, reasons.get(step.id, "")))
    return lines + (table(rows) if rows else [])


def _tell(request: Request, title: str, outcome: Outcome) -> None:
    if request.quiet:
        return
    say(title, *describe(outcome.diagnosis))
    rows = [("  did  ", each.id, _findings(each.findings)) for each in outcome.steps]
    said = [row for row in rows if row[2]]
    if said:
        say(*table(said))
    for warning in outcome.warnings:
        say(f"warning: {warning}")


def _findings(findings: Any) -> str:
    parts = []
    for name, value in findings.items():
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        parts.append(f"{name.replace('_', ' ')} {shown}")
    return ", ".join(parts)
