"""Hold the rhythms of accompaniment: idiomatic bars, densities and habits, style by style.

The bars are those of teaching books: the Charleston and its displacements, Red Garland's off-beats
(M. Levine, "The Jazz Piano Book", 1989), partido alto (N. Faria, "The Brazilian Guitar
Book", 1995).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Idiom:
    """Hold a way to accompany.

    Parameters
    ----------
    bars : dict[int, tuple[tuple[float, ...], ...]]
        By the number of beats of a bar: onsets in beats, of idiomatic bars.
    weights : tuple[float, float, float]
        How likely a drawn bar strikes on a strong beat, on another beat and between beats.
    density : tuple[float, float]
        Strokes a beat at energy 0 and 1.
    short : float
        Share of strokes that are cut off at once.
    anticipation : float
        How likely a stroke just before a chord belongs to it.
    steady : float
        Reward of repeating what was played two bars before, as a groove does; below 0 to avoid it.
    room : float
        How much strokes seek the tune's rests.
    """

    bars: dict[int, tuple[tuple[float, ...], ...]]
    weights: tuple[float, float, float]
    density: tuple[float, float]
    short: float = 0.5
    anticipation: float = 0.85
    steady: float = -0.7
    room: float = 0.5


SWING = Idiom(
    bars={
        4: (
            (0.0, 1.5),
            (0.0, 1.5),
            (0.0, 3.5),
            (1.5, 3.5),
            (0.5, 2.0),
            (1.5,),
            (0.0, 2.5),
            (1.0, 2.5),
            (0.5, 2.5),
            (1.0, 3.5),
            (0.0, 1.5, 3.0),
            (1.5, 2.5),
            (2.5,),
            (0.0,),
            (3.5,),
            (1.0, 3.0),
            (0.5, 1.5, 3.5),
            (0.0, 1.5, 3.5),
            (1.5, 3.0),
            (2.0, 3.5),
            (0.5, 2.0, 3.5),
            (0.0, 1.5, 2.5),
            (0.0, 1.5, 2.5, 3.5),
        ),
        3: (
            (0.0, 1.5),
            (1.0, 2.0),
            (0.5, 2.0),
            (1.5,),
            (0.0, 2.5),
            (1.0,),
            (0.5, 1.5, 2.5),
            (1.5, 2.5),
            (0.0, 1.5, 2.5),
            (2.5,),
        ),
        5: ((0.0, 1.5, 3.0), (0.0, 2.5), (1.5, 3.5), (0.0, 1.5, 3.5), (1.5, 3.0, 4.5)),
        2: ((0.0,), (0.5,), (1.5,), (0.0, 1.5), (0.5, 1.5)),
    },
    weights=(0.45, 0.22, 0.3),
    density=(0.3, 0.75),
    short=0.6,
)
"""Short syncopated strokes."""

BALLAD = Idiom(
    bars={
        4: ((0.0,), (0.0, 2.0), (0.0, 2.5), (0.0, 1.5), (0.5,), (0.0, 3.0), (0.0, 3.5), (1.0,)),
        3: ((0.0,), (0.0, 2.0), (1.0,), (0.0, 1.5), (0.5,), (0.0, 2.5)),
    },
    weights=(0.6, 0.2, 0.12),
    density=(0.25, 0.5),
    short=0.05,
    anticipation=0.6,
)
"""Held chords."""

BOSSA = Idiom(
    bars={
        4: (
            (0.0, 1.0, 2.5),
            (0.0, 1.5, 3.0),
            (0.0, 1.5, 2.5),
            (0.5, 1.5, 3.0),
            (0.0, 1.0, 2.5, 3.5),
            (1.0, 2.0, 3.5),
            (0.5, 2.0, 3.5),
            (0.0, 1.5, 3.5),
            (1.0, 2.5, 3.5),
        ),
        2: ((0.0, 0.5), (0.0, 1.5), (0.5, 1.5)),
        3: ((0.0, 1.5), (0.0, 1.0, 2.5), (0.5, 1.5), (0.0, 1.5, 2.5), (1.0, 2.5)),
    },
    weights=(0.4, 0.3, 0.45),
    density=(0.55, 0.85),
    short=0.35,
    anticipation=0.95,
    steady=0.9,
    room=0.25,
)
"""Even eighths that anticipate; two bars answer each other."""

SHUFFLE = Idiom(
    bars={
        4: (
            (1.0, 3.0),
            (1.0, 2.5),
            (0.5, 1.5, 2.5, 3.5),
            (1.0, 3.0, 3.5),
            (0.0, 1.5),
            (1.5, 3.5),
            (1.0, 1.5, 3.0),
            (0.0, 0.5, 1.5),
            (0.5, 1.0, 2.5, 3.0),
            (0.0, 1.5, 2.5),
        ),
        3: ((1.0, 2.0), (0.5, 1.5, 2.5), (1.0, 2.5), (1.5, 2.0), (0.0, 1.5)),
    },
    weights=(0.15, 0.5, 0.35),
    density=(0.45, 0.85),
    short=0.65,
    steady=0.3,
)
"""Stabs on the backbeat, riffs that return."""

LOFI = Idiom(
    bars={
        4: (
            (0.0, 2.5),
            (0.0, 3.5),
            (0.0,),
            (0.0, 1.5),
            (0.0, 2.0, 3.5),
            (0.0, 1.5, 2.5),
            (0.5, 2.5),
        ),
        3: ((0.0,), (0.0, 2.5), (0.0, 1.5), (0.0, 2.0)),
    },
    weights=(0.55, 0.12, 0.25),
    density=(0.3, 0.6),
    short=0.12,
    steady=0.6,
    room=0.3,
)
"""Held chords, now and then a late or an early one."""

GOSPEL = Idiom(
    bars={
        4: (
            (0.0, 1.0, 2.0, 3.0),
            (0.0, 1.5, 3.0),
            (0.0, 2.0, 3.0),
            (0.0, 1.0, 2.5, 3.0),
            (0.0, 2.0),
        ),
        3: ((0.0, 1.0, 2.0), (0.0, 2.0), (0.0, 1.5, 2.0), (0.0, 1.0)),
    },
    weights=(0.75, 0.5, 0.25),
    density=(0.5, 0.95),
    short=0.1,
    steady=0.1,
)
"""Chords on the beats, and pushes."""

IDIOMS = {
    "swing": SWING, "ballad": BALLAD, "bossa": BOSSA, "shuffle": SHUFFLE, "lofi": LOFI,
    "gospel": GOSPEL,
}  # fmt: skip
"""By the name that a seat's option ``feel`` gives."""
