"""Suite S1: how well stems are found in songs, clean and on old records, whose stems are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import process_time
from typing import Any

import numpy as np

from toolkit.adapters import bss_eval
from toolkit.evaluation import facts, old_records, separators, songs, stem_metrics, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.music import case_number
from toolkit.evaluation.separators import MIXTURE, Separator
from toolkit.values import Samples, Stems

CLEAN, OLD = "clean", "old"
ALL = "all but noise"

_FAINTEST_DB = -30.0


def separation(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Split held-out songs into piano, bass, drums, other and an old record's noise."""
    items = {song.name: partial(songs.render, song) for song in songs.HELD_OUT[:limit]}
    chosen = choose(separators.METHODS, methods)
    return compare(items, chosen, seeds=seeds, progress=progress)


def compare(
    items: Mapping[str, Callable[[], Stems]],
    methods: Mapping[str, Separator],
    *,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
) -> table.Report:
    """Split songs as they are, and once for each seed as an old record has them.

    Parameters
    ----------
    items : Mapping
        What renders each song's true stems, by the song's name. Electric and acoustic records take
        turns.
    methods : Mapping
        The separators by name.
    seeds, progress
        As in `toolkit.evaluation.suites.Suite`.
    """
    jobs = [
        partial(_song_rows, name, number, seed, methods, render)
        for number, (name, render) in enumerate(items.items())
        for seed in (None, *range(seeds))
    ]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="s1",
        title="S1: stems of songs, clean and on old records",
        summary=_summary(rows),
        rows=rows,
        notes=(
            f"Songs of {songs.SECONDS} s: OpenMSX compositions and MMA's held-out grooves, played "
            "by a SoundFont that no separator was trained on. The old records are the electric and "
            "the acoustic chain by turns, without saturation and tracing: horn, tone, band and "
            "wow are done to the true stems too; noise is all that the record adds.",
            "SI-SDR gain is over taking the mixture for the stem, with its 95 % interval over "
            "songs: no filters, both channels as one signal, figures below "
            f"{stem_metrics.LOWEST_SI_SDR:g} dB count as that. uSDR (whole song) and SDR (museval, "
            "BSSEval v4, median over seconds, then over songs) count a wrong level as an error. "
            f"Stems fainter than {_FAINTEST_DB:g} dB re the mixture are in none of these.",
            "Below mixture counts songs whose gain is negative. Silent is the mean RMS of what is "
            "found where the stem is silent. Sum is the energy that the stems lack of the mixture, "
            "relative to it, for the worst song. CPU is the median time for a second of audio.",
            "* is told the true stems; HPSS, whether there is noise: half of the strokes then.",
        ),
        facts={
            "items": len(items),
            "seeds": seeds,
            **facts.versions(("librosa", "museval", "tinysoundfont")),
        },
        chart=chart(
            [{**row, "bar": f"{row['stem']}, {row['record']}"} for row in rows],
            x="bar",
            x_label="stem",
            y="gain",
            y_label="SI-SDR gain (dB)",
        ),
    )


def score(true: Stems, found: Mapping[str, Samples]) -> list[dict[str, Any]]:
    """Return one row of figures for each stem that was found.

    Parameters
    ----------
    true : Stems
        Their sum is the mixture that was given.
    found : Mapping
        Samples by the name of the stem.

    Returns
    -------
    list of dict
        ``stem``; ``state``: sounding, faint or silent; ``gain``, ``si_sdr``, ``usdr`` and ``sdr``
        in dB, nan unless it sounds; ``silent_dbfs``, nan unless it is silent; ``sum_db``.
    """
    mixture = true.mixture().samples
    sum_db = stem_metrics.inconsistency_db(mixture, list(found.values()))
    rows = []
    for stem, estimate in found.items():
        reference = true[stem].samples
        row = {"stem": stem, "state": _state(reference, mixture), "sum_db": sum_db}
        row |= dict.fromkeys(("gain", "si_sdr", "usdr", "sdr", "silent_dbfs"), math.nan)
        if row["state"] == "sounding":
            si_sdr = stem_metrics.si_sdr(reference, estimate)
            row["si_sdr"] = si_sdr
            row["gain"] = si_sdr - stem_metrics.si_sdr(reference, mixture)
            row["usdr"] = stem_metrics.usdr(reference, estimate)
            row["sdr"] = bss_eval.sdr(reference, estimate, true[stem].sample_rate)
        elif row["state"] == "silent":
            row["silent_dbfs"] = stem_metrics.level_dbfs(estimate)
        rows.append(row)
    return rows


def _state(reference: Samples, mixture: Samples) -> str:
    level_db = stem_metrics.level_dbfs(reference) - stem_metrics.level_dbfs(mixture)
    if level_db >= _FAINTEST_DB:
        return "sounding"
    return "faint" if reference.any() else "silent"


def _song_rows(
    name: str,
    number: int,
    seed: int | None,
    methods: Mapping[str, Separator],
    render: Callable[[], Stems],
) -> list[dict[str, Any]]:
    true = render()
    labels: dict[str, Any] = {"item": name, "record": CLEAN, "chain": "", "seed": 0}
    if seed is not None:
        chain = old_records.CHAINS[(number + seed) % len(old_records.CHAINS)]
        true = old_records.worn(true, chain, case_number(name) + seed)
        labels |= {"record": OLD, "chain": chain, "seed": seed}
    mixture = true.mixture()
    rows = []
    for method, separator in methods.items():
        began = process_time()
        found = separator(mixture, true)
        cpu = (process_time() - began) / mixture.duration
        rows += [{**labels, "method": method, **row, "cpu": cpu} for row in score(true, found)]
    return rows


def _summary(rows: Sequence[table.Row]) -> tuple[dict[str, Any], ...]:
    summary = []
    for (record, method), mine in table.group(rows, "record", "method").items():
        by_stem = table.group(mine, "stem")
        for (stem,), these in by_stem.items():
            # A clean song has no noise to find.
            if any(row["state"] == "sounding" for row in these) or stem != "noise":
                summary.append(_line((record, method, stem), these))
        music = [row for row in mine if row["stem"] != "noise"]
        summary.append(_line((record, method, ALL), music))
    return tuple(sorted(summary, key=lambda line: line["record"] != CLEAN))


def _line(key: tuple[str, str, str], rows: Sequence[table.Row]) -> dict[str, Any]:
    record, method, stem = key
    sounding = [row for row in rows if row["state"] == "sounding"]
    silent = [row for row in rows if row["state"] == "silent"]
    line: dict[str, Any] = {
        "record": record,
        "method": method,
        "stem": stem,
        "songs": len({row["item"] for row in sounding}),
        "SI-SDR gain (dB)": table.spread(sounding, "gain"),
        "SI-SDR (dB)": table.mean(sounding, "si_sdr"),
        "uSDR (dB)": table.mean(sounding, "usdr"),
        "SDR (dB)": float(np.nanmedian([row["sdr"] for row in sounding])) if sounding else math.nan,
        "silent (dBFS)": table.mean(silent, "silent_dbfs"),
    }
    if method != MIXTURE:
        line["below mixture"] = sum(row["gain"] < 0 for row in sounding)
        line["worst"] = _worst(sounding)
        line["sum (dB)"] = max((row["sum_db"] for row in rows), default=math.nan)
        line["CPU s/s"] = float(np.median([row["cpu"] for row in rows]))
    return line


def _worst(rows: Sequence[table.Row]) -> str:
    """Return the smallest gain and its song."""
    if not rows:
        return ""
    lowest = min(rows, key=lambda row: row["gain"])
    return f"{lowest['gain']:+.1f} {lowest['item']}"
