"""Do what ``reimagine`` was asked: from a file of any kind to a folder of results."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from toolkit.cli.terminal import progress, result, say, table
from toolkit.errors import InputError, UsageError

if TYPE_CHECKING:
    from toolkit.cli.reimagine_candidates import Made
    from toolkit.pipeline import Pipeline, Step, Value
    from toolkit.run import Run

LAYERS = ("timbre", "rhythm", "harmony", "melody")

_STEPS = (
    "hear", "separate", "transcribe-stems", "transcribe", "annotate", "lead-sheet",
    "reharmonize", "embellish", "arrange", "perform", "render", "mix", "write",
)  # fmt: skip
"""All that may be done, in order; what is not called for takes no time."""


@dataclass(frozen=True)
class Request:
    """Hold what was typed, before anything is looked at."""

    source: Path
    style: str = ""
    style_from: Path | None = None
    style_mix: tuple[str, ...] = ()
    out: Path | None = None
    ensemble: str = ""
    level: str = ",".join(LAYERS)
    reharm: float | None = None
    melody: float | None = None
    swing: float = 0.0
    tempo: float = 0.0
    key: str = ""
    lock: str = ""
    lead_sheet: Path | None = None
    variations: int = 1
    model: str = "auto"
    settings: tuple[str, ...] = ()
    as_json: bool = False
    force: bool = False
    accept_truncated: bool = False
    seed: int = 0
    quiet: bool = False


@dataclass(frozen=True)
class Taken:
    """Hold what a run begins with, and what is known of the file it comes from."""

    value: Value
    facts: dict[str, Any]
    warnings: tuple[str, ...] = ()


def perform(request: Request) -> None:
    """Do it; the folder's name goes to standard output."""
    from toolkit.cli import reimagine_style
    from toolkit.cli.stem_folder import appearing, check_folder
    from toolkit.style.style import at_hand

    layers = _layers(request.level)
    name = reimagine_style.check(request)
    folder = request.out or request.source.with_name(f"{request.source.stem}.{name}")
    check_folder(folder, force=request.force)
    began, started = perf_counter(), datetime.now(UTC)
    with progress(request.source.name, _STEPS) as callback:
        from toolkit.checkpoints import shipped
        from toolkit.cli.reimagine_candidates import candidates
        from toolkit.cli.reimagine_folder import write
        from toolkit.run import Run

        run = Run(seed=request.seed, progress=callback, checkpoints=shipped())
        style = reimagine_style.style_of(request, run)
        request = reimagine_style.found_in(request, folder)
        taken = take(request, run)
        pipeline = chain(request, layers, type(taken.value))
        seeds = range(request.seed, request.seed + request.variations)
        with at_hand(request.style, style):
            made = candidates(pipeline, taken.value, seeds, run)
            with appearing(folder, force=request.force) as part:
                settings = {
                    **{key: getattr(request, key) for key in ("seed", "variations", "level")},
                    **reimagine_style.facts(request, style),
                    "started": started.isoformat(timespec="seconds"),
                }
                report = write(part, made, taken, pipeline, style, settings, run, began)
    if not request.quiet:
        _tell(request, made[0], report)
    result(json.dumps(report, indent=2) if request.as_json else str(folder))


def take(request: Request, run: Run) -> Taken:
    """Return what the run begins with: audio, notes, or a value of a former run.

    Raises
    ------
    InputError
        If the file is none of them.
    """
    from toolkit.adapters import musicxml
    from toolkit.io import audio_file, midi

    path = request.source
    if request.lead_sheet is not None:
        return _sheet(request.lead_sheet, path)
    if path.suffix.lower() == ".txt":
        return _sheet(path, path)
    if path.suffix.lower() == ".json":
        from toolkit.style import saved

        return Taken(saved.load(_text(path)), _facts(path))
    if midi.is_midi(path):
        return Taken(midi.read(path), _facts(path))
    if musicxml.is_musicxml(path):
        return Taken(musicxml.read(path), _facts(path))
    recording = audio_file.read(
        path, run.for_step("hear"), accept_truncated=request.accept_truncated
    )
    facts = {
        "name": path.name,
        "sha256": recording.sha256,
        "format": asdict(recording.format),
        "num_samples": recording.total,
    }
    return Taken(recording.audio, facts, tuple(recording.warnings))


def chain(request: Request, layers: frozenset[str], kind: type) -> Pipeline:
    """Return the steps from a kind of value to stems, as one pipeline."""
    from toolkit.cli.job import parse_setting
    from toolkit.pipeline import KINDS, Pipeline, configure
    from toolkit.style.arrangement import Arrangement
    from toolkit.style.lead_sheet import LeadSheet
    from toolkit.style.performance import Performance
    from toolkit.values import Audio, Notes, Stems

    builders: list[tuple[type, Callable[[], list[Step]]]] = [
        (Audio, lambda: hearing(request)),
        (Notes, lambda: [one_step("lead-sheet", title=request.source.stem, key=request.key)]),
        (LeadSheet, lambda: _rewriting(request, layers)),
        (Arrangement, lambda: [one_step("perform", swing=request.swing)]),
        (Performance, lambda: [one_step("render"), one_step("mix")]),
    ]
    kinds = [each for each, _ in builders]
    if kind not in kinds:
        raise InputError(
            f"{request.source.name} holds no {', '.join(KINDS)}", "give a recording or a score"
        )
    steps: list[Step] = []
    for _, build in builders[kinds.index(kind) :]:
        steps += build()
    pipeline = Pipeline("reimagine", "Play a piece in another style.", kind, Stems, joined(steps))
    return configure(pipeline, dict(parse_setting(each, pipeline) for each in request.settings))


def hearing(request: Request) -> list[Step]:
    """Return the steps from a recording to notes with their meter."""
    return [one_step("transcribe", model=request.model), one_step("annotate", clean=True)]


def _rewriting(request: Request, layers: frozenset[str]) -> list[Step]:
    steps = []
    given = {"style": request.style, "lock": request.lock}
    if "harmony" in layers:
        amount = {} if request.reharm is None else {"amount": request.reharm}
        steps.append(one_step("reharmonize", **given, **amount))
    if "melody" in layers:
        amount = {} if request.melody is None else {"amount": request.melody}
        steps.append(one_step("embellish", **given, **amount))
    arranged = {
        "style": request.style,
        "ensemble": request.ensemble,
        "tempo": request.tempo,
        "harmony": "harmony" in layers,
        "lock": request.lock,
        "rhythm": "rhythm" in layers,
        "timbre": "timbre" in layers,
    }
    return [*steps, one_step("arrange", **arranged)]


def one_step(stage_name: str, /, **values: Any) -> Step:
    """Return a step by its stage's name and parameters, that reads the input."""
    from toolkit.pipeline import Step
    from toolkit.registry import stage_class
    from toolkit.stage import build

    stage: Any = build(stage_class(stage_name), values)
    return Step(stage_name, stage, ("input",))


def joined(steps: list[Step]) -> tuple[Step, ...]:
    """Return the steps each reading the one before it, and what else they need."""
    from dataclasses import replace

    ids = [step.id for step in steps]
    linked = []
    for place, step in enumerate(steps):
        before = ids[place - 1] if place else "input"
        sources: tuple[str, ...] = (before,)
        if step.id == "annotate":
            sources = (before, "input")
        if step.id == "mix":
            sources = (before, "perform" if "perform" in ids else "input")
        linked.append(replace(step, sources=sources))
    return tuple(linked)


def _sheet(path: Path, source: Path) -> Taken:
    from toolkit.style.sheet import sheet_text

    return Taken(sheet_text.read(_text(path)), {**_facts(path), "of": source.name})


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", "check the name") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text", "give a leadsheet.txt or a .json step") from error


def _facts(path: Path) -> dict[str, Any]:
    import hashlib

    data = path.read_bytes() if path.is_file() else b""
    return {"name": path.name, "sha256": hashlib.sha256(data).hexdigest()}


def _layers(text: str) -> frozenset[str]:
    words = frozenset(each.strip() for each in text.split(",") if each.strip())
    unknown = sorted(words - set(LAYERS))
    if unknown:
        raise UsageError(f"--level knows no {unknown[0]!r}", f"layers are: {', '.join(LAYERS)}")
    return words


def _tell(request: Request, made: Made, report: dict[str, Any]) -> None:
    rows = [
        ("  " + step.id, key.replace("_", " "), str(value))
        for step in made.steps
        for key, value in step.findings.items()
        if not isinstance(value, list | dict)
    ]
    say(str(request.source), *(table(rows) if rows else []))
    say(*(f"warning: {each}" for each in report["warnings"]))
