"""Set accompaniments to tunes, in the textures of piano music, so that the tune is known.

Chords come from the tune itself: in each span the triad of the key that holds most of what is sung.
What is made is no music to listen to; it has the registers, rhythms and overlaps that a network
must look through to find the tune: Alberti basses, oom-pah, stride, arpeggios that cross the tune,
hymns, tunes in octaves, and tunes in the middle with figures above them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

INNER, MELODY, BASS = 0, 1, 2
"""Labels, in the order of `toolkit.models.voice_tagger.VOICES`."""

Row = tuple[float, float, int, float, int]
"""Onset and duration in beats, pitch, velocity, label."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Hold what a texture is drawn for: one chord and the tune over it.

    Parameters
    ----------
    rng : np.random.Generator
        Draws figures.
    chord : list of int
        Pitch classes, root first.
    at, span : float
        Where the chord lies, in beats.
    low : int
        About where the accompaniment begins.
    center : float
        Median pitch of the tune.
    sung : list of Row
        The notes of the tune that begin over the chord.
    """

    rng: np.random.Generator
    chord: list[int]
    at: float
    span: float
    low: int
    center: float
    sung: list[Row]


_MAJOR = ((0, (0, 4, 7)), (5, (0, 4, 7)), (7, (0, 4, 7)), (9, (0, 3, 7)), (2, (0, 3, 7)),
          (4, (0, 3, 7)), (7, (0, 4, 7, 10)))  # fmt: skip
_SCALE = np.array([5, 0.5, 3.5, 0.5, 4, 4, 0.5, 4.5, 0.5, 3.5, 0.5, 3])
_LOW, _HIGH = 24, 100


def accompanied(rng: np.random.Generator, tune: list[Row], bar: float) -> list[Row]:
    """Return a tune with an accompaniment around it.

    Parameters
    ----------
    rng : np.random.Generator
        Draws texture, registers and figures; textures change now and then.
    tune : list of Row
        One note at a time, ascending.
    bar : float
        Beats of a bar.
    """
    tonic = _tonic(tune)
    table = np.array(tune, float)
    span = bar if rng.random() < 0.4 else bar / 2 if bar % 2 == 0 else bar
    end = max(onset + duration for onset, duration, *_ in tune)
    rows = list(tune)
    center = float(np.median([row[2] for row in tune]))
    texture = TEXTURES[int(rng.integers(len(TEXTURES)))]
    low = _left_hand(rng, center)
    start = np.floor(tune[0][0] / span) * span
    for number, at in enumerate(np.arange(start, end, span)):
        if number % 16 == 15 and rng.random() < 0.5:
            texture = TEXTURES[int(rng.integers(len(TEXTURES)))]
            low = _left_hand(rng, center)
        chord = _chord(table, tonic, float(at), span)
        sung = [row for row in tune if at <= row[0] < at + span]
        rows += [
            row
            for row in texture(Scene(rng, chord, float(at), span, low, center, sung))
            if _LOW <= row[2] <= _HIGH
        ]
    return _without_collisions(rows)


def _left_hand(rng: np.random.Generator, center: float) -> int:
    return max(int(center) - int(rng.integers(14, 36)), 30)


def _tonic(tune: list[Row]) -> int:
    weights = np.zeros(12)
    for _, duration, pitch, _, _ in tune:
        weights[pitch % 12] += duration
    return int(np.argmax([np.roll(_SCALE, tonic) @ weights for tonic in range(12)]))


def _chord(tune: npt.NDArray[np.float64], tonic: int, at: float, span: float) -> list[int]:
    """Return the pitch classes of the chord, root first."""
    begin, end = tune[:, 0], tune[:, 0] + tune[:, 1]
    held = np.maximum(np.minimum(end, at + span) - np.maximum(begin, at), 0.0)
    heard = np.bincount(tune[:, 2].astype(int) % 12, held, 12)
    scores = []
    for rank, (root, tones) in enumerate(_MAJOR):
        names = [(tonic + root + tone) % 12 for tone in tones]
        scores.append(heard[names].sum() - 0.02 * span * rank)
    root, tones = _MAJOR[int(np.argmax(scores))]
    return [(tonic + root + tone) % 12 for tone in tones]


def _above(name: int, floor: float) -> int:
    """Return the lowest pitch of a pitch class from a floor on."""
    base = int(np.ceil(floor))
    return base + (name - base) % 12


def _close(chord: list[int], floor: float) -> list[int]:
    """Return the chord's tones in close position from a floor on, ascending."""
    return sorted(_above(name, floor) for name in chord)


def _alberti(scene: Scene) -> list[Row]:
    tones = _close(scene.chord[:3], scene.low)
    step = 0.25 if scene.rng.random() < 0.3 else 0.5
    order = (0, 2, 1, 2) if scene.rng.random() < 0.8 else (0, 1, 2, 1)
    return [
        (scene.at + k * step, step, tones[order[k % 4]], 0.5, BASS if k % 4 == 0 else INNER)
        for k in range(round(scene.span / step))
    ]


def _oom_pah(scene: Scene) -> list[Row]:
    root = _above(scene.chord[0], scene.low - 8)
    upper = _close(scene.chord, scene.low + 7)
    rows = []
    for k in range(max(round(scene.span), 1)):
        if k == 0 or (k % 2 == 0 and scene.span != 3):
            rows.append((scene.at + k, 0.9, root if k % 4 == 0 else root + 7, 0.6, BASS))
        else:
            rows += [(scene.at + k, 0.5, tone, 0.5, INNER) for tone in upper]
    return rows


def _stride(scene: Scene) -> list[Row]:
    rows = _oom_pah(scene)
    return rows + [
        (onset, length, pitch + 12, 0.5, INNER)
        for onset, length, pitch, _, label in rows
        if label == BASS
    ]


def _blocks(scene: Scene) -> list[Row]:
    tones = [_above(scene.chord[0], scene.low - 6), *_close(scene.chord, scene.low + 4)]
    step = scene.span if scene.rng.random() < 0.5 else 1.0
    return [
        (scene.at + k * step, step, tone, 0.5, BASS if index == 0 else INNER)
        for k in range(max(round(scene.span / step), 1))
        for index, tone in enumerate(tones)
    ]


def _arpeggios(scene: Scene) -> list[Row]:
    # Wide ones rise through the register of the tune and cross it.
    step = float(scene.rng.choice([0.25, 1 / 3, 0.5]))
    base = _close(scene.chord[:3], scene.low - 5)
    tones = [tone + 12 * octave for octave in range(4) for tone in base]
    top = int(scene.rng.integers(5, 11))
    wave = [*range(top), *range(top - 2, 0, -1)]
    return [
        (
            scene.at + k * step,
            step * 1.5,
            tones[wave[k % len(wave)]],
            0.5,
            BASS if k == 0 else INNER,
        )
        for k in range(round(scene.span / step))
    ]


def _repeated(scene: Scene) -> list[Row]:
    step = 0.5 if scene.rng.random() < 0.6 else 1 / 3
    tones = _close(scene.chord, scene.center - int(scene.rng.integers(8, 16)))
    rows = [(scene.at, scene.span, _above(scene.chord[0], scene.low - 8), 0.6, BASS)]
    return rows + [
        (scene.at + k * step, step, tone, 0.45, INNER)
        for k in range(round(scene.span / step))
        for tone in tones
    ]


def _hymn(scene: Scene) -> list[Row]:
    rows = []
    for onset, length, pitch, velocity, _ in scene.sung:
        below = [tone for tone in _close(scene.chord, pitch - 12) if tone < pitch - 2][-2:]
        rows += [(onset, length, tone, velocity - 0.1, INNER) for tone in below]
        bass = _above(scene.chord[int(scene.rng.integers(2))], scene.low)
        rows.append((onset, length, bass, velocity - 0.1, BASS))
    return rows


def _octaves(scene: Scene) -> list[Row]:
    # The upper note of an octave is the tune's.
    rows = [
        (onset, length, pitch - 12, velocity, INNER)
        for onset, length, pitch, velocity, _ in scene.sung
    ]
    return rows + _blocks(replace(scene, low=min(scene.low, 40)))


def _thirds(scene: Scene) -> list[Row]:
    away = int(scene.rng.choice([3, 4, 8, 9]))
    rows = [
        (onset, length, pitch - away, velocity - 0.05, INNER)
        for onset, length, pitch, velocity, _ in scene.sung
    ]
    return rows + _alberti(scene)


def _figures_above(scene: Scene) -> list[Row]:
    step = float(scene.rng.choice([0.25, 1 / 3, 0.5]))
    top = max((row[2] for row in scene.sung), default=scene.center)
    tones = _close(scene.chord[:3], top + int(scene.rng.integers(2, 9)))
    order = scene.rng.permutation(len(tones))
    rows = [(scene.at, scene.span, _above(scene.chord[0], scene.low - 6), 0.55, BASS)]
    return rows + [
        (scene.at + k * step, step, tones[order[k % len(tones)]], 0.4, INNER)
        for k in range(round(scene.span / step))
    ]


def _alone(scene: Scene) -> list[Row]:
    return [(scene.at, scene.span * 0.9, _above(scene.chord[0], scene.low - 4), 0.5, BASS)]


Texture = Callable[[Scene], list[Row]]
TEXTURES: tuple[Texture, ...] = (
    _alberti, _oom_pah, _stride, _blocks, _arpeggios, _repeated, _hymn, _octaves, _thirds,
    _figures_above, _alone, _alberti, _arpeggios,
)  # fmt: skip
"""Each returns the rows of one chord; those that are the commonest stand twice."""


def _without_collisions(rows: list[Row]) -> list[Row]:
    """Drop what would strike a key that the tune strikes at the same time."""
    struck = {(round(onset * 24), pitch) for onset, _, pitch, _, label in rows if label == MELODY}
    kept = [row for row in rows if row[4] == MELODY or (round(row[0] * 24), row[2]) not in struck]
    return sorted(kept)
