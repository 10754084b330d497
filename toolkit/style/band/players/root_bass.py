"""Play a bass that holds the harmony's roots in the rhythm of the style.

The option ``pattern`` is one of ``sustained`` (a note a chord), ``waltz`` (root and fifth in turn
on the first beat), ``gospel`` (root, push and a walk up to the next chord) and ``lo-fi`` (a long
root and a late, soft answer).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toolkit.errors import UsageError
from toolkit.style.band.bass_part import BassBar, Beat, groove
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.subdivision import groups


def play(scene: Scene) -> Played:
    """Return a bassist's part.

    Raises
    ------
    UsageError
        If the seat's option ``pattern`` is unknown.
    """
    name = str(scene.seat.options.get("pattern", "sustained"))
    if name not in _PATTERNS:
        raise UsageError(f"no bass pattern {name!r}", f"choose from {', '.join(_PATTERNS)}")
    return groove(scene, _PATTERNS[name], velocity=0.66)


def _sustained(bar: BassBar, rng: np.random.Generator) -> list[Beat]:
    """Return one note, with energy a second one, and something leading out of a phrase."""
    beats = [Beat(0.0, float(bar.beats), "root")]
    if bar.energy > 0.5 and bar.beats >= 4 and rng.random() < bar.energy - 0.2:
        beats.append(Beat(float(groups(bar.beats)[0]), 2.0, "fifth", -0.06))
    if bar.last_of_phrase and bar.beats > 2 and rng.random() < 0.6:
        beats.append(Beat(bar.beats - 1.0, 1.0, "approach", -0.06))
    return beats


def _waltz(bar: BassBar, rng: np.random.Generator) -> list[Beat]:
    """Return root and fifth in turn, each to the middle of the bar's last beat."""
    kind = "root" if bar.new_chord_next or bar.phrase_bar % 2 == 0 else "fifth"
    beats = [Beat(0.0, float(bar.beats), kind)]
    for start in np.cumsum(groups(bar.beats))[:-1]:
        beats.append(Beat(float(start), float(bar.beats), "fifth", -0.05))
    leads = 0.2 + 0.5 * bar.energy * bar.new_chord_next + 0.2 * bar.last_of_phrase
    if bar.beats >= 3 and rng.random() < leads:
        beats.append(Beat(bar.beats - 1.0, 1.0, "approach", -0.08))
    return beats


def _gospel(bar: BassBar, rng: np.random.Generator) -> list[Beat]:
    """Return a root, its push in the middle of the bar, and a walk to the next chord."""
    beats = [Beat(0.0, 1.5, "root", 0.06)]
    if bar.beats >= 3:
        pushed = rng.random() < 0.4 + 0.4 * bar.energy
        if pushed:
            beats.append(Beat(1.5, 0.5, "root", -0.08))
        middle = float(groups(bar.beats)[0]) if bar.beats > 3 else 2.0
        beats.append(Beat(middle, bar.beats - middle, "fifth" if pushed else "chord"))
    if bar.beats > 1 and (bar.new_chord_next or bar.last_of_phrase):
        if rng.random() < 0.3 + 0.4 * bar.energy:
            beats.append(Beat(bar.beats - 1.0, 0.5, "passing", -0.03))
        beats.append(Beat(bar.beats - 0.5, 0.5, "approach"))
    return _sorted(beats)


def _lo_fi(bar: BassBar, rng: np.random.Generator) -> list[Beat]:
    """Return a long root and one or two late, soft notes after it."""
    beats = [Beat(0.0, min(2.25, bar.beats), "root", 0.04)]
    if bar.beats >= 3:
        late = 2.5 if rng.random() < 0.65 else 1.75
        beats.append(Beat(min(late, bar.beats - 0.5), 1.0, "fifth", -0.1))
    if bar.beats >= 4 and rng.random() < 0.25 + 0.4 * bar.energy:
        beats.append(Beat(bar.beats - 0.5, 0.5, "approach", -0.12))
    elif bar.beats >= 4 and rng.random() < 0.3:
        beats.append(Beat(bar.beats - 0.75, 0.75, "chord", -0.14))
    return _sorted(beats)


def _sorted(beats: list[Beat]) -> list[Beat]:
    return sorted(beats, key=lambda beat: beat.position)


_PATTERNS: dict[str, Callable[[BassBar, np.random.Generator], list[Beat]]] = {
    "sustained": _sustained,
    "waltz": _waltz,
    "gospel": _gospel,
    "lo-fi": _lo_fi,
}
