"""Make the candidates of a run of ``reimagine``: notes first, sound when they are written.

Notes are small, and tell which candidate is the best; sound is long, and there is room on the disk
for that of one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.pipeline import Pipeline, StepRecord, Value
    from toolkit.run import Run
    from toolkit.style.performance import Performance
    from toolkit.values import Stems

_HEAR = ("transcribe", "annotate")

_SOUND = "render"
"""The step from which on there is sound."""


@dataclass
class Made:
    """Hold what one run made: every step's value but the sound, and the records."""

    seed: int
    values: dict[str, Value] = field(default_factory=dict)
    steps: tuple[StepRecord, ...] = ()
    measured: dict[str, float] = field(default_factory=dict)

    @property
    def performance(self) -> Performance:
        """Return what was played."""
        from toolkit.style.performance import Performance

        found = self.values["perform"]
        assert isinstance(found, Performance)  # the chain that `chain` made says so
        return found


def candidates(pipeline: Pipeline, value: Value, seeds: range, run: Run) -> list[Made]:
    """Return a run for each seed, the best one first, none of which sounds yet.

    Parameters
    ----------
    pipeline : Pipeline
        The whole chain.
    value : Value
        What it begins with.
    seeds : range
        Chance has a hand in what comes after the lead sheet; all that is before is done once.
    run : Run
        Carries progress and checkpoints.
    """
    from dataclasses import replace

    from toolkit.evaluation import style_judge
    from toolkit.pipeline import execute
    from toolkit.style.lead_sheet import LeadSheet
    from toolkit.style.performance import Performance

    heard: dict[str, Value] = {}
    found: list[Made] = []
    for seed in seeds:
        made = Made(seed)
        if isinstance(value, Performance):
            made.values["perform"] = value
        else:
            begin, given, earlier = _from_the_sheet(_unheard(pipeline), value, heard, found)
            made.values.update(heard)
            _, steps = execute(begin, given, replace(run, seed=seed), made.values.__setitem__)
            made.steps = (*earlier, *steps)
        source = made.values.get("lead-sheet", value)
        if isinstance(source, LeadSheet):
            made.measured = style_judge.judge(source, made.performance)
        heard = {name: made.values[name] for name in (*_HEAR, "lead-sheet") if name in made.values}
        found.append(made)
    if all(each.measured for each in found):
        # What is worth the same stays in the order of the seeds.
        found.sort(key=lambda each: -style_judge.quality(each.measured))
    return found


def sound(made: Made, pipeline: Pipeline, run: Run) -> Stems:
    """Return a candidate's parts as they are in the mix, and keep the records of the steps."""
    from dataclasses import replace

    from toolkit.pipeline import execute
    from toolkit.style.performance import Performance
    from toolkit.values import Stems

    steps = pipeline.steps[_place(pipeline, _SOUND) :]
    before = "perform" if any(step.id == "perform" for step in pipeline.steps) else "input"
    linked = tuple(
        replace(step, sources=tuple("input" if each == before else each for each in step.sources))
        for step in steps
    )
    rest = replace(pipeline, input=Performance, steps=linked)
    stems, records = execute(rest, made.performance, replace(run, seed=made.seed))
    assert isinstance(stems, Stems)  # the last step's output says so
    told = (
        replace(record, sources=step.sources) for record, step in zip(records, steps, strict=True)
    )
    made.steps = (*made.steps, *told)
    return stems


def _unheard(pipeline: Pipeline) -> Pipeline:
    """Return the part of the chain that makes notes."""
    from dataclasses import replace

    from toolkit.style.performance import Performance

    steps = pipeline.steps[: _place(pipeline, _SOUND)]
    return replace(pipeline, output=Performance, steps=steps)


def _from_the_sheet(
    pipeline: Pipeline, value: Value, heard: dict[str, Value], found: list[Made]
) -> tuple[Pipeline, Value, tuple[StepRecord, ...]]:
    """Return the part of the chain that chance has a hand in, once the rest has been done."""
    from dataclasses import replace

    from toolkit.style.lead_sheet import LeadSheet

    if "lead-sheet" not in heard:
        return pipeline, value, ()
    done = _place(pipeline, "lead-sheet") + 1
    first, *others = pipeline.steps[done:]
    rest = replace(pipeline, input=LeadSheet, steps=(replace(first, sources=("input",)), *others))
    return rest, heard["lead-sheet"], found[0].steps[:done]


def _place(pipeline: Pipeline, step: str) -> int:
    return [each.id for each in pipeline.steps].index(step)
