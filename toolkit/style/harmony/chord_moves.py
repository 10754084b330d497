"""Propose what may stand in place of a chord: colors, substitutes, approaches, turnarounds.

The repertoire is that of textbooks (M. Levine, "The Jazz Theory Book", 1995; B. Nettles and
R. Graf, "The Chord Scale Theory and Jazz Harmony", 1997): functional substitutes, secondary
dominants and ii-Vs, tritone substitutes, passing diminished chords, the back door, line cliches,
turnarounds and suspensions. Which of them a style uses, and how gladly, is said by its palette.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from toolkit.style.chord import QUALITIES
from toolkit.style.harmony.chord_events import CLASSES
from toolkit.style.harmony.chord_palettes import Palette, home_classes
from toolkit.style.harmony.harmonic_slots import Slot
from toolkit.style.key import tonic_and_mode

ANY = -1
"""No root is asked of the chord that follows."""

_MAJOR_SUBSTITUTES = {
    0: ((4, "m7", "III for I"), (9, "m7", "VI for I")),
    2: ((5, "maj7", "IV for II"),),
    4: ((0, "maj7", "I for III"), (9, "m7", "VI for III")),
    5: ((2, "m7", "II for IV"), (5, "m6", "minor subdominant"), (6, "m7b5", "raised IV for IV")),
    7: ((11, "m7b5", "VII for V"),),
    9: ((0, "maj7", "I for VI"), (6, "m7b5", "raised IV for VI")),
    10: ((5, "m6", "minor subdominant"),),
    11: ((7, "7", "V for VII"),),
}
_MINOR_SUBSTITUTES = {
    0: ((3, "maj7", "III for I"), (8, "maj7", "VI for I"), (9, "m7b5", "raised VI for I")),
    2: ((5, "m7", "IV for II"), (8, "7", "VI for II")),
    3: ((0, "m7", "I for III"),),
    5: ((2, "m7b5", "II for IV"), (8, "maj7", "VI for IV")),
    7: ((11, "dim7", "VII for V"),),
    8: ((5, "m7", "IV for VI"), (2, "m7b5", "II for VI")),
    10: ((5, "m7", "IV for VII"),),
    11: ((7, "7b9", "V for VII"),),
}


@dataclass(frozen=True)
class Move:
    """Hold what stands in place of a slot's chord.

    Parameters
    ----------
    parts : tuple[tuple[float, int], ...]
        (beats, chord): how long each chord lasts, and its number as in
        `toolkit.style.harmony.chord_events`, C being the tonic.
    name : str
        What it is; empty for the same chord in other colors.
    target : int
        Root with which the next slot has to begin, or `ANY`.
    cost : float
        How unusual it is in the palette, in nats.
    """

    parts: tuple[tuple[float, int], ...]
    name: str = ""
    target: int = ANY
    cost: float = 0.0

    @property
    def first_root(self) -> int:
        """Return the pitch class of the first root."""
        return self.parts[0][1] % 12


def number(root: int, name: str) -> int:
    """Return a chord's number, of a root and the name of a class of chord events."""
    return 12 * CLASSES.index(name) + root % 12


def moves(slot: Slot, palette: Palette, targets: tuple[tuple[int, bool], ...]) -> list[Move]:
    """Return all that may stand in a slot, the plainest first.

    Parameters
    ----------
    slot : Slot
        What is there.
    palette : Palette
        Of the style.
    targets : tuple of (pitch class, bool)
        Roots with which the next slot may begin, and whether a minor chord stands on them.
    """
    same = [
        Move(((slot.duration, number(slot.chord.root, name)),), "", ANY, cost)
        for name, cost in home_classes(slot, palette)
    ]
    found = [*same, *_substitutes(slot, palette), *_divided(slot, palette, same, targets)]
    return [each for each in found if _keeps(each, slot)]


def _keeps(move: Move, slot: Slot) -> bool:
    """Return whether a cadence is still one.

    Its dominant is heard; its last chord stays to the end of the phrase. Turnarounds lead on where
    the phrase has come to rest a bar before.
    """
    roots = [chord % 12 for _, chord in move.parts]
    if slot.closes:
        leads_on = move.target != ANY and slot.following is not None and slot.rests
        return roots[0] == slot.chord.root and (len(set(roots)) == 1 or leads_on)
    return not slot.keeps_root or slot.chord.root in roots


def _substitutes(slot: Slot, palette: Palette) -> Iterable[Move]:
    tonic, mode = tonic_and_mode(slot.key)
    table = _MAJOR_SUBSTITUTES if mode == "major" else _MINOR_SUBSTITUTES
    if palette.substitute is None:
        return
    for degree, name, label in table.get((slot.chord.root - tonic) % 12, ()):
        color = name if palette.sevenths else _triad(name)
        chord = number(tonic + degree, color)
        yield Move(((slot.duration, chord),), label, ANY, palette.substitute)
    if _is_dominant(slot) and slot.following is not None:
        yield from _dominant_substitutes(slot, palette)


def _dominant_substitutes(slot: Slot, palette: Palette) -> Iterable[Move]:
    root, target = slot.chord.root, (slot.chord.root + 5) % 12
    whole = slot.duration
    tonic, mode = tonic_and_mode(slot.key)
    if palette.tritone is not None:
        chord = number(root + 6, "7")
        yield Move(((whole, chord),), "tritone substitute", target, palette.tritone)
    if palette.diminished is not None:
        chord = number(root + 4, "dim7")
        yield Move(((whole, chord),), "diminished for dominant", target, palette.diminished)
    if palette.back_door is not None and target == tonic and mode == "major":
        chord = number(tonic + 10, "7")
        yield Move(((whole, chord),), "back door", target, palette.back_door)


def _divided(
    slot: Slot, palette: Palette, same: list[Move], targets: tuple[tuple[int, bool], ...]
) -> Iterable[Move]:
    """Return moves of two chords and more."""
    first, second = division(slot.duration)
    if slot.most < 2 or second < 1:
        return
    heads = [move.parts[0][1] for move in same[:2]]
    for head in heads:
        for tail, label, cost in _neighbors(slot, palette, head):
            yield Move(((first, head), (second, tail)), label, ANY, cost)
        for target, minor in targets:
            for tail, label, cost in _approaches(slot, palette, head % 12, target, minor):
                yield Move(((first, head), (second, tail)), label, target, cost)
    yield from _prepared(slot, palette, first, second)
    for target, minor in targets:
        yield from _two_fives(slot, palette, heads[0], target, minor)


def _neighbors(slot: Slot, palette: Palette, head: int) -> Iterable[tuple[int, str, float]]:
    """Return chords of the same function that follow a chord in its own span."""
    name, root = CLASSES[head // 12], head % 12
    tonic, mode = tonic_and_mode(slot.key)
    if palette.cliche is not None and name in ("m7", "m6"):
        yield number(root, "m6" if name == "m7" else "m7"), "line cliche", palette.cliche
    if palette.cliche is not None and name in ("maj7", "6"):
        yield number(root, "6" if name == "maj7" else "maj7"), "line cliche", palette.cliche
    if palette.neighbor is not None:
        table = _MAJOR_SUBSTITUTES if mode == "major" else _MINOR_SUBSTITUTES
        for degree, color, _ in table.get((root - tonic) % 12, ()):
            chosen = color if palette.sevenths else _triad(color)
            if chosen != "m7b5":
                yield (
                    number(tonic + degree, chosen),
                    "functional neighbor",
                    palette.neighbor,
                )
    if palette.plagal is not None and root == tonic:
        yield number(tonic + 5, palette.plagal_class), "plagal", palette.plagal


def _approaches(
    slot: Slot, palette: Palette, root: int, target: int, minor: bool
) -> Iterable[tuple[int, str, float]]:
    """Return single chords that lead from a root to a target."""
    tonic, mode = tonic_and_mode(slot.key)
    if palette.secondary is not None and root != (target + 7) % 12:
        color = ("7b9" if minor else "7") if palette.altered else "7"
        yield number(target + 7, color), "secondary dominant", palette.secondary
    if palette.tritone is not None and root != (target + 1) % 12:
        yield number(target + 1, "7"), "tritone substitute", palette.tritone
    if palette.diminished is not None and root in ((target - 2) % 12, (target - 5) % 12):
        yield number(target - 1, "dim7"), "passing diminished", palette.diminished
    if palette.diminished is not None and root == (target + 2) % 12:
        yield number(target + 1, "dim7"), "passing diminished", palette.diminished
    if palette.back_door is not None and target == tonic and mode == "major":
        yield number(tonic + 10, "7"), "back door", palette.back_door


def _prepared(slot: Slot, palette: Palette, first: float, second: float) -> Iterable[Move]:
    """Return a dominant after its II or its own suspension."""
    if not _is_dominant(slot):
        return
    root = slot.chord.root
    minor = slot.following is not None and 3 in QUALITIES[slot.following.quality]
    color = "7b9" if minor and palette.altered else "7"
    if palette.two_five is not None:
        head = number(root + 7, _two(palette, minor))
        parts = ((first, head), (second, number(root, color)))
        yield Move(parts, "II before V", ANY, palette.two_five)
    if palette.suspension is not None:
        tail = "" if not palette.sevenths else color
        parts = ((first, number(root, "7sus4")), (second, number(root, tail)))
        yield Move(parts, "suspension", ANY, palette.suspension)


def _two_fives(slot: Slot, palette: Palette, head: int, target: int, minor: bool) -> Iterable[Move]:
    """Return II and V of the next chord: after the slot's own, in its place, and chromatic ones."""
    if palette.two_five is None:
        return
    two, five = (
        number(target + 2, _two(palette, minor)),
        number(target + 7, "7b9" if minor else "7"),
    )
    first, second = division(slot.duration)
    if slot.most >= 3 and slot.duration >= 4:
        yield Move(
            ((slot.duration - 2, head), (1.0, two), (1.0, five)),
            "secondary II-V", target, palette.two_five,
        )  # fmt: skip
    in_place = ((first, two), (second, five))
    cost = palette.two_five + palette.in_place
    yield Move(in_place, "turnaround" if slot.closes else "secondary II-V", target, cost)
    if palette.chromatic is not None:
        parts = ((first, number(target + 8, "m7")), (second, number(target + 1, "7")))
        yield Move(parts, "tritone II-V", target, palette.chromatic)
        if 3 in QUALITIES["" if slot.following is None else slot.following.quality]:
            parts = ((first, number(target + 1, "m7")), (second, number(target + 6, "7")))
            yield Move(parts, "chromatic II-V", target, palette.chromatic)


def division(beats: float) -> tuple[float, float]:
    """Return into which two lengths a span falls, on a beat and the longer one first.

    Examples
    --------
    >>> division(4.0), division(3.0), division(1.0)
    ((2.0, 2.0), (2.0, 1.0), (1.0, 0.0))
    """
    second = float(int(beats / 2 + 1e-6))
    return beats - second, second


def _is_dominant(slot: Slot) -> bool:
    """Return whether a chord with a major third leads a fifth down, or is the key's fifth."""
    steps = QUALITIES[slot.chord.quality]
    if 3 in steps or 11 in steps:
        return False
    tonic, _ = tonic_and_mode(slot.key)
    down = slot.following is not None and slot.following.root == (slot.chord.root + 5) % 12
    return slot.chord.root == (tonic + 7) % 12 or (10 in steps and down)


def _two(palette: Palette, minor: bool) -> str:
    return ("m7b5" if minor else "m7") if palette.sevenths else "m"


def _triad(name: str) -> str:
    return {"maj7": "", "6": "", "7": "", "7b9": "", "m7": "m", "m6": "m", "m7b5": "dim7"}.get(
        name, name
    )
