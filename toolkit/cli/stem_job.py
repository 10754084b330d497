"""Do what ``separate`` was asked: each recording into its folder, going on after a bad one."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from toolkit.cli.job import STREAM
from toolkit.cli.stem_folder import (
    PICTURE,
    RECORD,
    appearing,
    check_folder,
    check_format,
    check_stems,
    choose,
    write,
)
from toolkit.cli.terminal import SOME_FAILED, progress, result, say, show_error, table
from toolkit.errors import ToolkitError, UsageError

if TYPE_CHECKING:
    from toolkit.io.audio_file import Recording
    from toolkit.pipeline import Pipeline, StepRecord

_SUFFIX = ".stems"


@dataclass(frozen=True)
class Request:
    """Hold what was typed, before anything is looked at."""

    inputs: tuple[Path, ...]
    out: Path | None = None
    model: str = "band"
    stems: tuple[str, ...] = ()
    shifts: int = 0
    overlap: float = 0.25
    format: str = "same"
    plot: bool = False
    as_json: bool = False
    force: bool = False
    accept_truncated: bool = False
    seed: int = 0
    device: str = "cpu"
    quiet: bool = False


def perform(request: Request) -> int:
    """Do it and return the exit code: 0, or 3 when some of many files failed."""
    pipeline = _pipeline(request)
    check_format(request.format)
    jobs = _jobs(request)
    if request.stems:
        check_stems(pipeline.steps[0].stage.names(), request.stems)
    rows: list[dict[str, Any]] = []
    failed: list[tuple[Path, ToolkitError]] = []
    for source, folder in jobs:
        try:
            record = _one(request, pipeline, source, folder)
        except ToolkitError as error:
            if len(jobs) == 1:
                raise
            if "--debug" in sys.argv:
                traceback.print_exc()
            failed.append((source, error))
            say(f"{source}: failed: {error.message}")
            rows.append(_row(source, folder, None, error))
            continue
        rows.append(_row(source, folder, record, None))
        if not request.as_json:
            result(str(folder))
    if request.as_json:
        result(json.dumps(rows, indent=2))
    for source, reason in failed:
        say(f"failed: {source}")
        show_error(reason)
    return SOME_FAILED if failed else 0


def _pipeline(request: Request) -> Pipeline:
    """Return the one step as a pipeline, so that its record is like any other's."""
    from toolkit.pipeline import Pipeline, Step
    from toolkit.registry import stage_class
    from toolkit.stage import build
    from toolkit.values import Audio, Stems

    stage: Any = build(
        stage_class("separate"),
        {"model": request.model, "shifts": request.shifts, "overlap": request.overlap},
    )
    return Pipeline(
        name="separate",
        summary="Split into stems.",
        input=Audio,
        output=Stems,
        steps=(Step("separate", stage, ("input",)),),
    )


def _jobs(request: Request) -> list[tuple[Path, Path]]:
    """Return each source with its folder; no two share one."""
    from toolkit.batch import Naming, find
    from toolkit.io.result_names import folded

    if STREAM in request.inputs:
        raise UsageError("a stream cannot be separated into files", "name a file")
    tasks = find(request.inputs, Naming("stems", request.out))
    folders: dict[str, Path] = {}
    jobs = []
    for task in tasks:
        assert isinstance(task.targets.output, Path)
        named = task.targets.output.with_suffix("")
        if folded(str(named)) in folders:
            # Same name, another suffix: the folder says which file it is of.
            named = named.with_name(f"{task.source.name}{_SUFFIX}")
        folders[folded(str(named))] = named
        jobs.append((task.source, named))
    return jobs


def _one(request: Request, pipeline: Pipeline, source: Path, folder: Path) -> dict[str, Any]:
    """Separate one recording and return its record."""
    from toolkit.checkpoints import shipped
    from toolkit.io import audio_file
    from toolkit.io.atomic import replacing
    from toolkit.pipeline import execute
    from toolkit.provenance import dump
    from toolkit.run import Run
    from toolkit.values import Stems

    began, started = perf_counter(), datetime.now(UTC)
    if request.out is not None:
        folder.parent.mkdir(parents=True, exist_ok=True)
    check_folder(folder, force=request.force)
    with progress(source.name, ("read", "separate", "write")) as callback:
        run = Run(
            device=request.device, seed=request.seed, progress=callback, checkpoints=shipped()
        )
        recording = audio_file.read(
            source, run.for_step("read"), accept_truncated=request.accept_truncated
        )
        value, steps = execute(pipeline, recording.audio, run)
        assert isinstance(value, Stems)
        chosen = choose(value, request.stems, run)
        del value
        with appearing(folder, force=request.force) as part:
            written = write(part, chosen, recording, request.format, request.model, run)
            if request.plot:
                from toolkit.report.spectrogram import draw

                draw(list(chosen.items()), part / PICTURE)
            settings = {
                **{key: getattr(request, key) for key in ("seed", "device", "format")},
                "stems": list(request.stems),
                "strength": 1.0,
                "start": 0.0,
                "duration": None,
                "accept_truncated": request.accept_truncated,
                "started": started.isoformat(timespec="seconds"),
                "seconds": round(perf_counter() - began, 3),
            }
            output = {"name": folder.name, "sha256": written.sha256, "stems": written.stems}
            warnings = (*recording.warnings, *written.warnings)
            found = _record(pipeline, steps, recording, output, settings, warnings)
            with replacing(part / RECORD, force=False) as sink:
                sink.write(dump(found).encode())
    _tell(request, source, steps, warnings)
    return found


def _record(
    pipeline: Pipeline,
    steps: tuple[StepRecord, ...],
    recording: Recording,
    output: dict[str, Any],
    settings: dict[str, Any],
    warnings: tuple[str, ...],
) -> dict[str, Any]:
    from toolkit.provenance import record

    return record(
        pipeline=pipeline,
        steps=steps,
        decisions=(),
        condition=None,
        source={
            "name": recording.path.name if recording.path else "-",
            "sha256": recording.sha256,
            "format": asdict(recording.format),
            "num_samples": recording.total,
        },
        output=output,
        settings=settings,
        warnings=warnings,
    )


def _tell(
    request: Request, source: Path, steps: tuple[StepRecord, ...], warnings: Sequence[str]
) -> None:
    if request.quiet:
        return
    findings = steps[0].findings
    rows = [("  did  ", key.replace("_", " "), str(value)) for key, value in findings.items()]
    say(str(source), *(table(rows) if rows else []))
    say(*(f"warning: {each}" for each in warnings))


def _row(
    source: Path, folder: Path, record: dict[str, Any] | None, error: ToolkitError | None
) -> dict[str, Any]:
    stems = record["output"]["stems"] if record else {}
    return {
        "input": str(source),
        "state": "failed" if error else "done",
        "output": str(folder),
        "stems": {name: str(folder / facts["name"]) for name, facts in stems.items()},
        "record": str(folder / RECORD),
        "error": error and {"message": error.message, "hint": error.hint},
        "details": record,
    }
