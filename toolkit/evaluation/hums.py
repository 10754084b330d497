"""Suite H1: does a dehummer take the hum and leave the bass notes that lie on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import ffmpeg
from toolkit.evaluation import facts, metrics, music, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.tools import run_stage
from toolkit.values import Audio, Samples

LEVELS_DB = (-20, -30, -40)
KINDS: Mapping[str, tuple[int, ...]] = {
    "all": (1, 2, 3, 4, 5, 6, 7, 8),
    "odd": (1, 3, 5, 7, 9),
    "even": (2, 4, 6, 8),
}

_DRIFT_HZ = 0.15
_DRIFT_RATE_HZ = (0.03, 0.12)
_FALL_DB = 5.0
_BASS_DB = -6.0
_BASS_PARTIALS = 6
_NOTE_SECONDS = (0.4, 1.6)
_BAND_HZ = 2.0
_WINDOW_SECONDS = 1.0
_NOTCH_HARMONICS = 9
_NOTCH_WIDTH_HZ = 2.0

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """Hold music with bass notes near the mains frequency, and a hum that is known.

    Parameters
    ----------
    clean : Audio
        Music and bass, mono.
    lines : np.ndarray, shape (harmonics, samples), complex
        The hum's harmonics as analytic signals; the real parts add up to the hum.
    mains_hz : float
        Nominal, 50 or 60.
    hum_hz : float
        Mean of the drifting fundamental.
    harmonics : tuple of int
        Numbers of the lines.
    """

    clean: Audio
    lines: npt.NDArray[np.complex128]
    mains_hz: float
    hum_hz: float
    harmonics: tuple[int, ...]

    @property
    def worn(self) -> Audio:
        """Return what a dehummer is given."""
        hum = self.lines.real.sum(axis=0)
        return self.clean.with_samples((self.clean.samples + hum).astype(np.float32))


def hums(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Take drifting hum out of held-out music with bass notes on the same pitch."""
    chosen = choose(METHODS, methods)
    jobs = [
        partial(_rows, name, mains_hz, kind, seed, chosen)
        for name in music.names(limit)
        for mains_hz in (50.0, 60.0)
        for kind in KINDS
        for seed in range(seeds)
    ]
    rows = table.collect(jobs, progress)
    groups = table.group(rows, "level", "method")
    return table.Report(
        suite="h1",
        title="H1: hum under music with bass notes on its pitch",
        summary=tuple(_summary(key, mine) for key, mine in groups.items()),
        rows=rows,
        notes=(
            "The hum lies at 49 to 51 or 59 to 61 Hz, drifts by 0.15 Hz and has all, odd or even "
            "harmonics up to the ninth; its level is relative to the music. Bass notes with their "
            "fundamental within 1 Hz of the nominal mains frequency lie 6 dB below the music.",
            "Attenuation is that of the hum's known harmonics, in windows of a second, in the "
            "difference of the outputs with and without hum. At the partials is the SNR within "
            "2 Hz of the harmonics: it counts what is left of the hum and what was taken from the "
            "bass notes.",
            "Harm is the energy taken from the same music when there is no hum, relative to the "
            "music, and within 2 Hz of where the harmonics would be, relative to what is there.",
            "The notch cascade is told the nominal mains frequency; its notches are 2 Hz wide.",
        ),
        facts={"items": len(music.names(limit)), "seeds": seeds, **facts.versions(("av",))},
        chart=chart(
            rows,
            x="level",
            x_label="hum re music (dB)",
            y="attenuation",
            y_label="attenuation (dB)",
        ),
    )


def draw_case(
    audio: Audio,
    rng: np.random.Generator,
    *,
    mains_hz: float,
    harmonics: tuple[int, ...],
    level_db: float,
) -> Case:
    """Return a case: bass notes are added to the music, then the hum is drawn.

    Parameters
    ----------
    audio : Audio
        Mono.
    rng : np.random.Generator
        Decides all.
    mains_hz : float
        50 or 60; the notes' and the hum's frequencies are drawn within 1 Hz of it.
    harmonics : tuple of int
        Falling by 5 dB each, give or take 4 dB.
    level_db : float
        RMS of the hum re that of the music with bass.
    """
    count, rate = audio.num_samples, audio.sample_rate
    bass = _bass(rng, count, rate, mains_hz)
    wanted = audio.samples.std() * 10 ** (_BASS_DB / 20)
    clean = (audio.samples + bass * (wanted / bass.std())).astype(np.float32)
    hum_hz = mains_hz + float(rng.uniform(_DRIFT_HZ - 1, 1 - _DRIFT_HZ))
    time = np.arange(count) / rate
    swing_hz = float(rng.uniform(*_DRIFT_RATE_HZ))
    swing = _DRIFT_HZ * np.sin(2 * np.pi * swing_hz * time + rng.uniform(0, 2 * np.pi))
    turns = np.cumsum(hum_hz + swing) / rate
    fall_db = _FALL_DB * np.arange(len(harmonics)) + rng.uniform(-4, 4, len(harmonics))
    phases = rng.uniform(0, 1, len(harmonics))
    lines = np.stack(
        [
            10 ** (-down / 20) * np.exp(2j * np.pi * (number * turns + phase))
            for number, down, phase in zip(harmonics, fall_db, phases, strict=True)
        ]
    )
    lines *= clean.std() * 10 ** (level_db / 20) / lines.real.sum(axis=0).std()
    return Case(audio.with_samples(clean), lines, mains_hz, hum_hz, harmonics)


def attenuation_db(case: Case, output: Samples, without: Samples) -> float:
    """Return by how much the hum's harmonics fell, all together, from the known to what is left.

    What is left of line h in a window w is c = 2 Σ w r h* / Σ w |h|², r being the difference of
    the outputs with and without the hum: 1 for a hum that was left, 0 for one that is gone.

    Parameters
    ----------
    case : Case
        What is known.
    output, without : np.ndarray, shape (1, samples)
        What a method makes of the case, and of the same music without a hum.
    """
    left_over = (output.astype(np.float64) - without)[0]
    size = min(round(_WINDOW_SECONDS * case.clean.sample_rate), len(left_over))
    window = np.hanning(size + 2)[1:-1]
    left = whole = 0.0
    for start in range(0, len(left_over) - size + 1, max(size // 2, 1)):
        lines = case.lines[:, start : start + size]
        energy = (window * np.abs(lines) ** 2).sum(axis=1)
        # A real line correlates with its analytic signal by half.
        part = window * left_over[start : start + size]
        share = 2 * (lines.conj() @ part) / energy
        left += float((np.abs(share) ** 2 * energy).sum())
        whole += float(energy.sum())
    return -10 * float(np.log10(max(left, 1e-20 * whole) / whole))


def near_lines(case: Case, samples: Array) -> float:
    """Return the energy within 2 Hz of the hum's harmonics."""
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / case.clean.sample_rate)
    near = np.zeros(len(frequency), bool)
    for number in case.harmonics:
        near |= np.abs(frequency - number * case.hum_hz) < _BAND_HZ
    return float(spectrum[near].sum())


def _bass(rng: np.random.Generator, count: int, rate: int, mains_hz: float) -> Array:
    out = np.zeros(count)
    start = 0
    while start < count:
        length = int(rng.uniform(*_NOTE_SECONDS) * rate)
        time = np.arange(length) / rate
        pitch = mains_hz + rng.uniform(-1, 1)
        envelope = np.minimum(time / 0.02, 1) * np.minimum((time[-1] - time) / 0.05, 1)
        envelope *= np.exp(-time / rng.uniform(0.5, 2))
        note = np.zeros(length)
        for number in range(1, _BASS_PARTIALS + 1):
            note += np.sin(2 * np.pi * (number * pitch * time + rng.uniform())) / number
        stop = min(start + length, count)
        out[start:stop] = (note * envelope)[: stop - start]
        start += int(length * rng.uniform(0.9, 1.8))
    return out


def _rows(
    name: str, mains_hz: float, kind: str, seed: int, methods: Mapping[str, Method]
) -> list[dict[str, Any]]:
    audio = music.held_out(name)
    salt = [seed, music.case_number(name), int(mains_hz), list(KINDS).index(kind)]
    cases = {
        level_db: draw_case(
            audio,
            np.random.default_rng(salt),
            mains_hz=mains_hz,
            harmonics=KINDS[kind],
            level_db=level_db,
        )
        for level_db in LEVELS_DB
    }
    labels = {"item": name, "mains": mains_hz, "kind": kind, "seed": seed}
    rows = []
    for method, tool in methods.items():
        # The music and its bass are the same at every level of the hum.
        first = next(iter(cases.values()))
        without = tool(first.clean, mains_hz)
        harm = _harm(first, without)
        for level_db, case in cases.items():
            figures = {**_measure(case, tool, without), **harm}
            rows.append({**labels, "level": level_db, "method": method, **figures})
    return rows


def _harm(case: Case, output: Samples) -> dict[str, float]:
    clean = case.clean.samples
    change = (clean.astype(np.float64) - output)[0]
    taken = near_lines(case, change) / near_lines(case, clean[0].astype(np.float64))
    return {
        "harm": metrics.energy_removed_db(clean, output),
        "harm_at_lines": 10 * float(np.log10(taken)) if taken else -np.inf,
    }


def _measure(case: Case, tool: Method, without: Samples) -> dict[str, float]:
    worn = case.worn
    began = perf_counter()
    output = tool(worn, case.mains_hz)
    seconds = perf_counter() - began
    clean = case.clean.samples
    error = (output.astype(np.float64) - clean)[0]
    at_lines = near_lines(case, clean[0].astype(np.float64)) / max(near_lines(case, error), 1e-20)
    return {
        "attenuation": attenuation_db(case, output, without),
        "snr_at_lines": 10 * float(np.log10(at_lines)),
        "gain": metrics.snr(clean, output) - metrics.snr(clean, worn.samples),
        "real_time": worn.duration / max(seconds, 1e-9),
    }


def _summary(key: tuple[Any, ...], mine: Sequence[table.Row]) -> dict[str, Any]:
    level, method = key
    harm = [row["harm"] for row in mine]
    at_lines = [row["harm_at_lines"] for row in mine]
    return {
        "hum re music (dB)": level,
        "method": method,
        "attenuation (dB)": table.spread(mine, "attenuation"),
        "at the partials (dB)": table.spread(mine, "snr_at_lines"),
        "SNR gain (dB)": table.spread(mine, "gain"),
        "harm, median (dB)": float(np.median(harm)),
        "harm, worst (dB)": max(harm),
        "harm at the lines, median (dB)": float(np.median(at_lines)),
        "× real time": (
            "" if method == "input" else round(float(np.median([row["real_time"] for row in mine])))
        ),
    }


def _untouched(audio: Audio, mains_hz: float) -> Samples:
    return audio.samples


def _tonearm(audio: Audio, mains_hz: float) -> Samples:
    return run_stage("dehum", audio)


def _notches(audio: Audio, mains_hz: float) -> Samples:
    for number in range(1, _NOTCH_HARMONICS + 1):
        options = f"f={number * mains_hz:g}:width_type=h:w={_NOTCH_WIDTH_HZ:g}:precision=f64"
        audio = ffmpeg.apply(audio, "bandreject", options)
    return audio.samples


Method = Callable[[Audio, float], Samples]

METHODS: Mapping[str, Method] = {
    "input": _untouched,
    "tonearm dehum": _tonearm,
    "notch cascade *": _notches,
}
