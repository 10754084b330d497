"""Play what a part of a reference plays, bar by bar, over the chords of the piece.

Options: ``part`` is its name in the style's borrowed bars, ``center`` the middle of its register,
``late`` by how many seconds it plays later than the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from toolkit.errors import UsageError
from toolkit.style.arrangement import Tone
from toolkit.style.band.borrowed_form import patterns_around
from toolkit.style.band.drum_kit import CRASH, KICK
from toolkit.style.band.form import held_from
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.subdivision import placed as subdivided
from toolkit.style.borrowed.choosing import chosen
from toolkit.style.borrowed.fitting import (
    Placed,
    bass_line,
    chord_tone,
    in_bar,
    let_go,
    over_chords,
    with_roots,
)
from toolkit.style.borrowed.pattern_bars import PatternBar, PatternTone
from toolkit.style.borrowed.playable import playable
from toolkit.style.lead_sheet import Bar
from toolkit.values import DRUMS

_EPSILON = 1e-6


def play(scene: Scene) -> Played:
    """Return a part of the reference over a scene's chords.

    Raises
    ------
    UsageError
        If the style has borrowed nothing.
    """
    borrowed = scene.style.borrowed
    if borrowed is None:
        raise UsageError(
            f"seat {scene.seat.name} plays what {scene.style.name} has borrowed: nothing",
            "make the style of a file: tonearm reimagine PIECE --style-from FILE",
        )
    bars = chosen(borrowed, scene.sheet, scene.seed)
    around = patterns_around(scene.style, scene.sheet)
    name = str(scene.seat.options.get("part", scene.seat.name))
    rows = [
        (bar, _own(around.get(index, pattern), name, bar, scene))
        for index, (bar, pattern) in enumerate(zip(scene.sheet.bars, bars, strict=True))
    ]
    tones = _drums(scene, rows) if scene.seat.program == DRUMS else _pitched(scene, rows)
    return Played(_later(tones, scene))


def _own(pattern: PatternBar, name: str, bar: Bar, scene: Scene) -> tuple[PatternTone, ...]:
    """Return a part's tones for a bar, on its beats."""
    tones = in_bar(pattern.parts.get(name, ()), pattern.beats, bar.beats)
    return tuple(
        replace(tone, onset=subdivided(tone.onset, scene.sheet, scene.style)) for tone in tones
    )


def _drums(scene: Scene, rows: Sequence[tuple[Bar, tuple[PatternTone, ...]]]) -> list[Tone]:
    end, held = scene.sheet.length, held_from(scene.sheet)
    found = {
        (round(bar.onset + tone.onset, 4), tone.degree): Tone(
            bar.onset + tone.onset, min(tone.duration, end - bar.onset - tone.onset),
            tone.degree, tone.velocity,
        )
        for bar, tones in rows
        for tone in tones
        if bar.onset + tone.onset < min(held, end) - _EPSILON
    }  # fmt: skip
    if held < end and found:
        last = [(CRASH, 0.6), (KICK, 0.65)]
        return [*found.values(), *(Tone(held, end - held, drum, loud) for drum, loud in last)]
    return list(found.values())


def _pitched(scene: Scene, rows: Sequence[tuple[Bar, tuple[PatternTone, ...]]]) -> list[Tone]:
    seat, sheet = scene.seat, scene.sheet
    center = float(seat.options.get("center", (seat.low + seat.high) / 2))
    bass = seat.role == "bass"
    held = held_from(sheet)
    placed: list[Placed] = []
    for bar, tones in rows:
        here = over_chords(tones, bar, sheet)
        here = with_roots(here, bar, sheet) if bass else here
        placed += _held(here, held, sheet.length) if bar.onset >= held - _EPSILON else here
    if bass:
        made = bass_line(placed, center, seat.low, seat.high)
    else:
        made = [chord_tone(each, center) for each in placed]
    gone = let_go(made, sheet)
    ready = playable(gone, seat.program, seat.low, seat.high, scene.tempo, sheet.length)
    return let_go(ready, sheet)


def _held(placed: Sequence[Placed], start: float, end: float) -> list[Placed]:
    """Return what begins the last bar, held to the end."""
    onset = min((each.onset for each in placed), default=start)
    return [
        replace(each, onset=start, duration=end - start)
        for each in placed
        if each.onset <= onset + _EPSILON
    ]


def _later(tones: Sequence[Tone], scene: Scene) -> tuple[Tone, ...]:
    beats = float(scene.seat.options.get("late", 0.0)) * scene.tempo / 60
    if not beats:
        return tuple(tones)
    # Nothing is played before the piece begins, nor after it has ended.
    last = scene.sheet.length
    return tuple(
        replace(tone, onset=min(max(tone.onset + beats, 0.0), last - _EPSILON)) for tone in tones
    )
