"""Compute drum sets: membranes that sink in pitch, rattling wires, and metal of many partials."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, lfilter

from toolkit.training.kits import kind_of_pitch, level
from toolkit.training.sampler import SAMPLE_RATE, Instrument, Tone
from toolkit.values import Note

_LONGEST = 2.5

Stroke = Callable[[np.random.Generator], np.ndarray]


def instrument(rng: np.random.Generator) -> Instrument:
    """Return a new drum set; strokes of one kind sound alike, as those of drum machines do."""
    seed = int(rng.integers(2**31))
    tones: dict[str, Tone] = {}

    def tone(note: Note) -> Tone | None:
        kind = kind_of_pitch(note.pitch)
        if kind is None:
            return None
        if kind not in tones:
            own = np.random.default_rng([seed, sorted(_STROKES).index(kind)])
            sound = _STROKES[kind](own)
            sound *= level(own, kind) / np.abs(sound).max()
            tones[kind] = Tone(np.asarray(sound, np.float32))
        return tones[kind]

    return tone


def _membrane(lowest: float, highest: float) -> Stroke:
    """Return a drum whose pitch falls from its attack: a sine, its overtones, a click of the stick.

    Modes of a circular membrane lie at 1, 1.59, 2.14, 2.30, 2.65, 2.92 times the lowest.
    """

    def stroke(rng: np.random.Generator) -> np.ndarray:
        time = _time()
        frequency = float(np.exp(rng.uniform(np.log(lowest), np.log(highest))))
        fall = float(rng.uniform(0.3, 3.0)) * np.exp(-time * float(rng.uniform(15, 60)))
        phase = 2 * np.pi * np.cumsum(frequency * (1 + fall)) / SAMPLE_RATE
        decay = float(rng.uniform(4, 18))
        sound = np.zeros(len(time))
        for mode in (1, 1.59, 2.14, 2.30, 2.65, 2.92):
            amount = 1.0 if mode == 1 else float(rng.uniform(0, 0.3))
            sound += amount * np.sin(mode * phase) * np.exp(-decay * mode * time)
        click = rng.standard_normal(len(time)) * np.exp(-time * float(rng.uniform(150, 600)))
        return sound + float(rng.uniform(0, 0.6)) * click

    return stroke


def _snare(rng: np.random.Generator) -> np.ndarray:
    """Return a membrane with wires: noise that outlasts it."""
    time = _time()
    low = float(rng.uniform(800, 3000))
    wires = _band(rng.standard_normal(len(time)), low, float(rng.uniform(6000, 10500)))
    wires *= np.exp(-time * float(rng.uniform(9, 30))) / np.sqrt(np.mean(wires**2))
    membrane = _membrane(140, 330)(rng)
    return float(rng.uniform(0.2, 1.0)) * membrane + float(rng.uniform(0.1, 0.5)) * wires


def _metal(shortest: float, longest: float) -> Stroke:
    """Return a cymbal or a hat: dozens of partials without order, and noise."""

    def stroke(rng: np.random.Generator) -> np.ndarray:
        time = _time()
        low = float(rng.uniform(250, 2500))
        partials = low * 2 ** rng.uniform(0, 4.5, int(rng.integers(8, 40)))
        sound = np.zeros(len(time))
        for frequency in partials[partials < 10500]:
            rise = np.minimum(time / float(rng.uniform(0.0005, 0.02)), 1)
            tone = np.sin(2 * np.pi * frequency * time + rng.uniform(0, 6.3))
            sound += rise * tone * float(rng.uniform(0.2, 1)) * np.exp(-time * rng.uniform(0.3, 2))
        hiss = _band(rng.standard_normal(len(time)), float(rng.uniform(2500, 7000)), 10500)
        sound = sound / max(float(np.abs(sound).max()), 1e-6)
        sound += float(rng.uniform(0.3, 3.0)) * hiss / np.abs(hiss).max()
        seconds = float(np.exp(rng.uniform(np.log(shortest), np.log(longest))))
        return sound * 10 ** (-3 * time / seconds)

    return stroke


def _clap(rng: np.random.Generator) -> np.ndarray:
    """Return a few bursts of noise in quick succession, the last with a tail."""
    time = _time()
    noise = _band(rng.standard_normal(len(time)), float(rng.uniform(500, 1000)), 5000)
    level = np.zeros(len(time))
    for late in np.cumsum(rng.uniform(0.006, 0.014, int(rng.integers(1, 5)))):
        level = np.where(time >= late, np.exp(-np.maximum(time - late, 0) * 120), level)
    return noise * (level + 0.4 * np.exp(-time * float(rng.uniform(12, 40))))


def _shaken(rng: np.random.Generator) -> np.ndarray:
    time = _time()
    noise = _band(rng.standard_normal(len(time)), float(rng.uniform(2000, 6000)), 10500)
    rise = np.minimum(time / float(rng.uniform(0.001, 0.03)), 1)
    return noise * rise * np.exp(-time * float(rng.uniform(15, 60)))


def _band(noise: np.ndarray, low: float, high: float) -> np.ndarray:
    numerator, denominator = butter(2, [low, high], "bandpass", fs=SAMPLE_RATE)
    return np.asarray(lfilter(numerator, denominator, noise))


def _time() -> np.ndarray:
    return np.arange(round(_LONGEST * SAMPLE_RATE)) / SAMPLE_RATE


_STROKES: dict[str, Stroke] = {
    "kick": _membrane(38, 75),
    "low": _membrane(65, 110),
    "middle": _membrane(95, 160),
    "high": _membrane(130, 240),
    "conga": _membrane(160, 420),
    "stick": _membrane(400, 1800),
    "snare": _snare,
    "clap": _clap,
    "closed": _metal(0.04, 0.2),
    "pedal": _metal(0.05, 0.2),
    "open": _metal(0.3, 1.2),
    "ride": _metal(0.6, 2.4),
    "crash": _metal(0.8, 2.4),
    "cowbell": _membrane(450, 900),
    "shaker": _shaken,
}
