"""Suite D3: what a restoration does to sound that needs none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from toolkit.evaluation import facts, metrics, music, onsets, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.tools import RESTORERS, Tool
from toolkit.values import Audio

_UNCHANGED_DB = -150.0


def transparency(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Restore undamaged music, silence and full scale, which should change little or nothing."""
    items = music.clean_music(limit) + synthetic(seeds)
    chosen = choose(RESTORERS, methods)
    jobs = [partial(_rows, name, audio, chosen) for name, audio in items]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="d3",
        title="D3: sound that needs no restoration",
        summary=tuple(_summary(tool, rows) for tool in chosen),
        rows=rows,
        notes=(
            "Removed is the energy of the difference relative to the input's, the worst of all "
            "files and the median; unchanged counts files that come back sample for sample.",
            "SI-SDR is the output's against the input, the lowest of all files. Onsets is the "
            "change of the spectral flux at the input's onsets, in percent: the median of the "
            "magnitudes and the largest of all files that have onsets.",
        ),
        facts={
            "items": len(items),
            **facts.versions(("noisereduce", "grooveclean", "av")),
        },
        chart=chart(
            rows, y="removed_db", y_label="energy removed (dB)", by="tool", floor=_UNCHANGED_DB
        ),
    )


def synthetic(seeds: int = 1) -> list[tuple[str, Audio]]:
    """Return signals at the edge: silence, a full-scale sine, a chord that fades, drum-like bursts.

    Parameters
    ----------
    seeds : int
        How many differently drawn burst sequences there are.
    """
    rate = music.SAMPLE_RATE
    time = np.arange(4 * rate) / rate
    chord = sum(np.sin(2 * np.pi * frequency * time) for frequency in (220, 277.18, 329.63, 440))
    signals = [
        ("silence", np.zeros_like(time)),
        ("full-scale sine", np.sin(2 * np.pi * 997 * time)),
        ("fading chord", chord * 0.2 * np.exp(-3 * time)),
    ]
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        bursts = rng.standard_normal(len(time)) * np.exp(-((time % 0.25) / 0.02))
        signals.append((f"bursts {seed}", 0.2 * bursts))
    return [(name, Audio(samples[None].astype(np.float32), rate)) for name, samples in signals]


def _rows(name: str, audio: Audio, tools: Mapping[str, Tool]) -> list[dict[str, Any]]:
    return [{"item": name, "tool": key, **_measure(audio, tool)} for key, tool in tools.items()]


def _measure(audio: Audio, tool: Tool) -> dict[str, Any]:
    output, delay = metrics.align(audio.samples, tool(audio))
    change = np.abs(output.astype(np.float64) - audio.samples).max()
    same = not audio.samples.any() or not change
    return {
        "removed_db": metrics.energy_removed_db(audio.samples, output),
        "largest_change_db": 20 * float(np.log10(change)) if change else -np.inf,
        "touched": metrics.touched_per_minute(audio.samples, output, audio.sample_rate),
        "si_sdr": np.inf if same else metrics.si_sdr(audio.samples, output),
        "onset_change": onsets.onset_change(audio.samples, output, audio.sample_rate),
        "delay": delay,
    }


def _summary(tool: str, rows: tuple[table.Row, ...]) -> dict[str, Any]:
    mine = [row for row in rows if row["tool"] == tool]
    removed = [row["removed_db"] for row in mine]
    changes = [row["onset_change"] for row in mine if np.isfinite(row["onset_change"])]
    return {
        "tool": tool,
        "removed, median (dB)": float(np.median(removed)),
        "removed, worst (dB)": max(removed),
        "on": mine[removed.index(max(removed))]["item"],
        "SI-SDR, lowest (dB)": min(row["si_sdr"] for row in mine),
        "onsets, median (%)": float(np.median(np.abs(changes))),
        "onsets, largest (%)": max(changes, key=abs),
        "unchanged": f"{sum(row['touched'] == 0 for row in mine)} of {len(mine)}",
    }
