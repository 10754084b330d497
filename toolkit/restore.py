"""Restore or transcribe one recording: read, measure, execute, write, record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, BinaryIO

import toolkit
from toolkit.checkpoints import shipped
from toolkit.errors import UsageError
from toolkit.pipeline import Decision, Pipeline, StepRecord, execute, load, scale, tune
from toolkit.provenance import dump, record
from toolkit.run import Run
from toolkit.values import Audio, Notes

if TYPE_CHECKING:
    from toolkit.dsp.condition import Condition
    from toolkit.io.audio_file import Recording, Written


@dataclass(frozen=True)
class Recipe:
    """Hold what is to be done to any recording.

    Parameters
    ----------
    pipeline : Pipeline
        As configured, before any measurement.
    strength : float
        0..1, scales every step; 0 changes nothing.
    fixed : frozenset[str]
        Steps whose strength the user has set, which an automatic pipeline leaves alone.
    start, duration : float
        The excerpt in seconds; `duration` None means to the end.
    seed : int
        For dither and for stages that draw numbers.
    accept_truncated : bool
        Whether to work on what is there of a file that is shorter than its header says.
    """

    pipeline: Pipeline
    strength: float = 1.0
    fixed: frozenset[str] = frozenset()
    start: float = 0.0
    duration: float | None = None
    seed: int = 0
    accept_truncated: bool = False

    def __post_init__(self) -> None:
        if self.pipeline.input is not Audio or self.pipeline.output not in (Audio, Notes):
            raise UsageError(
                f"pipeline {self.pipeline.name!r} does not turn audio into audio or notes",
                "see: tonearm pipelines",
            )
        scale(self.pipeline, self.strength)

    @property
    def key(self) -> str:
        """Return a hash of everything but the input that decides the output."""
        facts = {
            "version": toolkit.__version__,
            "pipeline": self.pipeline.sha256,
            "weights": [shipped().manifest(name).sha256 for name in self.pipeline.checkpoints],
            "strength": self.strength,
            "fixed": sorted(self.fixed),
            "start": self.start,
            "duration": self.duration,
            "seed": self.seed,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Diagnosis:
    """Hold the pipeline as it will be executed on one recording, and why."""

    pipeline: Pipeline
    condition: Condition | None = None
    decisions: tuple[Decision, ...] = ()


Observer = Callable[[Audio, Audio, Diagnosis], Mapping[str, Any]]
"""Looks at a recording before and after and returns facts for the record."""


@dataclass(frozen=True)
class Targets:
    """Hold where the results of one recording go; a stream takes no record.

    Parameters
    ----------
    output : Path or BinaryIO
        An audio file, or a MIDI file where the pipeline makes notes.
    difference : Path, optional
        Where what was taken away goes.
    companions : Mapping[str, Path]
        Other forms of the same notes by name, such as ``musicxml``.
    finish : callable, optional
        Writes the companions, as ``finish(notes, recording, companions)``, after the notes.
    """

    output: Path | BinaryIO
    difference: Path | None = None
    companions: Mapping[str, Path] = field(default_factory=dict)
    finish: Callable[[Notes, Audio, Mapping[str, Path]], None] | None = None

    @property
    def record(self) -> Path | None:
        """Return where the record goes: the output's name with ``.json`` added."""
        if isinstance(self.output, Path):
            return self.output.with_name(self.output.name + ".json")
        return None


@dataclass(frozen=True)
class Outcome:
    """Hold what came of one recording."""

    diagnosis: Diagnosis
    steps: tuple[StepRecord, ...]
    record: Mapping[str, Any]
    warnings: tuple[str, ...] = field(default=())


def diagnose(audio: Audio, recipe: Recipe, run: Run) -> Diagnosis:
    """Return the recipe's pipeline with the strengths that this recording needs.

    Only an automatic pipeline is measured; any other keeps the strengths of its file. The user's
    strength scales both.
    """
    if recipe.strength == 0 or not recipe.pipeline.automatic:
        return Diagnosis(scale(recipe.pipeline, recipe.strength))
    from toolkit.dsp.measure import measure

    local = run.for_step("measure")
    condition = measure(audio, local)
    tuned, decisions = tune(recipe.pipeline, condition, recipe.fixed)
    return Diagnosis(scale(tuned, recipe.strength), condition, decisions)


def restore_audio(
    audio: Audio, run: Run, pipeline: str = "restore", strength: float = 1.0
) -> Audio:
    """Return a recording restored by a pipeline of that name, as the command line does it."""
    diagnosis = diagnose(audio, Recipe(load(pipeline), strength), run)
    value, _ = execute(diagnosis.pipeline, audio, run)
    assert isinstance(value, Audio)  # Recipe has seen to it
    return value


def read_source(source: Path | BinaryIO, recipe: Recipe, run: Run) -> Recording:
    """Return the recording in a file or stream, or the excerpt of it that the recipe asks for."""
    from toolkit.io import audio_file

    return audio_file.read(
        source,
        run.for_step("read"),
        start=recipe.start,
        duration=recipe.duration,
        accept_truncated=recipe.accept_truncated,
    )


def restore_file(
    source: Path | BinaryIO,
    targets: Targets,
    recipe: Recipe,
    run: Run,
    *,
    force: bool = False,
    observe: Observer | None = None,
) -> Outcome:
    """Do what a recipe says with a file or stream, into new files; the source is only read.

    The record is written last, so that a result without one is not finished.

    Parameters
    ----------
    observe : callable, optional
        ``observe(before, after, diagnosis)`` is given the audio as it was read and as it was
        written, and returns facts that the record keeps under ``measures``.

    Raises
    ------
    InputError
        If the source cannot be read as it is.
    UsageError
        If a target exists and `force` is not set, or is the source itself.
    """
    from toolkit.io import audio_file
    from toolkit.io.atomic import replacing

    began, started = perf_counter(), datetime.now(UTC)
    if recipe.pipeline.output is Notes:
        _check_notes(source, targets, force=force)
    recording = read_source(source, recipe, run)
    for target in (targets.output, targets.difference):
        if target is not None and recipe.pipeline.output is Audio:
            audio_file.check(target, recording, force=force)
    diagnosis = diagnose(recording.audio, recipe, run)
    value, steps = execute(diagnosis.pipeline, recording.audio, run)
    local = run.for_step("write")
    if isinstance(value, Notes):
        output, warnings = _write_notes(value, targets, force=force)
        if targets.finish is not None:
            targets.finish(value, recording.audio, targets.companions)
    else:
        assert isinstance(value, Audio)  # Recipe has seen to it
        output, warnings = _write_audio(value, targets, recording, diagnosis, local, force=force)
    facts = record(
        pipeline=diagnosis.pipeline,
        steps=steps,
        decisions=diagnosis.decisions,
        condition=diagnosis.condition,
        source=_source_facts(recording),
        output=output,
        settings={
            "recipe": recipe.key,
            "seed": recipe.seed,
            "strength": recipe.strength,
            "start": recipe.start,
            "duration": recipe.duration,
            "accept_truncated": recipe.accept_truncated,
            "device": run.device,
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(perf_counter() - began, 3),
        },
        warnings=(*recording.warnings, *warnings),
    )
    if observe is not None and isinstance(value, Audio):
        facts["measures"] = dict(observe(recording.audio, value, diagnosis))
    if targets.record is not None:
        with replacing(targets.record, force=True) as sink:
            sink.write(dump(facts).encode())
    return Outcome(diagnosis, steps, facts, (*recording.warnings, *warnings))


def _check_notes(source: Path | BinaryIO, targets: Targets, *, force: bool) -> None:
    """Refuse, before any work, targets that notes cannot be written to."""
    from toolkit.io.atomic import check_target

    output = targets.output
    if targets.difference is not None:
        raise UsageError("notes have no difference from a recording", "drop --difference")
    if not isinstance(output, Path):
        raise UsageError("a MIDI file cannot go to a stream", "give: -o FILE.mid")
    if output.suffix.lower() not in (".mid", ".midi"):
        raise UsageError(f"notes cannot be written to {output.name}", f"try {output.stem}.mid")
    _check_whole(output, targets, force=force)
    for target in (output, *targets.companions.values()):
        check_target(target, force=force)
        if isinstance(source, Path) and target.exists() and target.samefile(source):
            raise UsageError(f"{target} is the recording itself", "name another file")


def _check_whole(output: Path, targets: Targets, *, force: bool) -> None:
    """Refuse to add another form to notes that are there.

    A MIDI file does not say how sure its notes are, nor chords in full, so that a table or a score
    made from it would be another one than what the recording gives.
    """
    missing = [place for place in targets.companions.values() if not place.exists()]
    if not force and missing and output.exists():
        names = ", ".join(place.name for place in missing)
        raise UsageError(
            f"{output.name} is there already, but {names} is not",
            "--force writes all of them again; -o FILE.mid writes them beside",
        )


def _write_audio(
    audio: Audio,
    targets: Targets,
    recording: Recording,
    diagnosis: Diagnosis,
    run: Run,
    *,
    force: bool,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write the recording and what was taken away; return facts for the record, and warnings."""
    from toolkit.io import audio_file

    written = audio_file.write(
        targets.output,
        audio,
        recording,
        rng=run.rng(),
        history=history(diagnosis.pipeline, recording.sha256),
        force=force,
        progress=run.tick,
    )
    warnings = tuple(written.warnings)
    if targets.difference is not None:
        removed = audio_file.write_difference(
            targets.difference, audio, recording, rng=run.rng(), force=force, progress=run.tick
        )
        warnings += tuple(removed.warnings)
    return _output_facts(written, targets), warnings


def _write_notes(
    notes: Notes, targets: Targets, *, force: bool
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write a MIDI file; return facts for the record, and warnings."""
    from toolkit.io import midi

    assert isinstance(targets.output, Path)  # _check_notes has seen to it
    bent = any(note.bends for note in notes)
    facts: dict[str, Any] = {
        "name": targets.output.name,
        "sha256": midi.write(targets.output, notes, bends=bent, force=force),
        "notes": len(notes),
    }
    if targets.companions:
        facts["companions"] = {name: path.name for name, path in targets.companions.items()}
    warnings = () if len(notes) else ("no notes were heard; the MIDI file is empty",)
    return facts, warnings


def is_done(source_sha256: str, targets: Targets, recipe: Recipe) -> bool:
    """Return whether the same recipe has already made this output of the same input.

    The output itself is hashed too: a file that exists is not yet a file that is whole.
    """
    place = targets.record
    if place is None or not place.is_file() or not isinstance(targets.output, Path):
        return False
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
        wanted = (source_sha256, recipe.key)
        if (found["input"]["sha256"], found["settings"]["recipe"]) != wanted:
            return False
        others = (targets.difference, *targets.companions.values())
        if any(other is not None and not other.is_file() for other in others):
            return False
        return bool(sha256_of(targets.output) == found["output"]["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def history(pipeline: Pipeline, source_sha256: str) -> str:
    """Return the free text of a CodingHistory line: what was done, at which strength, to what."""
    steps = []
    for step in pipeline.steps:
        strength = step.parameters.get("strength")
        if strength != 0:
            steps.append(step.id if strength is None else f"{step.id} {strength:.2f}")
    return "; ".join((pipeline.name, *steps, f"src sha256:{source_sha256[:16]}"))


def _source_facts(recording: Recording) -> dict[str, Any]:
    bext = recording.bext()
    return {
        "name": recording.path.name if recording.path else "-",
        "sha256": recording.sha256,
        "format": asdict(recording.format),
        "num_samples": recording.total,
        "tags": dict(recording.tags),
        "bext": None if bext is None else bext.fields(),
    }


def _output_facts(written: Written, targets: Targets) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": targets.output.name if isinstance(targets.output, Path) else "-",
        "sha256": written.sha256,
        "format": asdict(written.format),
        "clipped": written.clipped,
    }
    if targets.difference is not None:
        facts["difference"] = targets.difference.name
    return facts
