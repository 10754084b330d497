"""Write random music: every texture in which notes meet, for any preset, in no style at all.

A transcriber learns most quickly from notes that nothing but the sound foretells. Layers of voices,
chords, figures, repeated and scattered notes are drawn at random tempo, register and dynamics.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toolkit.training.presets import Preset
from toolkit.values import Note

_LENGTHS = (0.5, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 6.0)
_CHORDS: tuple[tuple[int, ...], ...] = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 4, 7, 10),
    (0, 3, 7, 10),
    (0, 5, 7),
    (0, 4, 7, 12),
    (0, 12),
)
_LAYERS = (0.4, 0.35, 0.25)
_SHORTEST = 0.05

Steps = list[tuple[float, float, int]]
"""Onset and length in seconds, and pitch, of each note of a layer."""


def invention(
    rng: np.random.Generator, presets: tuple[Preset, ...], seconds: float, *, most_layers: int = 3
) -> list[Note]:
    """Return random notes that begin within some seconds, each layer of another preset.

    Parameters
    ----------
    rng : np.random.Generator
        Decides everything.
    presets : tuple of Preset
        The instruments to choose from.
    seconds : float
        In which notes begin and end.
    most_layers : int
        1 to 3.
    """
    weights = np.array(_LAYERS[:most_layers])
    layers = 1 + int(rng.choice(len(weights), p=weights / weights.sum()))
    notes: list[Note] = []
    for _ in range(layers):
        preset = presets[int(rng.integers(len(presets)))]
        texture = _TEXTURES[int(rng.integers(len(_TEXTURES)))]
        center = int(rng.choice(preset.pitches))
        beat = float(np.exp(rng.uniform(np.log(0.12), np.log(0.7))))
        loudness = float(rng.uniform(0.3, 1.0))
        articulation = float(rng.choice([rng.uniform(0.3, 0.9), rng.uniform(0.95, 1.02)]))
        for onset, length, pitch in texture(rng, seconds, beat, center):
            velocity = float(np.clip(loudness + 0.1 * rng.normal(), 0.12, 1.0))
            end = min(onset + max(length * articulation, _SHORTEST), seconds)
            if preset.audible_seconds(pitch) > 0 and end - onset >= _SHORTEST:
                notes.append(Note(onset, end, pitch, velocity, preset.program))
    return notes


def _voices(rng: np.random.Generator, seconds: float, beat: float, center: int) -> Steps:
    """Return one to four voices that wander by steps and leaps."""
    steps: Steps = []
    for voice in range(int(rng.integers(1, 5))):
        time, pitch = float(rng.uniform(0, 4 * beat)), center + 7 * voice
        while time < seconds:
            length = beat * float(rng.choice(_LENGTHS))
            steps.append((time + _jitter(rng), length, int(np.clip(pitch, 21, 108))))
            time += length * float(rng.choice([1.0, 1.0, 1.0, 2.0]))
            leap = int(rng.choice([-1, 1])) * int(rng.choice([1, 2, 2, 3, 4, 5, 7, 12]))
            pitch += leap if abs(pitch + leap - center - 7 * voice) < 15 else -leap
    return steps


def _chords(rng: np.random.Generator, seconds: float, beat: float, center: int) -> Steps:
    """Return chords, some of them broken a little."""
    steps: Steps = []
    time = float(rng.uniform(0, 2 * beat))
    spread = float(rng.choice([0.0, 0.0, 0.02, 0.05]))
    while time < seconds:
        length = 2 * beat * float(rng.choice(_LENGTHS))
        root = center + int(rng.integers(-9, 10))
        shape = _CHORDS[int(rng.integers(len(_CHORDS)))]
        if rng.random() < 0.25:
            shape = tuple(rng.choice(25, int(rng.integers(2, 7)), replace=False))
        for place, above in enumerate(sorted(int(each) for each in shape)):
            pitch = int(np.clip(root + above, 21, 108))
            steps.append((time + place * spread + _jitter(rng), length, pitch))
        time += length
    return steps


def _figures(rng: np.random.Generator, seconds: float, beat: float, center: int) -> Steps:
    """Return scales and arpeggios of even, quick notes, some ringing on."""
    steps: Steps = []
    time, each = 0.0, max(0.6 * beat, 0.08)
    ring = float(rng.choice([1.0, 1.0, 3.0]))
    while time < seconds:
        shape = _CHORDS[int(rng.integers(len(_CHORDS)))]
        if rng.random() < 0.4:
            shape = (0, 2, 4, 5, 7, 9, 11, 12)
        root = center + int(rng.integers(-7, 8))
        order = shape if rng.random() < 0.5 else shape[::-1]
        for above in order:
            pitch = int(np.clip(root + above, 21, 108))
            steps.append((time + 0.3 * _jitter(rng), ring * each, pitch))
            time += each
    return steps


def _repeats(rng: np.random.Generator, seconds: float, beat: float, center: int) -> Steps:
    """Return notes struck again and again."""
    steps: Steps = []
    time, each = 0.0, max(beat, 0.09)
    while time < seconds:
        pitches = center + rng.choice(13, int(rng.integers(1, 4)), replace=False)
        for _ in range(int(rng.integers(2, 9))):
            for pitch in pitches:
                steps.append((time, 0.9 * each, int(np.clip(pitch, 21, 108))))
            time += each
    return steps


def _scattered(rng: np.random.Generator, seconds: float, beat: float, _center: int) -> Steps:
    """Return notes at any time and of any pitch."""
    count = rng.poisson(seconds / beat * float(rng.uniform(0.5, 2.0)))
    return [
        (
            float(rng.uniform(0, seconds)),
            beat * float(rng.choice(_LENGTHS)),
            int(rng.integers(21, 109)),
        )
        for _ in range(count)
    ]


def _jitter(rng: np.random.Generator) -> float:
    return float(rng.uniform(0, 0.015))


_TEXTURES: tuple[Callable[[np.random.Generator, float, float, int], Steps], ...] = (
    _voices,
    _voices,
    _chords,
    _chords,
    _figures,
    _repeats,
    _scattered,
)
