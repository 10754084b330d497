"""Draw random chord charts and melodies over them: something for a band to play."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.io.pitch_names import PITCH_CLASSES
from toolkit.values import Note

TONES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "M7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7b9": (0, 4, 7, 10, 13),
    "sus4": (0, 5, 7),
}
"""Semitones above the root of the chord qualities that are drawn, by MMA's spelling."""

_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
# Four bars each: (semitones of the root above the tonic, quality).
_MAJOR_PHRASES = (
    ((0, ""), (9, "m"), (5, ""), (7, "7")),
    ((0, "M7"), (9, "m7"), (2, "m7"), (7, "7")),
    ((0, ""), (0, "7"), (5, ""), (7, "7")),
    ((2, "m7"), (7, "7"), (0, "M7"), (0, "6")),
    ((0, ""), (7, ""), (9, "m"), (5, "")),
    ((5, ""), (5, "m6"), (0, ""), (9, "7")),
    ((2, "7"), (2, "7"), (7, "7"), (7, "7")),
    ((0, "7"), (5, "7"), (0, "7"), (7, "7")),
    ((4, "m7"), (9, "7b9"), (2, "m7"), (7, "7")),
    ((0, "6"), (1, "dim7"), (2, "m7"), (7, "7")),
    ((0, ""), (10, ""), (5, ""), (0, "")),
    ((5, "M7"), (4, "m7"), (2, "m7"), (7, "sus4")),
)
_MINOR_PHRASES = (
    ((0, "m"), (8, ""), (3, ""), (10, "")),
    ((0, "m"), (5, "m"), (7, "7"), (0, "m")),
    ((2, "m7b5"), (7, "7b9"), (0, "m7"), (0, "m6")),
    ((0, "m"), (10, ""), (8, ""), (7, "7")),
    ((5, "m7"), (10, "7"), (3, "M7"), (8, "M7")),
    ((0, "m7"), (5, "7"), (0, "m7"), (7, "7")),
)
# Onsets of a bar of four in quarters.
_RHYTHMS = (
    (0, 1, 2, 3),
    (0, 1, 2),
    (0, 2),
    (0,),
    (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5),
    (0, 1.5, 2, 3.5),
    (0.5, 1, 2.5, 3),
    (0, 2 / 3, 1, 5 / 3, 2, 3),
    (1, 2, 3),
    (0, 0.75, 1.5, 2.25, 3),
    (0, 0.25, 0.5, 0.75, 1, 2, 2.5),
)


@dataclass(frozen=True)
class Chart:
    """Hold chords, one a bar, as (pitch class of the root, quality), and the scale below them."""

    chords: tuple[tuple[int, str], ...]
    scale: tuple[int, ...]

    @property
    def spelled(self) -> list[str]:
        """Return the chords as MMA writes them."""
        return [PITCH_CLASSES[root] + quality for root, quality in self.chords]


def chart(rng: np.random.Generator, bars: int) -> Chart:
    """Return a random chart of whole phrases of four bars, in any key."""
    minor = rng.random() < 0.35
    phrases = _MINOR_PHRASES if minor else _MAJOR_PHRASES
    tonic = int(rng.integers(12))
    drawn = [phrases[int(rng.integers(len(phrases)))] for _ in range(-(-bars // 4))]
    chords = [((tonic + degree) % 12, quality) for phrase in drawn for degree, quality in phrase]
    scale = tuple(sorted((tonic + step) % 12 for step in (_MINOR if minor else _MAJOR)))
    return Chart(tuple(chords[:bars]), scale)


def melody(
    rng: np.random.Generator,
    over: Chart,
    *,
    bar_seconds: float,
    program: int,
    center: int = 69,
    beats: int = 4,
) -> list[Note]:
    """Return a line: chord tones on the beat, steps of the scale between, with rests."""
    notes: list[Note] = []
    pitch = center
    for bar, (root, quality) in enumerate(over.chords):
        if rng.random() < 0.2:
            continue
        rhythm = [at for at in _RHYTHMS[int(rng.integers(len(_RHYTHMS)))] if at < beats]
        tones = {(root + tone) % 12 for tone in TONES[quality]}
        for at, end in zip(rhythm, [*rhythm[1:], beats], strict=True):
            allowed = tones if at == int(at) else set(over.scale) | tones
            aim = float(np.clip(pitch + rng.normal(0, 3.5), center - 12, center + 12))
            near = [p for p in range(center - 14, center + 15) if p % 12 in allowed]
            pitch = min(near, key=lambda p: abs(p - aim))
            onset = (bar + at / beats) * bar_seconds + max(float(rng.normal(0, 0.012)), 0)
            length = (end - at) / beats * bar_seconds * float(rng.uniform(0.5, 1.0))
            velocity = float(np.clip(rng.normal(0.72, 0.12), 0.2, 1.0))
            notes.append(Note(onset, onset + max(length, 0.05), pitch, velocity, program))
    return notes
