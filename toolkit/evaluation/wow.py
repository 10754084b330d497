"""Suite W1: what is left of wow, and what happens to a vibrato that is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.dsp import resample
from toolkit.evaluation import facts, music, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.speed_error import residual_cents
from toolkit.evaluation.tools import Tool, run_stage, untouched
from toolkit.values import Audio

RATES_HZ = (0.3, 1.3, 6.0)
DEPTHS_PERCENT = (0.05, 0.3, 1.0)
VIBRATO = "vibrato, no wow"

_TONES = "steady tones"
_MAINS_HZ = 50.0
_HUM_DB = -30.0
_VIBRATO_HZ, _VIBRATO_CENTS = 5.5, 30.0
_SECONDS = 12.0

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Wow:
    """Hold a periodic error of speed: rate in Hz, peak depth in percent, phase in radians."""

    rate_hz: float
    depth_percent: float
    phase: float = 0.0

    def positions(self, time: Array) -> Array:
        """Return where in the original the transfer is at a time; both in seconds."""
        depth = self.depth_percent / 100
        turn = 2 * np.pi * self.rate_hz
        swing = np.cos(self.phase) - np.cos(turn * time + self.phase)
        return np.asarray(time + depth / turn * swing)


def wow(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Take known wow out of tones and held-out music, and leave a vibrato alone."""
    chosen = choose(METHODS, methods)
    names = [_TONES, *music.names(limit)]
    jobs = [
        partial(_rows, name, rate_hz, depth, seed, chosen)
        for name in names
        for rate_hz in RATES_HZ
        for depth in DEPTHS_PERCENT
        for seed in range(seeds)
    ]
    jobs += [partial(_vibrato_rows, seed, chosen) for seed in range(seeds)]
    rows = table.collect(jobs, progress)
    wowed = [row for row in rows if row["item"] != VIBRATO]
    cases = table.group(wowed, "rate", "depth")
    false = [row for row in rows if row["item"] == VIBRATO]
    return table.Report(
        suite="w1",
        title="W1: wow, residual speed error in cents RMS",
        summary=(
            *(_summary(f"{rate:g} Hz, {depth:g} %", mine) for (rate, depth), mine in cases.items()),
            _summary(VIBRATO, false),
        ),
        rows=rows,
        notes=(
            "The error of speed is measured against the clean recording, from the change of the "
            "delay between the two; its mean does not count. Read that way, 6 Hz come out 4 % low.",
            "A mains hum 30 dB below the music was recorded along with it, and correct-speed is "
            "told its nominal frequency; without such a hum there is nothing it could go by, and "
            "no stage here takes out wow without a reference.",
            "The last row has no wow: what it shows is false correction of a vibrato of 30 cents "
            "at 5.5 Hz.",
        ),
        facts={"items": len(names), "seeds": seeds, **facts.versions(())},
        chart=chart(
            [{**row, "case": f"{row['rate']:g} Hz, {row['depth']:g} %"} for row in wowed],
            x="case",
            y="cents",
            y_label="residual (cents RMS)",
        ),
    )


def apply_wow(audio: Audio, error: Wow) -> Audio:
    """Return the recording as it plays with that error of speed, of the same length."""
    rate = audio.sample_rate
    out = np.zeros(audio.samples.shape, np.float32)
    resample.warp(
        audio.samples,
        lambda indices: error.positions(indices / rate) * rate,
        out=out,
        fastest=1 + error.depth_percent / 100,
    )
    return audio.with_samples(out)


def with_hum(audio: Audio) -> Audio:
    """Return the recording with the hum of its studio, 30 dB below it, of four harmonics."""
    time = np.arange(audio.num_samples) / audio.sample_rate
    harmonics = np.arange(1, 5)[:, None]
    hum = (np.sin(harmonics * (2 * np.pi * _MAINS_HZ * time + 1)) / harmonics).sum(axis=0)
    hum *= audio.samples.std() * 10 ** (_HUM_DB / 20) / hum.std()
    return audio.with_samples((audio.samples + hum).astype(np.float32))


def steady_tones() -> Audio:
    """Return a chord of steady tones of three harmonics each, 12 s."""
    time = np.arange(round(_SECONDS * music.SAMPLE_RATE)) / music.SAMPLE_RATE
    pitches, harmonics = np.meshgrid((196.0, 311.1, 493.9), (1, 2, 3))
    phases = 2 * np.pi * np.outer(pitches * harmonics, time) + harmonics.reshape(-1, 1)
    tones = (np.sin(phases) / harmonics.reshape(-1, 1)).sum(axis=0)
    return Audio((0.08 * tones).astype(np.float32)[None], music.SAMPLE_RATE)


def vibrato_tone(seed: int = 0) -> Audio:
    """Return a violin-like line: tones of a second each with a vibrato of 30 cents at 5.5 Hz."""
    rng = np.random.default_rng(seed)
    rate = music.SAMPLE_RATE
    time = np.arange(round(_SECONDS * rate)) / rate
    notes = 440 * 2 ** (rng.integers(-7, 8, round(_SECONDS)) / 12)
    bend = _VIBRATO_CENTS / 1200 * np.sin(2 * np.pi * _VIBRATO_HZ * time)
    turns = np.cumsum(notes[np.minimum(time.astype(int), len(notes) - 1)] * 2**bend) / rate
    harmonics = np.arange(1, 9)[:, None]
    tone = (np.sin(2 * np.pi * harmonics * turns) / harmonics).sum(axis=0)
    return Audio((0.1 * tone * (1 - 0.9 * (time % 1))).astype(np.float32)[None], rate)


def _rows(
    name: str, rate_hz: float, depth: float, seed: int, methods: Mapping[str, Tool]
) -> list[dict[str, Any]]:
    clean = with_hum(steady_tones() if name == _TONES else music.held_out(name))
    phase = np.random.default_rng([seed, music.case_number(name)]).uniform(0, 2 * np.pi)
    worn = apply_wow(clean, Wow(rate_hz, depth, float(phase)))
    return _measured(clean, worn, methods, item=name, rate=rate_hz, depth=depth, seed=seed)


def _vibrato_rows(seed: int, methods: Mapping[str, Tool]) -> list[dict[str, Any]]:
    clean = with_hum(vibrato_tone(seed))
    return _measured(clean, clean, methods, item=VIBRATO, rate=0.0, depth=0.0, seed=seed)


def _measured(
    clean: Audio, worn: Audio, methods: Mapping[str, Tool], **labels: Any
) -> list[dict[str, Any]]:
    return [
        {
            **labels,
            "method": key,
            "cents": residual_cents(clean.samples, tool(worn), clean.sample_rate),
        }
        for key, tool in methods.items()
    ]


def _summary(case: str, rows: Sequence[table.Row]) -> dict[str, Any]:
    by_method = table.group(rows, "method")
    means = {name: table.mean(mine, "cents") for (name,), mine in by_method.items()}
    worst = {
        f"{name}, worst": max(row["cents"] for row in mine)
        for (name,), mine in by_method.items()
        if name != "input"
    }
    return {"wow": case, **means, **worst}


METHODS: Mapping[str, Tool] = {
    "input": untouched,
    "tonearm correct-speed, told the mains frequency *": partial(
        run_stage, "correct-speed", hum_hz=_MAINS_HZ
    ),
}
