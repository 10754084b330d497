"""Make a drum part bar by bar: time, answers to the tune, fills, crashes on sections."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from toolkit.style.band.drum_cues import BarCue, bar_cues, fill_beats
from toolkit.style.band.drum_kit import (
    CRASH,
    HAT_FOOT,
    KICK,
    SNARE,
    TOM_FLOOR,
    TOM_HIGH,
    TOM_LOW,
    TOM_MID,
    Strokes,
    humanly,
)
from toolkit.style.band.form import held_from
from toolkit.style.band.playing import Played, Scene

Bar = Callable[[BarCue, Strokes, np.random.Generator], None]
Fill = Callable[[BarCue, int, Strokes, np.random.Generator], None]

_TRIES = 8
_ALIKE = 2

SWUNG_CELLS = ((0.0,), (0.0, 0.5), (0.0, 1 / 3, 2 / 3), (1 / 3, 2 / 3), (0.5,), (0.0, 2 / 3))
STRAIGHT_CELLS = ((0.0,), (0.0, 0.5), (0.0, 0.25, 0.5, 0.75), (0.0, 0.5, 0.75), (0.5,), (0.25, 0.5))
"""Rhythms of a beat, of which fills are made."""


def drum_part(
    scene: Scene,
    play_bar: Bar,
    *,
    fill: Fill | None = None,
    crash: int = CRASH,
    hands: int = 2,
    variant: Bar | None = None,
    force: float = 1.0,
) -> Played:
    """Return a drummer's part.

    Parameters
    ----------
    scene : Scene
        Of the drummer.
    play_bar : callable
        Plays a bar.
    fill : callable, optional
        Plays a bar's last beats, where a phrase ends.
    crash : int
        What a section begins with.
    hands : int
        How many drums that are no pedals sound at one time.
    variant : callable, optional
        Adds something to a bar that has come out like the two before it however often it was
        tried; a stroke of the snare unless given.
    force : float
        How hard sections begin, 1 for sticks.
    """
    strokes = Strokes(scene.sheet, scene.style)
    past: list[frozenset[tuple[int, int]]] = []
    opened = False
    for cue in bar_cues(scene):
        end = cue.offset
        own = _unlike(cue, play_bar, variant or _ghost, scene, past)
        length = fill_beats(cue, scene.sheet) if fill is not None else 0
        if fill is not None and length:
            own.clear(end - length, end, keep=frozenset({HAT_FOOT}))
            fill(cue, length, own, scene.rng)
        if opened:
            _open(cue, crash, own, scene.rng, force)
        opened = True
        past = [*past[-(_ALIKE - 1) :], own.pattern(cue.onset)]
        strokes.absorb(own)
    _end(scene, strokes, crash, force)
    return Played(strokes.tones(hands=hands))


def around_the_kit(cells: Sequence[tuple[float, ...]], *, loud: float = 0.42) -> Fill:
    """Return a fill that goes from the snare down the toms.

    Parameters
    ----------
    cells : sequence of tuple[float, ...]
        Rhythms of a beat.
    loud : float
        Velocity at no energy.
    """
    base = loud

    def fill(cue: BarCue, length: int, strokes: Strokes, rng: np.random.Generator) -> None:
        drums = (SNARE, TOM_HIGH, TOM_MID, TOM_LOW, TOM_FLOOR)
        loud = base + 0.3 * cue.energy
        last = -1
        path = np.sort(rng.random(length)) * (1.2 + 3.4 * cue.energy)
        for beat in range(length):
            choice = _cell(cells, cue.energy, last, rng)
            last = choice
            for place in cells[choice]:
                drum = drums[min(int(path[beat] + 0.6 * rng.random()), len(drums) - 1)]
                rise = 0.12 * (beat + place) / length
                position = cue.offset - length + beat + place
                strokes.add(position, drum, humanly(loud + rise, rng))
            if rng.random() < 0.3 + 0.4 * cue.energy:
                strokes.add(cue.offset - length + beat, KICK, humanly(loud - 0.1, rng))

    return fill


def answer(
    cue: BarCue, strokes: Strokes, rng: np.random.Generator, *, share: float, loud: float = 0.34
) -> None:
    """Let snare and bass drum speak where the tune rests, and stress its anticipations.

    Parameters
    ----------
    cue : BarCue
        Of the bar.
    strokes : Strokes
        Takes the result.
    rng : np.random.Generator
        The drummer's.
    share : float
        Probability of a stroke at each half beat of a gap, at full energy.
    loud : float
        Velocity.
    """
    for place in cue.accents:
        if rng.random() < 0.35 + 0.5 * cue.energy:
            drum = SNARE if rng.random() < 0.6 else KICK
            strokes.add(cue.onset + place, drum, humanly(loud + 0.16, rng))
    for half in range(2 * cue.beats):
        place = half / 2
        weight = 1.0 if half % 2 else 0.45  # between the beats is where a drummer speaks
        room = 1.0 if cue.in_gap(place) else 0.12
        if rng.random() < share * weight * room * (0.35 + 0.65 * cue.energy):
            drum = SNARE if rng.random() < 0.7 else KICK
            strokes.add(cue.onset + place, drum, humanly(loud, rng, 0.08))


def _cell(
    cells: Sequence[tuple[float, ...]], energy: float, last: int, rng: np.random.Generator
) -> int:
    """Return the index of a rhythm, of more strokes with energy, preferably another than before."""
    wanted = 1.0 + 2.4 * energy
    weights = np.array([np.exp(-abs(len(cell) - wanted)) for cell in cells])
    if last >= 0:
        weights[last] *= 0.4
    return int(rng.choice(len(cells), p=weights / weights.sum()))


def _unlike(
    cue: BarCue,
    play_bar: Bar,
    variant: Bar,
    scene: Scene,
    past: list[frozenset[tuple[int, int]]],
) -> Strokes:
    """Return a bar, played again if it is the same a third time, at last with something added."""
    for _ in range(_TRIES):
        strokes = Strokes(scene.sheet, scene.style)
        play_bar(cue, strokes, scene.rng)
        pattern = strokes.pattern(cue.onset)
        if len(past) < _ALIKE or any(pattern != bar for bar in past):
            return strokes
    variant(cue, strokes, scene.rng)
    return strokes


def _ghost(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    places = [half / 2 for half in range(1, 2 * cue.beats, 2)] or [0.0]
    place = places[int(rng.integers(len(places)))]
    strokes.add(cue.onset + place, SNARE, humanly(0.2, rng, 0.03))


def _open(
    cue: BarCue, crash: int, strokes: Strokes, rng: np.random.Generator, force: float
) -> None:
    """Begin a section with a crash, any other phrase with a lighter one when it is lively."""
    if cue.section_start:
        strokes.add(cue.onset, crash, humanly(force * (0.4 + 0.3 * cue.energy), rng))
        strokes.add(cue.onset, KICK, humanly(force * (0.45 + 0.2 * cue.energy), rng))
    elif cue.phrase_start and rng.random() < cue.energy - 0.3:
        strokes.add(cue.onset, crash, humanly(force * (0.35 + 0.2 * cue.energy), rng))


def _end(scene: Scene, strokes: Strokes, crash: int, force: float) -> None:
    """Strike the held last chord once."""
    held = held_from(scene.sheet)
    if held < scene.sheet.length:
        strokes.add(held, crash, 0.5 * force, length=scene.sheet.length - held)
        strokes.add(held, KICK, 0.55 * force)
