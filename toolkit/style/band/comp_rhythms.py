"""Decide when an accompanist strikes: bar by bar, against what the tune does.

Of a number of possible bars, idiomatic ones from a bank and freely drawn ones, one is drawn by how
well it suits the moment: as dense as the energy asks and as sparse as a busy tune allows, where the
tune rests, with every chord heard, and not what was played in the bars before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.style.band.comp_idioms import Idiom
from toolkit.style.band.form import held_from
from toolkit.style.band.playing import Scene
from toolkit.style.band.subdivision import placed
from toolkit.style.band.tune import Tune
from toolkit.style.lead_sheet import Bar, LeadSheet

_EPSILON = 1e-6
_CHOICES = 14
_CLOSE = 0.6
_TEMPERATURE = 0.45


@dataclass(frozen=True)
class Stroke:
    """Hold when to strike, for how long, how hard, and at which beat the chord stands."""

    onset: float
    duration: float
    velocity: float
    chord_beat: float


def strokes(scene: Scene, tune: Tune, idiom: Idiom) -> tuple[Stroke, ...]:
    """Return an accompaniment's rhythm over a whole sheet, ascending.

    Parameters
    ----------
    scene : Scene
        Its dice are used.
    tune : Tune
        To be answered.
    idiom : Idiom
        How.
    """
    bars: list[tuple[float, ...]] = []
    for bar in scene.sheet.bars:
        bars.append(_bar(scene, tune, idiom, bar, bars))
    held = last_chord(scene.sheet)
    onsets = [
        bar.onset + at
        for bar, each in zip(scene.sheet.bars, bars, strict=True)
        for at in each
        if bar.onset + at < min(held - 0.5, scene.sheet.length - 0.25) + _EPSILON
    ]
    belongs = [_belongs_to(scene, at, idiom) for at in onsets]
    keep = _without_doubles(onsets, belongs)
    found = [_stroke(scene, idiom, onsets, belongs, keep, index) for index in range(len(keep))]
    if held < scene.sheet.length:
        early = found and found[-1].chord_beat >= held - _EPSILON
        start = found.pop().onset if early else held
        found.append(Stroke(start, scene.sheet.length - start, 0.5, held))
    return tuple(found)


def last_chord(sheet: LeadSheet) -> float:
    """Return from which beat on the last chord is held, the sheet's end if it is not."""
    held = held_from(sheet)
    span = sheet.chord_at(held)
    if span is None or span.offset < sheet.length - _EPSILON:
        return sheet.length
    return held


def _bar(
    scene: Scene, tune: Tune, idiom: Idiom, bar: Bar, before: Sequence[tuple[float, ...]]
) -> tuple[float, ...]:
    """Return the onsets of a bar, in beats from its beginning."""
    rng, moment = scene.rng, _moment(scene, tune, bar)
    bank = [each for each in idiom.bars.get(bar.beats, ()) if each]
    pool = [bank[index] for index in rng.permutation(len(bank))[: _CHOICES // 2]]
    pool += [_drawn(scene, idiom, moment) for _ in range(_CHOICES - len(pool))]
    scores = np.array([_suits(idiom, moment, each, before) for each in pool])
    odds = np.exp((scores - scores.max()) / _TEMPERATURE)
    index = int(rng.choice(len(pool), p=odds / odds.sum()))
    chosen: tuple[float, ...] = pool[index]
    return chosen


@dataclass(frozen=True)
class _Moment:
    """Hold what matters for a bar's rhythm: its energy, its chords and where the tune is busy."""

    bar: Bar
    level: float
    busy: float
    chords: tuple[tuple[float, float], ...]
    rests: tuple[bool, ...]
    crowds: tuple[bool, ...]


def _moment(scene: Scene, tune: Tune, bar: Bar) -> _Moment:
    steps = [bar.onset + step / 2 for step in range(2 * bar.beats)]
    return _Moment(
        bar,
        scene.energy(bar.onset + bar.beats / 2),
        tune.busy(bar.onset, bar.offset),
        tuple(
            (span.onset, min(span.offset, bar.offset))
            for span in scene.sheet.chords
            if bar.onset - _EPSILON <= span.onset < bar.offset - _EPSILON
        ),
        tuple(tune.rests(at, at + 0.5) for at in steps),
        tuple(tune.busy(at - 0.5, at + 1.0) > 0.6 for at in steps),
    )


def _drawn(scene: Scene, idiom: Idiom, moment: _Moment) -> tuple[float, ...]:
    """Return a bar drawn stroke by stroke; what follows closely on a stroke is less likely."""
    strong, weak, between = idiom.weights
    beats, dice = moment.bar.beats, scene.rng.random(2 * moment.bar.beats)
    found: list[float] = []
    for step in range(2 * beats):
        at = step / 2
        likely = between if step % 2 else (strong if is_strong(at, beats) else weak)
        if found and at - found[-1] < _CLOSE:
            likely *= 0.25
        if dice[step] < likely * (0.5 + moment.level):
            found.append(at)
    return tuple(found) or (0.0,)


def is_strong(at: float, beats: int) -> bool:
    """Return whether a beat of a bar is a strong one: the first, and the middle of even bars."""
    return at == 0 or (beats >= 4 and beats % 2 == 0 and at == beats / 2)


def _suits(
    idiom: Idiom, moment: _Moment, pattern: tuple[float, ...], before: Sequence[tuple[float, ...]]
) -> float:
    """Return how well a bar's strokes suit it."""
    calm, lively = idiom.density
    wanted = moment.bar.beats * (calm + (lively - calm) * moment.level) * (1.2 - 0.6 * moment.busy)
    score = -0.7 * abs(len(pattern) - wanted)
    for at in pattern:
        step = round(2 * at)
        if moment.rests[step]:
            score += idiom.room
        elif moment.crowds[step]:
            score -= idiom.room / 2
    return score - _unheard(moment, pattern) + _memory(idiom, pattern, before)


def _memory(idiom: Idiom, pattern: tuple[float, ...], before: Sequence[tuple[float, ...]]) -> float:
    """Return how welcome a bar is after the bars before it."""
    score = 0.0
    if before and before[-1] == pattern:
        score -= 1.5
    if len(before) > 1 and before[-2] == pattern:
        score += idiom.steady
    if len(before) > 3 and before[-2] == before[-4] == pattern:
        score -= 1.5
    return score


def _unheard(moment: _Moment, pattern: tuple[float, ...]) -> int:
    """Return how many chords of a bar no stroke plays or anticipates."""
    onsets = [moment.bar.onset + at for at in pattern]
    return sum(
        not any(start - 0.5 <= at < end - 0.5 + _EPSILON for at in onsets)
        for start, end in moment.chords
    )


def _belongs_to(scene: Scene, at: float, idiom: Idiom) -> float:
    """Return at which beat the chord of a stroke stands: later than it where it anticipates."""
    ahead = scene.sheet.chord_at(at + 0.5)
    off_beat = abs(at % 1 - 0.5) < _EPSILON
    if ahead is None or not off_beat or abs(ahead.onset - (at + 0.5)) > _EPSILON:
        return at
    return at + 0.5 if scene.rng.random() < idiom.anticipation else at


def _without_doubles(onsets: Sequence[float], belongs: Sequence[float]) -> list[int]:
    """Return the indices of strokes, without those that repeat the chord just anticipated."""
    keep: list[int] = []
    for index, at in enumerate(onsets):
        early = keep and belongs[keep[-1]] > onsets[keep[-1]] + _EPSILON
        if early and abs(belongs[keep[-1]] - at) < _EPSILON:
            continue
        keep.append(index)
    return keep


def _stroke(
    scene: Scene,
    idiom: Idiom,
    onsets: Sequence[float],
    belongs: Sequence[float],
    keep: Sequence[int],
    index: int,
) -> Stroke:
    at, chord_beat = onsets[keep[index]], belongs[keep[index]]
    after = onsets[keep[index + 1]] if index + 1 < len(keep) else scene.sheet.length
    span = scene.sheet.chord_at(chord_beat)
    end = min(after, span.offset if span else after, at + 4.0)
    room = max(end - at, 0.25)
    short = scene.rng.random() < idiom.short
    duration = min(room, 0.45) if short else room * (0.95 if room > 1 else 0.9)
    accent = 0.06 if abs(at % 1 - 0.5) < _EPSILON else 0.0
    velocity = 0.5 + 0.2 * scene.energy(at) + accent + 0.03 * scene.rng.standard_normal()
    onset = placed(at, scene.sheet, scene.style)
    duration = max(duration - (onset - at), 0.1)
    return Stroke(onset, duration, float(np.clip(velocity, 0.2, 0.95)), chord_beat)
