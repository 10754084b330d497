"""Suite D3: what a restoration does to sound that needs none."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from toolkit.evaluation import facts, metrics, music, table
from toolkit.evaluation.tools import RESTORERS
from toolkit.values import Audio


def transparency(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
) -> table.Report:
    """Restore undamaged music, silence and full scale, which should change little or nothing."""
    items = music.clean_music(limit) + synthetic(seeds)
    jobs = [partial(_row, name, audio, tool) for name, audio in items for tool in RESTORERS]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="d3",
        title="D3: sound that needs no restoration",
        summary=tuple(_summary(tool, rows) for tool in RESTORERS),
        rows=rows,
        notes=(
            "Removed is the energy of the difference relative to the input's, the worst of all "
            "files and the median; unchanged counts files that come back sample for sample.",
        ),
        facts={
            "items": len(items),
            **facts.versions(("noisereduce", "grooveclean", "av")),
        },
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


def _row(name: str, audio: Audio, tool: str) -> dict[str, Any]:
    output, delay = metrics.align(audio.samples, RESTORERS[tool](audio))
    change = np.abs(output.astype(np.float64) - audio.samples).max()
    return {
        "item": name,
        "tool": tool,
        "removed_db": metrics.energy_removed_db(audio.samples, output),
        "largest_change_db": 20 * float(np.log10(change)) if change else -np.inf,
        "touched": metrics.touched_per_minute(audio.samples, output, audio.sample_rate),
        "delay": delay,
    }


def _summary(tool: str, rows: tuple[table.Row, ...]) -> dict[str, Any]:
    mine = [row for row in rows if row["tool"] == tool]
    removed = [row["removed_db"] for row in mine]
    return {
        "tool": tool,
        "removed, median (dB)": float(np.median(removed)),
        "removed, worst (dB)": max(removed),
        "on": mine[removed.index(max(removed))]["item"],
        "unchanged": f"{sum(row['touched'] == 0 for row in mine)} of {len(mine)}",
    }
