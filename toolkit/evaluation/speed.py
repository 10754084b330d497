"""Suite speed: how many seconds of sound a second of one processor core restores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.adapters import soundfont
from toolkit.errors import ToolkitError
from toolkit.evaluation import facts, music, table
from toolkit.pipeline import execute, load
from toolkit.restore import Recipe, diagnose
from toolkit.run import Run
from toolkit.values import Audio

FORMATS = ((44100, 1), (96000, 2))

_SECONDS = 60
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def speed(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
) -> table.Report:
    """Time each step of the restore pipeline on one thread, in a process of its own.

    `limit` is in tens of seconds of sound here; each figure is the best of `seeds` passes.
    """
    seconds = min(_SECONDS, 10 * limit) if limit else _SECONDS
    rows: list[dict[str, Any]] = []
    for number, (sample_rate, num_channels) in enumerate(FORMATS):
        rows += _measure_apart(sample_rate, num_channels, seconds, seeds)
        if progress is not None:
            progress(number + 1, len(FORMATS))
    groups = table.group(rows, "step")
    summary = [
        {"step": step, **{row["format"]: _shown(row["real_time"]) for row in mine}}
        for (step,), mine in groups.items()
    ]
    return table.Report(
        suite="speed",
        title="Speed: seconds of sound a second, one thread",
        summary=tuple(summary),
        rows=tuple(rows),
        notes=(
            "The input is damaged music (pipeline degrade-shellac). Measure is the analysis that "
            "sets the strengths; whole is everything but reading and writing the file.",
        ),
        facts={"seconds": seconds, "passes": seeds, **facts.machine(), **facts.versions(())},
    )


def _shown(real_time: float) -> float | str:
    # A step that the measurement switched off returns at once; its speed would be a clock's noise.
    return "off" if real_time > 1e4 else real_time


def damaged_music(sample_rate: int, num_channels: int, seconds: float) -> Audio:
    """Return music of any format and length under shellac damage, the same each time."""
    notes = music.piece_notes(music.HELD_OUT[0])
    phrase = soundfont.play(notes, sample_rate=sample_rate).samples
    turns = np.arange(num_channels) % phrase.shape[0]
    samples = np.resize(phrase.T, (round(seconds * sample_rate), phrase.shape[0])).T[turns]
    clean = Audio(np.ascontiguousarray(0.5 * samples), sample_rate)
    value, _ = execute(load("degrade-shellac"), clean, Run())
    assert isinstance(value, Audio)  # the pipeline's file says so
    return value


def times(sample_rate: int, num_channels: int, seconds: float, passes: int) -> dict[str, float]:
    """Return seconds of work by step, the least of some passes, in this process."""
    audio = damaged_music(sample_rate, num_channels, seconds)
    best: dict[str, float] = {}
    for _ in range(passes):
        run = Run()
        began = perf_counter()
        diagnosis = diagnose(audio, Recipe(load("restore")), run)
        found = {"measure": perf_counter() - began}
        _, steps = execute(diagnosis.pipeline, audio, run)
        found |= {step.id: step.seconds for step in steps}
        found["whole"] = perf_counter() - began
        best = {step: min(took, best.get(step, took)) for step, took in found.items()}
    return best


def _measure_apart(
    sample_rate: int, num_channels: int, seconds: float, passes: int
) -> list[dict[str, Any]]:
    """Call `times` in a new process: thread counts are read when libraries load."""
    code = (
        "import json, sys; from toolkit.evaluation.speed import times; "
        f"json.dump(times({sample_rate}, {num_channels}, {seconds}, {passes}), sys.stdout)"
    )
    child = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | dict.fromkeys(_ONE_THREAD, "1"),
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode:
        raise ToolkitError(f"the timed process failed: {child.stderr.strip()[-500:]}")
    kind = {1: "mono", 2: "stereo"}.get(num_channels, f"{num_channels} channels")
    return [
        {
            "step": step,
            "format": f"{sample_rate / 1000:g} kHz {kind}",
            "seconds": took,
            "real_time": seconds / max(took, 1e-9),
        }
        for step, took in json.loads(child.stdout).items()
    ]
