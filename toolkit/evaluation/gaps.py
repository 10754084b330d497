"""Suite I1: how well missing stretches of music are filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.dsp import ar, click_fill, inpainting
from toolkit.evaluation import facts, metrics, music, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.values import Audio, Samples

LENGTHS_MS = (5, 10, 20, 30, 40, 50, 80)
NUM_GAPS = 10

PUBLISHED: Mapping[float, float] = dict(
    zip(LENGTHS_MS, (22.5, 18.9, 14.6, 9.7, 7.6, 6.2, 6.7), strict=True)
)
"""Best SNR in gaps that was found in print, by the gaps' length in ms, in dB."""

Spans = Sequence[tuple[int, int]]
Method = Callable[[Samples, Spans, int], Samples]

_QUIETEST_DB = -30.0
_AR_ORDER = 32
_TRIES = 10_000


def gaps(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Fill ten gaps a piece, of 5 to 80 ms, at known places of held-out music."""
    chosen = choose(METHODS, methods)
    jobs = [
        partial(_rows, name, length_ms, seed, chosen)
        for name in music.names(limit)
        for length_ms in LENGTHS_MS
        for seed in range(seeds)
    ]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="i1",
        title="I1: missing stretches, SNR in the gaps in dB",
        summary=tuple(_summary(length_ms, rows, tuple(chosen)) for length_ms in LENGTHS_MS),
        rows=rows,
        notes=(
            "Ten gaps a piece where the music is no quieter than 30 dB below its mean. Everybody "
            "is told where they are.",
            "The SNR is that of each gap, averaged over a piece's gaps in dB as the published "
            "figures are; together is the energy of what belongs in all gaps of a piece over that "
            "of all errors, in which the loudest gaps decide. Both are means over pieces with "
            "their 95 % interval.",
            "Best published is the best mean over ten SQAM items from 5 to 50 ms (Janssen, "
            "A-SPAIN and weighted l1 in O. Mokrý and P. Rajmic's comparisons, 2020 to 2023) and, "
            "at 80 ms, gap-wise Janssen over three instruments (O. Mokrý, P. Balušík and P. "
            "Rajmic, 2025): other material, so only the order of magnitude compares.",
        ),
        facts={"items": len(music.names(limit)), "seeds": seeds, **facts.versions(())},
        chart=chart(
            rows, x="length", x_label="gap (ms)", y="mean_snr", y_label="SNR in the gaps (dB)"
        ),
    )


def draw_gaps(audio: Audio, length_ms: float, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return ten spans of that length, apart by at least as much, where there is music.

    Raises
    ------
    ValueError
        If the recording has no room for them.
    """
    length = round(length_ms * audio.sample_rate / 1000)
    energy = np.square(audio.samples, dtype=np.float64).sum(axis=0)
    quietest = energy.mean() * 10 ** (_QUIETEST_DB / 10)
    taken = np.zeros(audio.num_samples, bool)
    spans: list[tuple[int, int]] = []
    for _ in range(_TRIES):
        start = int(rng.integers(length, max(audio.num_samples - 2 * length, length + 1)))
        stop = start + length
        free = not taken[start - length : stop + length].any()
        if free and stop <= audio.num_samples and energy[start:stop].mean() > quietest:
            taken[start:stop] = True
            spans.append((start, stop))
        if len(spans) == NUM_GAPS:
            return sorted(spans)
    raise ValueError(f"no room for {NUM_GAPS} gaps of {length_ms:g} ms")


def snr_in_gaps(clean: Samples, filled: Samples, spans: Spans) -> float:
    """Return the SNR over all gaps together, in dB."""
    true = np.concatenate([clean[:, start:stop] for start, stop in spans], axis=1)
    found = np.concatenate([filled[:, start:stop] for start, stop in spans], axis=1)
    return metrics.snr(true, found)


def mean_snr(clean: Samples, filled: Samples, spans: Spans) -> float:
    """Return the mean over gaps of each gap's SNR, in dB."""
    return float(np.mean([snr_in_gaps(clean, filled, [span]) for span in spans]))


def _rows(
    name: str, length_ms: float, seed: int, methods: Mapping[str, Method]
) -> list[dict[str, Any]]:
    clean = music.held_out(name)
    rng = np.random.default_rng([seed, music.case_number(name), int(length_ms)])
    spans = draw_gaps(clean, length_ms, rng)
    holed = clean.samples.copy()
    for start, stop in spans:
        holed[:, start:stop] = 0
    rows = []
    for method, fill in methods.items():
        began = perf_counter()
        filled = fill(holed, spans, clean.sample_rate)
        rows.append(
            {
                "item": name,
                "length": length_ms,
                "seed": seed,
                "method": method,
                "mean_snr": mean_snr(clean.samples, filled, spans),
                "snr": snr_in_gaps(clean.samples, filled, spans),
                "seconds": perf_counter() - began,
            }
        )
    return rows


def _summary(
    length_ms: float, rows: Sequence[table.Row], methods: tuple[str, ...]
) -> dict[str, Any]:
    here = table.group([row for row in rows if row["length"] == length_ms], "method")
    return {
        "gap (ms)": f"{length_ms:g}",
        **{name: table.spread(here[(name,)], "mean_snr") for name in methods},
        "best published": PUBLISHED[length_ms],
        **{f"{name}, together": table.spread(here[(name,)], "snr") for name in methods},
    }


def _silence(holed: Samples, spans: Spans, sample_rate: int) -> Samples:
    return holed


def _low_order(holed: Samples, spans: Spans, sample_rate: int) -> Samples:
    filled = [ar.interpolate(channel, spans, _AR_ORDER) for channel in holed]
    return np.stack(filled).astype(np.float32)


def _click_repair(holed: Samples, spans: Spans, sample_rate: int) -> Samples:
    found = np.array(spans, np.int64)
    filled = [click_fill.fill(channel, found, sample_rate) for channel in holed]
    return np.stack(filled).astype(np.float32)


def _tonearm(holed: Samples, spans: Spans, sample_rate: int) -> Samples:
    return inpainting.fill(holed, spans)


METHODS: Mapping[str, Method] = {
    "silence": _silence,
    f"AR, order {_AR_ORDER}": _low_order,
    "tonearm click repair": _click_repair,
    "tonearm inpainting": _tonearm,
}
