"""Load chains of stages from TOML, check them before anything runs, and execute them.

The grammar is on one page in ``pipelines/README.md``: named steps, each reading the one before it
unless it says ``from``. No conditions, loops, class paths or code.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from toolkit.errors import UsageError
from toolkit.registry import pipeline_path, stage_class
from toolkit.run import Run
from toolkit.stage import (
    build,
    checkpoints_of,
    did_you_mean,
    parameters,
    signature,
    stage_key,
)
from toolkit.style.arrangement import Arrangement
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.performance import Performance
from toolkit.values import Audio, Notes, Stems

if TYPE_CHECKING:
    from toolkit.dsp.condition import Condition

Value = Audio | Notes | Stems | LeadSheet | Arrangement | Performance

KINDS: dict[str, type] = {
    "audio": Audio,
    "notes": Notes,
    "stems": Stems,
    "lead-sheet": LeadSheet,
    "arrangement": Arrangement,
    "performance": Performance,
}
"""What a pipeline file calls each kind of value."""

_HEADER = ("name", "summary", "input", "output", "automatic", "step")
_INPUT = "input"


@dataclass(frozen=True)
class Step:
    """Hold one step: a stage, its id, and the ids (``id`` or ``id.stem``) of what it reads."""

    id: str
    stage: Any
    sources: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return the stage's name."""
        return stage_key(type(self.stage))

    @property
    def parameters(self) -> dict[str, Any]:
        """Return every parameter of the stage with its value."""
        return {each.name: getattr(self.stage, each.name) for each in parameters(self.stage)}


@dataclass(frozen=True)
class Pipeline:
    """Hold a checked chain of steps.

    Parameters
    ----------
    name, summary : str
        What it is called, and one sentence on what it does.
    input, output : type
        One of `KINDS`.
    steps : tuple[Step, ...]
        In the order of execution.
    automatic : bool
        Whether the input is measured and each step that can sets its own strength by it.

    Raises
    ------
    UsageError
        On construction, if the steps do not fit each other.
    """

    name: str
    summary: str
    input: type
    output: type
    steps: tuple[Step, ...]
    automatic: bool = False

    def __post_init__(self) -> None:
        _check(self)

    @property
    def recipe(self) -> list[dict[str, Any]]:
        """Return the steps as plain data: what decides the output, apart from input and seed."""
        return [
            {
                "id": step.id,
                "stage": step.key,
                "from": list(step.sources),
                "parameters": step.parameters,
            }
            for step in self.steps
        ]

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Return the names of the checkpoints that the steps load, sorted."""
        return tuple(sorted({name for step in self.steps for name in checkpoints_of(step.stage)}))

    @property
    def sha256(self) -> str:
        """Return a hash of the recipe; two pipelines with the same one do the same."""
        recipe = {"automatic": self.automatic, "steps": self.recipe}
        return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Decision:
    """Hold what an automatic pipeline decided for one step, and why."""

    step: str
    strength: float
    reason: str


@dataclass(frozen=True)
class StepRecord:
    """Hold what one step did, for the record of a run."""

    id: str
    stage: str
    sources: tuple[str, ...]
    parameters: Mapping[str, Any]
    findings: Mapping[str, Any]
    seconds: float


def load(name: str) -> Pipeline:
    """Return the pipeline of that name or path, checked.

    Raises
    ------
    UsageError
        If there is none, or the file is wrong; names the step and what to type instead.
    """
    path = pipeline_path(name)
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, origin: str) -> Pipeline:
    """Return the pipeline that a TOML text describes; `origin` names it in errors."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{origin} is not TOML: {error}", "see: pipelines/README.md") from error
    _only_known(table, _HEADER, origin)
    for key in ("name", "summary", "step"):
        if key not in table:
            raise UsageError(f"{origin} has no {key!r}", "see: pipelines/README.md")
    steps: list[Step] = []
    for entry in table["step"]:
        previous = steps[-1].id if steps else _INPUT
        steps.append(_step(dict(entry), previous, origin))
    return Pipeline(
        name=table["name"],
        summary=table["summary"],
        input=_kind(table.get("input", "audio"), origin),
        output=_kind(table.get("output", "audio"), origin),
        steps=tuple(steps),
        automatic=bool(table.get("automatic", False)),
    )


def scale(pipeline: Pipeline, strength: float) -> Pipeline:
    """Return the pipeline with every step's ``strength`` multiplied by 0..1."""
    if not 0 <= strength <= 1:
        raise UsageError(f"strength = {strength:g} is outside 0..1", "try strength = 0.5")
    if strength == 1:
        return pipeline
    return _with_stages(
        pipeline,
        lambda step: (
            replace(step.stage, strength=step.stage.strength * strength)
            if hasattr(step.stage, "strength")
            else step.stage
        ),
    )


def configure(pipeline: Pipeline, settings: Mapping[str, Any]) -> Pipeline:
    """Return the pipeline with single parameters changed, given as ``step.parameter``.

    A setting fixes its step: an automatic pipeline no longer chooses the strength of a step whose
    strength was set.
    """
    known = {step.id: step for step in pipeline.steps}
    changed: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        step_id, _, parameter = name.partition(".")
        if step_id not in known:
            raise UsageError(
                f"{pipeline.name} has no step {step_id!r}",
                did_you_mean(step_id, known) or f"it has: {', '.join(known)}",
            )
        changed.setdefault(step_id, {})[parameter] = value
    return _with_stages(
        pipeline,
        lambda step: (
            build(type(step.stage), {**step.parameters, **changed[step.id]}, f"step {step.id!r}")
            if step.id in changed
            else step.stage
        ),
    )


def append(pipeline: Pipeline, key: str, **values: Any) -> Pipeline:
    """Return the pipeline with one more step at its end."""
    stage: Any = build(stage_class(key), values)
    last = pipeline.steps[-1].id if pipeline.steps else _INPUT
    return replace(pipeline, steps=(*pipeline.steps, Step(key, stage, (last,))))


def tune(
    pipeline: Pipeline, condition: Condition, fixed: Iterable[str] = ()
) -> tuple[Pipeline, tuple[Decision, ...]]:
    """Return an automatic pipeline with strengths for a measured input, and the reasons.

    Parameters
    ----------
    pipeline : Pipeline
        Returned as it is, with no decisions, unless it is automatic.
    condition : Condition
        From `toolkit.dsp.measure.measure`.
    fixed : iterable of str
        Ids of steps whose strength the user has set.
    """
    fixed = set(fixed)
    stages: dict[str, Any] = {}
    decisions = []
    for step in pipeline.steps if pipeline.automatic else ():
        if step.id in fixed or not hasattr(step.stage, "tuned"):
            continue
        stages[step.id], reason = step.stage.tuned(condition)
        decisions.append(Decision(step.id, stages[step.id].strength, reason))
    tuned = _with_stages(pipeline, lambda step: stages.get(step.id, step.stage))
    # What was decided is decided: the same steps given by hand have the same hash.
    return replace(tuned, automatic=False), tuple(decisions)


def execute(
    pipeline: Pipeline,
    value: Value,
    run: Run,
    watch: Callable[[str, Value], None] | None = None,
) -> tuple[Value, tuple[StepRecord, ...]]:
    """Run every step and return the last one's output with a record of what each did.

    An intermediate value is dropped after its last reader, so that its scratch space is freed;
    `watch` is shown each as it is made, with its step's id.
    """
    readers = Counter(source.split(".")[0] for step in pipeline.steps for source in step.sources)
    values: dict[str, Value] = {_INPUT: value}
    del value
    last = pipeline.steps[-1].id if pipeline.steps else _INPUT
    readers[last] += 1
    records = []
    for step in pipeline.steps:
        inputs = [_read(values, source) for source in step.sources]
        local = run.for_step(step.id)
        local.tick(0, 1)
        began = perf_counter()
        values[step.id] = step.stage(*inputs, local)
        seconds = perf_counter() - began
        local.tick(1, 1)
        if watch is not None:
            watch(step.id, values[step.id])
        records.append(
            StepRecord(
                step.id, step.key, step.sources, step.parameters, dict(local.findings), seconds
            )
        )
        del inputs
        for source in step.sources:
            _let_go(values, readers, source.split(".")[0])
    return values[last], tuple(records)


def _let_go(values: dict[str, Value], readers: Counter[str], name: str) -> None:
    readers[name] -= 1
    if readers[name] == 0:
        values.pop(name, None)


def _read(values: Mapping[str, Value], source: str) -> Value:
    name, _, stem = source.partition(".")
    value = values[name]
    if not stem:
        return value
    assert isinstance(value, Stems)  # _check has seen to it
    if stem not in value:
        raise UsageError(
            f"step {name!r} makes no stem {stem!r}",
            did_you_mean(stem, value) or f"it makes: {', '.join(value)}",
        )
    return value[stem]


def _with_stages(pipeline: Pipeline, stage_of: Callable[[Step], Any]) -> Pipeline:
    return replace(
        pipeline, steps=tuple(replace(step, stage=stage_of(step)) for step in pipeline.steps)
    )


def _kind(word: str, origin: str) -> type:
    if word not in KINDS:
        raise UsageError(f"{origin}: {word!r} is no value", f"it is one of: {', '.join(KINDS)}")
    return KINDS[word]


def _only_known(table: Mapping[str, Any], known: tuple[str, ...], origin: str) -> None:
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known) or f"known are: {', '.join(known)}"
            raise UsageError(f"{origin}: unknown key {key!r}", hint)


def _step(entry: dict[str, Any], previous: str, origin: str) -> Step:
    if "stage" not in entry:
        raise UsageError(f"{origin}: a step names no stage", 'add: stage = "…"')
    key = entry.pop("stage")
    step_id = entry.pop("id", key)
    sources = entry.pop("from", previous)
    sources = (sources,) if isinstance(sources, str) else tuple(sources)
    try:
        stage: Any = build(stage_class(key), entry, f"step {step_id!r}")
    except UsageError as error:
        raise UsageError(f"{origin}: {error.message}", error.hint) from error
    return Step(step_id, stage, sources)


def _check(pipeline: Pipeline) -> None:
    """Raise a UsageError unless ids are unique and every step gets the values that it takes."""
    made: dict[str, type] = {_INPUT: pipeline.input}
    for step in pipeline.steps:
        if step.id in made or "." in step.id:
            raise UsageError(
                f"{pipeline.name}: {step.id!r} cannot be the id of a step",
                'give it another: id = "…", without a dot',
            )
        takes = signature(type(step.stage))
        if len(step.sources) != len(takes.inputs):
            raise UsageError(
                f"step {step.id!r} takes {len(takes.inputs)} inputs, is given {len(step.sources)}",
                'list them: from = ["…", "…"]',
            )
        for source, wanted in zip(step.sources, takes.inputs, strict=True):
            _check_source(step.id, source, wanted, made)
        made[step.id] = takes.output
    last = pipeline.steps[-1].id if pipeline.steps else _INPUT
    if made[last] is not pipeline.output:
        raise UsageError(
            f"pipeline {pipeline.name!r} promises {pipeline.output.__name__}, "
            f"makes {made[last].__name__}",
            f'write: output = "{made[last].__name__.lower()}"',
        )


def _check_source(step_id: str, source: str, wanted: type, made: Mapping[str, type]) -> None:
    name, _, stem = source.partition(".")
    if name not in made:
        raise UsageError(
            f"step {step_id!r} reads {name!r}, which no earlier step makes",
            did_you_mean(name, made) or f"before it come: {', '.join(made)}",
        )
    kind = Audio if stem and made[name] is Stems else made[name]
    if stem and made[name] is not Stems:
        raise UsageError(
            f"step {step_id!r} reads {source!r}, but {name!r} is {made[name].__name__}",
            f'write: from = "{name}"',
        )
    if kind is not wanted:
        hint = f'pick one: from = "{name}.<stem>"' if kind is Stems else "see: tonearm stages"
        raise UsageError(
            f"step {step_id!r} needs {wanted.__name__}, but {source!r} is {kind.__name__}", hint
        )
