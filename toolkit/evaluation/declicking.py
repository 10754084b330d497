"""Suite C1: does a declicker find what is damaged, mend it, and leave the rest alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.dsp import damage, surface_noise
from toolkit.evaluation import events, facts, metrics, music, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.tools import DECLICKERS
from toolkit.values import Audio

Draw = Callable[[np.random.Generator, damage.Recording], damage.Clicks]

CONTROL = "clean control"

FAMILIES: Mapping[str, Draw] = {
    "ticks": partial(damage.draw_clicks, rate=10.0, impulses=1.0, destructive=0.0),
    "resonances": partial(damage.draw_clicks, rate=10.0, impulses=0.0, destructive=0.0),
    "gouges": partial(damage.draw_clicks, rate=5.0, impulses=0.0, destructive=1.0),
    "crackle": partial(damage.draw_clicks, rate=150.0, height_db=(6.0, 4.0), impulses=0.8),
    "mixed": partial(damage.draw_clicks, rate=20.0),
    "scratches (held out)": damage.draw_scratches,
    "dropouts (held out)": damage.draw_dropouts,
    CONTROL: partial(damage.draw_clicks, rate=0.0),
}


def declicking(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Declick held-out music: six families of damage, and none at all."""
    chosen = choose(DECLICKERS, methods)
    jobs = [
        partial(_rows, name, family, seed, tuple(chosen))
        for name in music.names(limit)
        for family in FAMILIES
        for seed in range(seeds)
    ]
    rows = table.collect(jobs, progress)
    groups = table.group(rows, "family", "tool")
    damaged = [_summary(key, mine) for key, mine in groups.items() if key[0] != CONTROL]
    control = [_control(key, mine) for key, mine in groups.items() if key[0] == CONTROL]
    return table.Report(
        suite="c1",
        title="C1: declicking",
        summary=(*damaged, *control),
        rows=rows,
        notes=(
            "Damaged and repaired events come from difference signals, the same way for every "
            "tool: spans within 0.5 ms are one event, any overlap is a hit.",
            "Off-target is the share of the removed energy that was never damaged.",
            "Scratches and dropouts were used to fit nothing here; what finds losses was tuned on "
            "music torn by colored noise. All damage is simulated.",
            "Touched is samples a minute changed in music without clicks. All music lies in "
            "surface noise 25 to 45 dB below it.",
        ),
        facts={
            "items": limit or len(music.HELD_OUT),
            "seeds": seeds,
            **facts.versions(("grooveclean", "av")),
        },
        chart=chart(
            [row for row in rows if row["family"] != CONTROL],
            x="family",
            y="gain",
            y_label="gain (dB)",
            by="tool",
        ),
    )


def damaged_pair(music_alone: Audio, family: str, seed: int, case: int) -> tuple[Audio, Audio]:
    """Return what a declicker should give, and what it is given.

    Both have the same surface noise, 25 to 45 dB below the music: a click in digital silence is
    no test. The same arguments give the same pair.
    """
    rng = np.random.default_rng([seed, case, list(FAMILIES).index(family)])
    shape = damage.Recording(
        music_alone.num_channels, music_alone.num_samples, music_alone.sample_rate
    )
    bed = surface_noise.draw(rng, shape.num_channels, shape.sample_rate)
    level = music_alone.samples.std() * 10 ** (-rng.uniform(25, 45) / 20)
    clean = music_alone.samples + np.float32(level) * bed.between(0, shape.num_samples)
    clicks = FAMILIES[family](rng, shape)
    worn = damage.add_clicks(clean, 0, clicks, shape.sample_rate)
    return music_alone.with_samples(clean), music_alone.with_samples(worn)


def _rows(name: str, family: str, seed: int, chosen: tuple[str, ...]) -> list[dict[str, Any]]:
    clean, worn = damaged_pair(music.held_out(name), family, seed, music.case_number(name))
    labels = {"item": name, "family": family, "seed": seed}
    return [{**labels, "tool": tool, **_measure(clean, worn, tool)} for tool in chosen]


def _measure(clean: Audio, worn: Audio, tool: str) -> dict[str, Any]:
    began = perf_counter()
    output = DECLICKERS[tool](worn)
    seconds = perf_counter() - began
    mended, delay = metrics.align(worn.samples, output)
    found = events.score(clean.samples, worn.samples, mended, clean.sample_rate)
    before = metrics.snr(clean.samples, worn.samples)
    after = metrics.snr(clean.samples, mended)
    touched = metrics.touched_per_minute(worn.samples, mended, clean.sample_rate)
    return {
        "snr_in": before,
        "snr": after,
        "gain": after - before,
        "precision": found.precision,
        "recall": found.recall,
        "f1": found.f1,
        "off_target": found.off_target,
        "touched": touched,
        "delay": delay,
        "real_time": clean.duration / max(seconds, 1e-9),
    }


def _summary(key: tuple[Any, ...], mine: list[table.Row]) -> dict[str, Any]:
    return {
        "family": key[0],
        "tool": key[1],
        "SNR in": table.mean(mine, "snr_in"),
        "gain (dB)": table.spread(mine, "gain"),
        "precision": f"{table.mean(mine, 'precision'):.3f}",
        "recall": f"{table.mean(mine, 'recall'):.3f}",
        "F1": f"{table.mean(mine, 'f1'):.3f}",
        "off-target": f"{100 * table.mean(mine, 'off_target'):.1f} %",
        "touched": "",
        "× real time": table.mean(mine, "real_time"),
    }


def _control(key: tuple[Any, ...], mine: list[table.Row]) -> dict[str, Any]:
    return {
        "family": key[0],
        "tool": key[1],
        "SNR in": "",
        "touched": f"{table.mean(mine, 'touched'):.0f}",
        "× real time": table.mean(mine, "real_time"),
    }
