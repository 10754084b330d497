"""Do what ``reimagine`` does, from notes to a performance, without sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.checkpoints import shipped
from toolkit.pipeline import Pipeline, Step, execute
from toolkit.registry import stage_class
from toolkit.run import Run
from toolkit.stage import build
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.performance import Performance
from toolkit.style.sheet.sheet_making import make_sheet
from toolkit.values import Audio, Notes, Stems


@dataclass(frozen=True)
class Settings:
    """Say what is changed, as the options of ``reimagine`` do.

    Parameters
    ----------
    style, ensemble : str
        The style's first ensemble if empty.
    reharm, melody : float
        -1 for what the style says.
    harmony, rhythm : bool
        Whether these layers change at all.
    seed : int
    """

    style: str = "jazz-swing"
    ensemble: str = ""
    reharm: float = -1.0
    melody: float = -1.0
    harmony: bool = True
    rhythm: bool = True
    seed: int = 0


def lead_sheet(notes: Notes, title: str = "") -> LeadSheet:
    """Return the lead sheet of a piece."""
    return make_sheet(notes, title=title, run=Run(checkpoints=shipped()))


def reharmonized(sheet: LeadSheet, settings: Settings) -> LeadSheet:
    """Return the sheet with the chords that the settings ask for."""
    if not settings.harmony:
        return sheet
    step = _step("reharmonize", style=settings.style, amount=settings.reharm)
    made = _run("reharmonize", sheet, LeadSheet, settings, step)
    assert isinstance(made, LeadSheet)  # the step makes one
    return made


def performed(sheet: LeadSheet, settings: Settings) -> Performance:
    """Return a sheet, reharmonized already, as it is played."""
    made = _run(
        "perform",
        sheet,
        Performance,
        settings,
        _step("embellish", style=settings.style, amount=settings.melody),
        _step(
            "arrange",
            style=settings.style,
            ensemble=settings.ensemble,
            harmony=settings.harmony,
            rhythm=settings.rhythm,
        ),
        _step("perform"),
    )
    assert isinstance(made, Performance)  # the last step makes one
    return made


def mixed(performance: Performance) -> Stems:
    """Return the parts of a performance as they are in the finished mix."""
    steps = (_step("render"), Step("mix", _step("mix").stage, ("render", "input")))
    pipeline = Pipeline("mix", "As reimagine does.", Performance, Stems, steps)
    made = execute(pipeline, performance, Run(checkpoints=shipped()))[0]
    assert isinstance(made, Stems)  # the last step makes them
    return made


def written_down(audio: Audio) -> Notes:
    """Return the notes of a recording with its beats, as ``reimagine`` hears it."""
    steps = (
        _step("transcribe"),
        Step("annotate", _step("annotate", clean=True).stage, ("transcribe", "input")),
    )
    pipeline = Pipeline("hear", "As reimagine does.", Audio, Notes, steps)
    made = execute(pipeline, audio, Run(checkpoints=shipped()))[0]
    assert isinstance(made, Notes)  # the last step makes them
    return made


def _run(name: str, sheet: LeadSheet, output: type, settings: Settings, *steps: Step) -> Any:
    joined, before = [], "input"
    for step in steps:
        joined.append(Step(step.id, step.stage, (before,)))
        before = step.id
    pipeline = Pipeline(name, "As reimagine does.", LeadSheet, output, tuple(joined))
    return execute(pipeline, sheet, Run(seed=settings.seed, checkpoints=shipped()))[0]


def _step(key: str, **values: Any) -> Step:
    return Step(key, build(stage_class(key), values), ("input",))
