"""Suite L1: how much of what hard clipping cut off comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.evaluation import facts, metrics, music, references, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.tools import Tool, adeclip_default, run_stage, untouched
from toolkit.values import Audio, Samples

SDRS_DB = (1, 3, 5, 7, 10, 15, 20)

PUBLISHED: Mapping[float, float] = dict(
    zip(SDRS_DB, (12.2, 15.0, 16.6, 17.7, 19.0, 21.2, 22.2), strict=True)
)
"""Best gain on the clipped samples that the survey reports, by SDR of the input, both in dB."""

PEW_ITERATIONS = 50


def pew_reduced(audio: Audio) -> Samples:
    """Run social sparsity declipping as published but for the number of iterations."""
    return references.pew_declip(audio.samples, iterations=PEW_ITERATIONS)


METHODS: Mapping[str, Tool] = {
    "input": untouched,
    "adeclip": adeclip_default,
    "tonearm declip": partial(run_stage, "declip"),
}
ON_REQUEST: Mapping[str, Tool] = {"SS-PEW, as published": pew_reduced}
"""Slow methods, which are measured only where they are named."""

_STEPS = 60
# Its systems of equations grow with what is clipped.
_LEAST_DB: Mapping[str, float] = {"adeclip": 10}


def declipping(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Declip held-out music that was clipped hard at known ratios; nothing is random."""
    chosen = wanted_methods(methods)
    jobs = [
        partial(_rows, name, sdr_db, chosen) for name in music.names(limit) for sdr_db in SDRS_DB
    ]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="l1",
        title="L1: hard clipping, SDR gain on the clipped samples in dB",
        summary=summarize(rows, tuple(chosen)),
        rows=rows,
        notes=(
            "Every item is brought to a peak of full scale and then clipped.",
            "Gain is the SDR over the clipped samples after less before: the mean with its 95 % "
            "interval over files, and the median; SDR in is that of the whole file.",
            "Best published is the mean of social sparsity (PEW) over ten SQAM items in "
            "P. Záviška, P. Rajmic, A. Ozerov and L. Rencker, 'A survey and an extensive "
            "evaluation of popular audio declipping methods', 2021: other material, so only the "
            "order of magnitude compares.",
            "SS-PEW is that method on this material, with the survey's frame, thresholds and "
            f"neighborhoods but at most {PEW_ITERATIONS} iterations a threshold in place of 500. "
            "On two seconds of strings at 5 dB, 50, 100 and 500 of them gain 13.4, 13.6 and 13.8 "
            "dB. It is told which samples are clipped, and is measured only if --methods names it: "
            "about an hour for all.",
            "adeclip is run from 10 dB upward, for the more is clipped, the slower it is: on two "
            "seconds of strings it took 0.1, 0.4, 2.3 and 7.7 s a second at 20, 15, 10 and 7 dB.",
            "Elsewhere is how much a method changes the samples that were not clipped, relative "
            "to the whole; like × real time it is the median of all cases.",
        ),
        facts={"items": len(music.names(limit)), **facts.versions(("av",))},
        chart=chart(
            rows, x="sdr_in", x_label="SDR of the input (dB)", y="gain", y_label="gain (dB)"
        ),
    )


def wanted_methods(names: Sequence[str]) -> dict[str, Tool]:
    """Return the methods of those names; the quick ones if none is named.

    Raises
    ------
    UsageError
        For an unknown name; says the nearest.
    """
    return choose({**METHODS, **ON_REQUEST} if names else METHODS, names)


def summarize(rows: Sequence[table.Row], methods: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """Return a line of the table for each SDR of the input, and one for all together."""
    return (*(_summary(sdr_db, rows, methods) for sdr_db in SDRS_DB), _together(rows, methods))


def at_full_scale(audio: Audio) -> Audio:
    """Return the recording with its peak at full scale, as what overloads a converter is loud."""
    peak = np.abs(audio.samples).max(initial=0)
    return audio.with_samples(audio.samples / peak) if peak > 0 else audio


def clip(audio: Audio, sdr_db: float) -> Audio:
    """Return the recording clipped at the level that leaves that SDR.

    The SDR falls steadily with the level, which is therefore found by bisection.
    """
    samples = audio.samples
    magnitudes = np.abs(samples.ravel()).astype(np.float64)
    allowed = float(magnitudes @ magnitudes) * 10 ** (-sdr_db / 10)
    low, high = 0.0, float(magnitudes.max())
    for _ in range(_STEPS):
        level = (low + high) / 2
        magnitudes = magnitudes[magnitudes > low]
        cut = np.maximum(magnitudes - level, 0)
        if float(cut @ cut) > allowed:
            low = level
        else:
            high = level
    return audio.with_samples(np.clip(samples, -high, high).astype(np.float32))


def clipped_sdr(clean: Samples, worn: Samples, output: Samples) -> float:
    """Return the SDR in dB over the samples at which two signals differ."""
    at = clean != worn
    return metrics.snr(clean[at][None], output[at][None])


def _rows(name: str, sdr_db: float, methods: Mapping[str, Tool]) -> list[dict[str, Any]]:
    clean = at_full_scale(music.held_out(name))
    worn = clip(clean, sdr_db)
    labels = {"item": name, "sdr_in": sdr_db}
    return [
        {**labels, "method": key, **_measure(clean, worn, tool)}
        for key, tool in methods.items()
        if sdr_db >= _LEAST_DB.get(key, -np.inf)
    ]


def _measure(clean: Audio, worn: Audio, tool: Tool) -> dict[str, float]:
    began = perf_counter()
    output = tool(worn)
    seconds = perf_counter() - began
    output, delay = metrics.align(worn.samples, output)
    before = clipped_sdr(clean.samples, worn.samples, worn.samples)
    reliable = np.where(clean.samples == worn.samples, output, worn.samples)
    return {
        "clipped": float(np.mean(clean.samples != worn.samples)),
        "gain": clipped_sdr(clean.samples, worn.samples, output) - before,
        "sdr": metrics.snr(clean.samples, output),
        "elsewhere": metrics.energy_removed_db(worn.samples, reliable),
        "delay": delay,
        "real_time": worn.duration / max(seconds, 1e-9),
    }


def _summary(sdr_db: float, rows: Sequence[table.Row], methods: tuple[str, ...]) -> dict[str, Any]:
    here = [row for row in rows if row["sdr_in"] == sdr_db]
    return {"SDR in": f"{sdr_db:g}", **_gains(here, methods), "best published": PUBLISHED[sdr_db]}


def _together(rows: Sequence[table.Row], methods: tuple[str, ...]) -> dict[str, Any]:
    published = sum(PUBLISHED.values()) / len(PUBLISHED)
    return {
        "SDR in": "all",
        **_gains(rows, tuple(name for name in methods if name not in _LEAST_DB)),
        "best published": published,
        **{
            f"elsewhere, {name} (dB)": _median(mine, "elsewhere")
            for name, mine in _by_method(rows, methods).items()
        },
        **{
            f"× real time, {name}": _median(mine, "real_time")
            for name, mine in _by_method(rows, methods).items()
        },
    }


def _gains(rows: Sequence[table.Row], methods: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, mine in _by_method(rows, methods).items():
        found[name] = table.spread(mine, "gain")
        found[f"{name}, median"] = _median(mine, "gain") if mine else ""
    return found


def _by_method(rows: Sequence[table.Row], methods: tuple[str, ...]) -> dict[str, list[table.Row]]:
    """Return the rows of every method that does something."""
    return {
        name: [row for row in rows if row["method"] == name] for name in methods if name != "input"
    }


def _median(rows: Sequence[table.Row], key: str) -> float:
    return float(np.median([row[key] for row in rows]))
