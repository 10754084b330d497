"""Spread a chord over a keyboard in all ways that a player knows.

The forms are those of M. Levine ("The Jazz Piano Book", 1989): shells, rootless A and B, drop-2,
fourths, two hands; and of common practice: triads in close and open position. A form is an order of
the chord's degrees from the bottom up, each as near above the former as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from toolkit.style.chord import QUALITIES, TENSIONS, Chord
from toolkit.style.scales import available_tensions, degree

LOWEST = {
    1: 52, 2: 51, 3: 48, 4: 46, 5: 46, 6: 46, 7: 34, 8: 43, 9: 41, 10: 41, 11: 41,
}  # fmt: skip
"""Below which lower tone an interval of so many semitones is mud."""

FORMS: dict[str, tuple[str, ...]] = {
    "shell": ("3 7", "7 3", "3 7 9", "7 3 5", "7 3 13", "3 7 5"),
    "rootless": (
        "3 5 7 9", "7 9 3 5", "3 13 7 9", "7 9 3 13", "5 7 9 3", "9 3 5 7", "7 3 5 9", "3 7 9 5",
        "7 3 13 9", "3 7 1",
    ),
    "drop2": (
        "5 1 3 7", "7 3 5 1", "1 5 7 3", "3 7 1 5", "5 9 3 7", "3 7 9 5", "7 3 5 9", "9 5 7 3",
    ),
    "quartal": ("3 13 9", "3 13 9 5", "7 3 13", "7 3 13 9", "1 11 7 3", "11 7 3 5", "5 9 13 3"),
    "spread": ("1 7 3", "1 3 7", "1 5 3", "1 7 3 5", "1 7 3 9", "1 5 7 3"),
    "two-hand": ("3 7 9 5 1", "7 3 13 9 5", "3 7 9 5", "7 3 5 9", "3 7 1 5", "7 3 13 9", "1 7 3 9"),
    "close": ("1 3 5", "3 5 1", "5 1 3", "1 3 5 7", "3 5 7 1", "5 7 1 3", "7 1 3 5", "1 3 7"),
    "open": ("1 5 3", "3 1 5", "5 3 1", "1 5 3 7", "1 7 3", "1 5 7 3"),
    "power": ("1 5 1", "1 5", "5 1"),
}  # fmt: skip
"""Orders of degrees by the form's name."""

_SUSPENDED = {"sus2": 2, "sus4": 5, "7sus4": 5}


@lru_cache(maxsize=8192)
def degrees(
    chord: Chord, key: str, rich: bool, held: frozenset[int] = frozenset()
) -> dict[str, int]:
    """Return a chord's degrees as pitch classes: ``1 3 5 7 9 11 13``, as far as it has them.

    Parameters
    ----------
    chord : Chord
        Suspensions stand in for the third, sixths for the seventh, altered fifths for the fifth.
    key : str
        Where the chord is, for tensions that it does not spell.
    rich : bool
        Whether to add tensions that it does not spell.
    held : frozenset[int]
        Pitch classes that the melody holds: a degree a semitone below one of them gives way, and of
        two alterations the melody's own is taken.
    """
    steps = QUALITIES[chord.quality]
    third = _SUSPENDED.get(chord.quality, steps[1])
    fifth = next((step for step in steps if step in (6, 7, 8)), 7)
    found = {"1": 0, "3": third, "5": fifth}
    if len(steps) > 3:
        found["7"] = steps[3]
    for step in _tensions(chord, key, rich, held):
        name = {1: "9", 2: "9", 3: "9", 5: "11", 6: "11", 8: "13", 9: "13"}[step % 12]
        found.setdefault(name, step % 12)
    if len(steps) > 3 and 8 in (TENSIONS[name] % 12 for name in chord.tensions):
        found["5"] = 8
    if steps[-1] == 11 and chord.root in held:
        # Under a root in the melody a major seventh is a minor ninth: the sixth takes its place,
        # where it is none above an augmented fifth.
        found.pop("7")
        if found["5"] == 7:
            found["7"] = 9
    pitches = {name: (chord.root + step) % 12 for name, step in found.items()}
    clashing = {name for name in ("9", "11", "13") if (pitches.get(name, -2) + 1) % 12 in held}
    return {name: pitch for name, pitch in pitches.items() if name not in clashing}


def _tensions(chord: Chord, key: str, rich: bool, held: frozenset[int]) -> Sequence[int]:
    """Return the tensions to use, the melody's own and spelled ones first, then natural ones."""
    spelled = {TENSIONS[name] for name in chord.tensions}
    if not rich:
        return sorted(spelled)
    melody = {(pitch - chord.root) % 12 for pitch in held}
    degrees_held = {
        degree(name): semitones % 12
        for name, semitones in TENSIONS.items()
        if semitones % 12 in melody and semitones % 12 not in QUALITIES[chord.quality]
    }

    def rank(semitones: int) -> tuple[bool, bool, int]:
        return (semitones % 12 not in melody, semitones not in spelled, abs(semitones % 12 - 2))

    taken = []
    for semitones in sorted(available_tensions(chord, key), key=rank):
        number = next(degree(name) for name, each in TENSIONS.items() if each == semitones)
        if degrees_held.get(number, semitones % 12) == semitones % 12:
            taken.append(semitones)
    return taken


def stack(pitch_classes: Sequence[int], low: int, high: int) -> tuple[tuple[int, ...], ...]:
    """Return an order of pitch classes from all lowest tones that keep it within a range.

    Examples
    --------
    >>> stack([4, 7, 11], 48, 60)
    ((52, 55, 59),)
    """
    found = []
    for bottom in range(low + (pitch_classes[0] - low) % 12, high + 1, 12):
        tones = [bottom]
        for each in pitch_classes[1:]:
            tones.append(tones[-1] + ((each - tones[-1]) % 12 or 12))
        if tones[-1] <= high:
            found.append(tuple(tones))
    return tuple(found)


def is_clear(tones: Sequence[int]) -> bool:
    """Return whether no interval between neighbors is too low, and none is a minor ninth."""
    neighbors = pairwise(tones)
    if any(lower < LOWEST.get(upper - lower, 0) for lower, upper in neighbors):
        return False
    return not any(b - a == 13 for at, a in enumerate(tones) for b in tones[at + 1 :])


def candidates(
    chord: Chord,
    key: str,
    forms: Sequence[str],
    *,
    low: int,
    high: int,
    rich: bool = True,
    held: frozenset[int] = frozenset(),
    span: int = 48,
) -> tuple[tuple[int, ...], ...]:
    """Return voicings, each ascending, without doubles; at least one if the range is an octave.

    Parameters
    ----------
    chord, key, rich, held
        As in `degrees`.
    forms : sequence of str
        Keys of `FORMS`.
    low, high : int
        Range of all tones, MIDI numbers.
    span : int
        Most semitones from the lowest tone to the highest.
    """
    named = degrees(chord, key, rich, held)
    found: dict[tuple[int, ...], None] = {}
    for order in (order for form in forms for order in FORMS[form]):
        names = order.split()
        if any(name not in named for name in names):
            continue
        tones = [named[name] for name in names]
        if len(set(tones)) < len(set(names)):
            continue
        for each in stack(tones, low, high):
            if each[-1] - each[0] <= span and is_clear(each):
                found[each] = None
    return tuple(found) or _fewest(named, low, high)


def _fewest(named: dict[str, int], low: int, high: int) -> tuple[tuple[int, ...], ...]:
    """Return thirds and sevenths, or a single third, where nothing fuller fits."""
    pairs = (("3", "7"), ("7", "3"), ("3", "5"), ("5", "3"), ("3",))
    for names in pairs:
        if all(name in named for name in names):
            found = stack([named[name] for name in names], low, high)
            if clear := [tones for tones in found if is_clear(tones)]:
                return tuple(clear)
    return ((min(max(low, low + (named["3"] - low) % 12), 127),),)
