"""Suite speed: how many seconds of sound a second of computing restores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.adapters import soundfont
from toolkit.errors import ToolkitError
from toolkit.evaluation import facts, music, table, tools
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.pipeline import execute, load
from toolkit.restore import Recipe, diagnose
from toolkit.run import Run
from toolkit.values import Audio


@dataclass(frozen=True)
class Setting:
    """Say what is restored and with how many threads."""

    sample_rate: int
    num_channels: int
    threads: int

    @property
    def label(self) -> str:
        """Return it in words, such as ``44.1 kHz mono, 2 threads``."""
        kind = {1: "mono", 2: "stereo"}.get(self.num_channels, f"{self.num_channels} channels")
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.sample_rate / 1000:g} kHz {kind}, {threads}"


SETTINGS = (Setting(44100, 1, 2), Setting(44100, 1, 1), Setting(96000, 2, 1))

WHOLE = "restore, the whole chain"

_SECONDS = 60
_WARM_UP_SECONDS = 4
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


def speed(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Time the restore pipeline, its steps and the denoisers, on one and on two threads.

    `limit` is in tens of seconds of sound here; each figure is the best of `seeds` passes.
    """
    choose({}, methods)
    seconds = min(_SECONDS, 10 * limit) if limit else _SECONDS
    load_before = _load()
    jobs = [partial(_measure_apart, setting, seconds, seeds) for setting in SETTINGS]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="speed",
        title="Speed: × real time, seconds of sound a second",
        summary=tuple(_summary(step, mine) for (step,), mine in table.group(rows, "step").items()),
        rows=rows,
        notes=(
            "The input is damaged music (pipeline degrade-shellac). Measure is the analysis that "
            "sets the strengths; the whole chain is that and all steps, without reading and "
            "writing the file. Alone is the stage by itself, with each model that it offers.",
            "The real-time factor is the inverse of the first column: seconds of computing for a "
            "second of sound.",
            f"Models are loaded and warm: {_WARM_UP_SECONDS} s of the music go through everything "
            "before the clock starts. Each column is a process of its own. Other work on the "
            "machine slows all of it, and several threads most of all: see the load before.",
        ),
        facts={
            "seconds": seconds,
            "passes": seeds,
            "processors": os.cpu_count(),
            "load before": load_before,
            **facts.machine(),
            **facts.versions(("torch",)),
        },
        chart=chart(
            [row for row in rows if _shown(row["real_time"]) != "off"],
            x="step",
            y="real_time",
            y_label="× real time",
            by="setting",
        ),
    )


def _load() -> str:
    """Return how many processes want to run, as a mean over a minute, where the system tells."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _summary(step: str, rows: Sequence[table.Row]) -> dict[str, Any]:
    by_setting = {row["setting"]: _shown(row["real_time"]) for row in rows}
    first = by_setting[SETTINGS[0].label]
    factor = first if isinstance(first, str) else f"{1 / first:.4f}"
    return {"step": step, **by_setting, f"real-time factor, {SETTINGS[0].label}": factor}


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


def times(setting: Setting, seconds: float, passes: int) -> dict[str, float]:
    """Return seconds of work by step, the least of some passes, in this process.

    The number of threads is the process's own, whatever the setting says.
    """
    audio = damaged_music(setting.sample_rate, setting.num_channels, seconds)
    _once(audio.with_samples(audio.samples[:, : _WARM_UP_SECONDS * setting.sample_rate]))
    best: dict[str, float] = {}
    for _ in range(passes):
        best = {step: min(took, best.get(step, took)) for step, took in _once(audio).items()}
    return best


def _once(audio: Audio) -> dict[str, float]:
    run = tools.fresh_run()
    began = perf_counter()
    diagnosis = diagnose(audio, Recipe(load("restore")), run)
    found = {"measure": perf_counter() - began}
    _, steps = execute(diagnosis.pipeline, audio, run)
    found |= {step.id: step.seconds for step in steps}
    found[WHOLE] = perf_counter() - began
    for name, denoise in tools.tonearm_denoisers().items():
        began = perf_counter()
        denoise(audio)
        found[f"{name.removeprefix('tonearm ')}, alone"] = perf_counter() - began
    return found


def _measure_apart(setting: Setting, seconds: float, passes: int) -> list[dict[str, Any]]:
    """Call `times` in a new process: thread counts are read when libraries load."""
    code = (
        "import json, sys; from toolkit.evaluation.speed import Setting, times; "
        f"json.dump(times({setting!r}, {seconds}, {passes}), sys.stdout)"
    )
    child = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | dict.fromkeys(_THREADS, str(setting.threads)),
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode:
        raise ToolkitError(f"the timed process failed: {child.stderr.strip()[-500:]}")
    return [
        {
            "step": step,
            "setting": setting.label,
            "threads": setting.threads,
            "seconds": took,
            "real_time": seconds / max(took, 1e-9),
        }
        for step, took in json.loads(child.stdout).items()
    ]
