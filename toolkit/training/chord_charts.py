"""Play charts by rule, so that music has known chords in keys and qualities that songs lack.

Each section of eight bars gets a texture: held chords, broken ones, a stride of bass and chords,
or a walking bass under shells; with a tune of chord tones and of neighbors, or without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.harmony.changes import Change, Changes
from toolkit.training.chord_material import Lesson, rng_of
from toolkit.values import Note, Notes

TEXTURES = ("held", "broken", "stride", "walking", "strummed")

_TEMPI = (60.0, 160.0)
_INVERTED = 0.2
_WITHOUT_FIFTH = 0.25
_NINTH = 0.15
_SECTION_BEATS = 32
_MOST_BEATS = 192.0
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
_BEGIN = 0.4


@dataclass(frozen=True)
class _Section:
    """Hold how a section is played."""

    texture: str
    middle: int
    low: int
    tune: int
    force: float


def play(chart: Changes) -> Lesson:
    """Return a chart as it is played, the same each time; its key is moved by chance."""
    rng = rng_of("chart " + chart.title)
    higher, beat = int(rng.integers(12)), 60 / float(rng.uniform(*_TEMPI))
    scale = [(chart.tonic + higher + step) % 12 for step in (_MINOR if chart.minor else _MAJOR)]
    played: list[tuple[float, float, int, float]] = []
    spans = []
    section, before = _drawn(rng), 0.0
    for number, change in enumerate(chart.chords):
        if change.onset >= _MOST_BEATS:
            break
        if number and (change.opens or change.onset // _SECTION_BEATS > before // _SECTION_BEATS):
            section = _drawn(rng)
        before = change.onset
        chord = _bassed(change.chord.transposed(higher), rng)
        played += _accompanied(change, chord, section, rng)
        if section.tune:
            played += _tune(change, chord, scale, section, rng)
        spans.append(
            (change.onset * beat + _BEGIN, (change.onset + change.duration) * beat + _BEGIN,
             chord.harte)
        )  # fmt: skip
    notes = []
    for onset, length, pitch, force in played:
        at = max(onset * beat + _BEGIN + 0.01 * float(rng.standard_normal()), 0.0)
        notes.append(Note(at, at + max(length * beat - 0.02, 0.05), pitch, force))
    end = spans[-1][1]
    beats = np.arange(_BEGIN, end - 0.01, beat)
    return Lesson(
        chart.title,
        "charts",
        Notes(tuple(notes)),
        beats,
        beats[:: chart.beats],
        tuple(spans),
        ((chart.tonic + higher) % 12, chart.minor),
    )


def _drawn(rng: np.random.Generator) -> _Section:
    return _Section(
        str(rng.choice(TEXTURES)),
        int(rng.integers(55, 66)),
        int(rng.integers(33, 44)),
        int(rng.choice([0, 68, 72, 76])),
        float(rng.uniform(0.5, 0.8)),
    )


def _bassed(chord: Chord, rng: np.random.Generator) -> Chord:
    """Return a chord with the bass that is played."""
    if chord.bass is not None or rng.random() >= _INVERTED:
        return chord
    above = (chord.root + int(rng.choice(QUALITIES[chord.quality][1:]))) % 12
    return Chord(chord.root, chord.quality, chord.tensions, above)


def _accompanied(
    change: Change, chord: Chord, section: _Section, rng: np.random.Generator
) -> list[tuple[float, float, int, float]]:
    """Return bass and chord as (onset, duration, pitch, velocity) in beats."""
    name = chord.root if chord.bass is None else chord.bass
    low = section.low + (name - section.low) % 12
    upper = _voiced(chord, section, rng)
    begin, length, force = change.onset, change.duration, section.force
    if section.texture == "held":
        held = [(begin, length, pitch, force - 0.1) for pitch in upper]
        return [(begin, length, low, force), *held]
    found: list[tuple[float, float, int, float]] = []
    for place in range(int(np.ceil(2 * length))):
        left = length - place / 2
        struck = _struck(place, left, low, upper, chord, section, rng)
        found += [(begin + place / 2, lasts, pitch, loud) for lasts, pitch, loud in struck]
    return found


def _struck(
    place: int,
    left: float,
    low: int,
    upper: list[int],
    chord: Chord,
    section: _Section,
    rng: np.random.Generator,
) -> Iterator[tuple[float, int, float]]:
    """Yield what is struck on a half beat of a chord as (duration, pitch, velocity).

    Parameters
    ----------
    place : int
        Half beats since the chord began.
    left : float
        Beats until it ends.
    low, upper
        Pitches of its bass and of its voices.
    """
    force, beat = section.force, min(left, 1.0)
    if section.texture == "broken":
        figure = [*upper, *upper[-2:0:-1]]
        yield 0.5, figure[place % len(figure)], force - 0.1
        if place % 4 == 0:
            yield min(left, 2.0), low, force
    elif section.texture == "strummed":
        if place % 4 == 0:
            yield 2 * beat, low, force
        if place % 2 == 0 or rng.random() < 0.4:
            yield from ((0.5, pitch, force - 0.15) for pitch in upper)
    elif place % 2 == 0 and section.texture == "stride":
        # A fifth in the bass is none where the chord's is another.
        fifth = 7 * (place % 8 != 0 and 7 in QUALITIES[chord.quality])
        pitches = [low + fifth] if place % 4 == 0 else upper
        yield from ((beat, pitch, force) for pitch in pitches)
    elif place % 2 == 0:
        tones = [section.low + (tone - section.low) % 12 for tone in chord.pitch_classes]
        step = low if place == 0 else int(rng.choice(tones)) + int(rng.choice([0, 0, 0, 1, -1]))
        yield beat, step, force
        if place % 4 == 0:
            yield from ((1.5 * beat, pitch, force - 0.1) for pitch in upper)


def _voiced(chord: Chord, section: _Section, rng: np.random.Generator) -> list[int]:
    steps = list(QUALITIES[chord.quality])
    if len(steps) > 3 and rng.random() < _WITHOUT_FIFTH:
        steps.remove(steps[2])
    if section.texture == "walking" and len(steps) > 3:
        steps = steps[1:]
    if rng.random() < _NINTH and steps[1] - steps[0] != 3:
        steps.append(14)
    names = [(chord.root + step) % 12 for step in steps]
    return sorted(section.middle - 6 + (name - section.middle + 6) % 12 for name in names)


def _tune(
    change: Change, chord: Chord, scale: list[int], section: _Section, rng: np.random.Generator
) -> list[tuple[float, float, int, float]]:
    """Return a tune over a chord: its tones on beats, more often than not, others between."""
    found, at = [], 0.0
    while at < change.duration - 1e-6:
        length = min(float(rng.choice([0.5, 0.5, 1.0, 1.0, 2.0])), change.duration - at)
        inside = rng.random() < (0.75 if at == int(at) else 0.4)
        name = int(rng.choice(chord.pitch_classes if inside else scale))
        if rng.random() < 0.85:
            pitch = section.tune + (name - section.tune) % 12
            found.append((change.onset + at, length, pitch, min(section.force + 0.1, 1.0)))
        at += length
    return found
