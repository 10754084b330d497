"""Say which chords and moves each palette has, and how gladly it takes them."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.style.chord import QUALITIES
from toolkit.style.harmony.chord_events import CLASSES, class_of
from toolkit.style.harmony.harmonic_slots import Slot
from toolkit.style.key import tonic_and_mode

Classes = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Palette:
    """Hold costs of moves in nats, None for what is not done.

    Parameters
    ----------
    language : float
        How much the jazz language model is asked.
    sevenths : bool
        Whether chords have sevenths as a matter of course.
    altered : bool
        Whether dominants of minor chords have a minor ninth.
    substitute : float, optional
        Another chord of the same function.
    secondary, two_five, tritone, diminished, back_door : float, optional
        Approaches to the next chord.
    cliche, neighbor, plagal, suspension : float, optional
        Motion within a chord's own span.
    chromatic : float, optional
        II-Vs from a semitone above.
    in_place : float
        What it costs more if an approach takes the whole span.
    plagal_class : str
        Class of the fourth degree in a plagal move.
    bass : bool
        Whether the source's inversions are kept.
    """

    language: float = 1.0
    sevenths: bool = True
    altered: bool = True
    substitute: float | None = None
    secondary: float | None = None
    two_five: float | None = None
    tritone: float | None = None
    diminished: float | None = None
    back_door: float | None = None
    cliche: float | None = None
    neighbor: float | None = None
    plagal: float | None = None
    suspension: float | None = None
    chromatic: float | None = None
    in_place: float = 1.5
    plagal_class: str = "6"
    bass: bool = False


PALETTES = {
    "jazz": Palette(
        substitute=0.6, secondary=0.5, two_five=0.2, tritone=1.2, diminished=1.0, back_door=1.6,
        cliche=1.2, neighbor=0.6, suspension=1.4, chromatic=2.2,
    ),
    "blues": Palette(
        language=0.5, substitute=1.5, secondary=0.4, two_five=0.4, tritone=1.0, diminished=0.6,
        cliche=2.0, plagal=0.3, plagal_class="7",
    ),
    "gospel": Palette(
        language=0.5, substitute=0.9, secondary=0.2, two_five=0.8, tritone=2.2, diminished=0.1,
        back_door=2.0, neighbor=0.8, plagal=0.1, suspension=0.3, bass=True,
    ),
    "bossa": Palette(
        substitute=0.7, secondary=0.8, two_five=0.2, tritone=0.6, diminished=0.7, back_door=1.2,
        cliche=0.6, neighbor=0.8, chromatic=0.8,
    ),
    "baroque": Palette(
        language=0.0, sevenths=False, altered=False, substitute=1.2, secondary=0.3, neighbor=0.7,
        suspension=0.2, bass=True,
    ),
}  # fmt: skip
"""Every palette but ``plain``, which changes nothing."""

_JAZZ_MAJOR: Classes = (("maj7", 0.0), ("6", 0.2))
_DOMINANT: Classes = (("7", 0.0), ("7b9", 0.8), ("7sus4", 1.4))
_MINOR_DOMINANT: Classes = (("7b9", 0.0), ("7", 0.6), ("7sus4", 1.8))


def home_classes(slot: Slot, palette: Palette) -> Classes:
    """Return in which classes a slot's own chord may be played, with their costs."""
    family = family_of(slot)
    if not palette.sevenths:
        return _plain(family)
    if palette is PALETTES["blues"]:
        return _blue(slot, family)
    if family == "minor":
        return _minor(slot)
    if family == "dominant":
        return _dominant(slot, palette)
    if family == "major":
        going_down = slot.following is not None and slot.following.root == _down(slot)
        return (*_JAZZ_MAJOR, ("7", 1.5)) if going_down else _JAZZ_MAJOR
    return {
        "half": (("m7b5", 0.0),),
        "diminished": (("dim7", 0.0), ("m7b5", 0.8)),
        "augmented": (("7b9", 0.0), ("aug", 0.5)),
        "suspended": (("7sus4", 0.0), ("7", 0.5)),
    }[family]


def family_of(slot: Slot) -> str:
    """Return what kind of chord a slot's is: major triads on V and on applied degrees dominate."""
    name = CLASSES[class_of(slot.chord)]
    steps = QUALITIES[slot.chord.quality]
    if name in ("m", "m7", "m6"):
        return "minor"
    if name == "dim7":
        return "diminished"
    if name in ("m7b5", "aug", "7sus4"):
        return {"m7b5": "half", "aug": "augmented", "7sus4": "suspended"}[name]
    if 10 in steps:
        return "dominant"
    if 11 in steps or 9 in steps:
        return "major"
    return "dominant" if _is_applied(slot) else "major"


def _is_applied(slot: Slot) -> bool:
    """Return whether a major triad is the dominant of the key or of what follows it."""
    tonic, mode = tonic_and_mode(slot.key)
    degree = (slot.chord.root - tonic) % 12
    foreign = (2, 4, 9, 11) if mode == "major" else (0, 2, 11)
    return degree == 7 or degree in foreign or (degree == 10 and mode == "minor")


def _down(slot: Slot) -> int:
    return (slot.chord.root + 5) % 12


def _minor(slot: Slot) -> Classes:
    tonic, mode = tonic_and_mode(slot.key)
    degree = (slot.chord.root - tonic) % 12
    if mode == "minor" and degree == 0:
        return (("m7", 0.2), ("m6", 0.0))
    return (("m7", 0.0), ("m6", 0.3)) if degree == 5 else (("m7", 0.0),)


def _dominant(slot: Slot, palette: Palette) -> Classes:
    following = slot.following
    to_minor = following is not None and 3 in QUALITIES[following.quality]
    if palette.altered and to_minor and following is not None and following.root == _down(slot):
        return _MINOR_DOMINANT
    return _DOMINANT


def _blue(slot: Slot, family: str) -> Classes:
    """Return dominant sevenths wherever the third is major."""
    if family in ("major", "dominant", "suspended"):
        return (("7", 0.0), ("7b9", 1.5)) if family == "dominant" else (("7", 0.0),)
    if family == "minor":
        return (("m7", 0.0),)
    return (("dim7", 0.0),) if family != "half" else (("m7b5", 0.0),)


def _plain(family: str) -> Classes:
    return {
        "major": (("", 0.0),),
        "minor": (("m", 0.0),),
        "dominant": (("", 0.2), ("7", 0.0)),
        "half": (("m7b5", 0.0), ("dim7", 0.4)),
        "diminished": (("dim7", 0.0),),
        "augmented": (("aug", 0.0), ("", 0.5)),
        "suspended": (("7sus4", 0.0), ("", 0.2)),
    }[family]
