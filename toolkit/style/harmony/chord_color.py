"""Color chords: choose sixths, sevenths and tensions that palette and melody bear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.style.chord import QUALITIES, TENSIONS, Chord
from toolkit.style.harmony.chord_events import CLASSES
from toolkit.style.harmony.melody_fit import Heard, is_avoided
from toolkit.style.key import tonic_and_mode

Choices = tuple[tuple[str, tuple[str, ...], float], ...]

_TRIADS = {"maj7": "", "6": "", "m7": "m", "m6": "m", "7": "", "7b9": "", "7sus4": "sus4",
           "m7b5": "dim", "dim7": "dim", "": "", "m": "m", "aug": "aug"}  # fmt: skip
_PLAIN = {"7b9": "7"}

_LYDIAN: Choices = (("maj7", ("9", "#11"), 0.8), ("maj7", ("#11",), 0.6))
_TONIC: Choices = (("maj7", (), 1.0), ("maj7", ("9",), 1.2))
_SIXTH: Choices = (("6", (), 1.0), ("6", ("9",), 1.2))
_MINOR: Choices = (("m7", (), 1.0), ("m7", ("9",), 1.2), ("m7", ("9", "11"), 0.4))
_PHRYGIAN: Choices = (("m7", (), 1.0), ("m7", ("11",), 0.3))
_MINOR_TONIC: Choices = (("m6", (), 1.0), ("m6", ("9",), 0.8), ("mmaj7", (), 0.3))
_BRIGHT: Choices = (
    ("7", (), 0.6),
    ("7", ("9",), 1.0),
    ("7", ("13",), 1.0),
    ("7", ("9", "13"), 0.6),
)
_SHARP: Choices = (("7", ("#11",), 0.8), ("7", ("9", "#11"), 0.8), ("7", ("9",), 0.8))
_DARK: Choices = (
    ("7", ("b9",), 1.0), ("7", ("b9", "b13"), 1.0), ("7", ("#9", "b13"), 0.6), ("aug7", (), 0.3),
)  # fmt: skip
_SUSPENDED: Choices = (("7sus4", (), 0.7), ("7sus4", ("9",), 1.0), ("7sus4", ("9", "13"), 0.5))
_HALF: Choices = (("m7b5", (), 1.0), ("m7b5", ("11",), 0.3))
_BLUE: Choices = (("7", (), 0.8), ("7", ("9",), 1.0), ("7", ("13",), 0.8), ("7", ("#9",), 0.3))
_FIXED: dict[str, Choices] = {
    "7b9": _DARK, "7sus4": _SUSPENDED, "m7b5": _HALF, "dim7": (("dim7", (), 1.0),), "6": _SIXTH,
    "aug": (("aug7", (), 1.0), ("aug", (), 0.5)), "": _TONIC + _SIXTH, "m": _MINOR,
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """Hold what decides on a chord's color.

    Parameters
    ----------
    chord : int
        Its number as in `toolkit.style.harmony.chord_events`, C being the tonic.
    following : int
        The next one's, -1 at the end.
    key : str
        The one that holds.
    heard : tuple[Heard, ...]
        The melody over it.
    palette : str
        The style's.
    color : float
        Share of chords that are to have a sixth, a seventh or more.
    """

    chord: int
    following: int
    key: str
    heard: tuple[Heard, ...]
    palette: str
    color: float


def colored(site: Site, rng: np.random.Generator) -> Chord:
    """Return the chord in a color that does not clash with melody notes that weigh.

    Its plain form is taken where every color clashes, whatever `color` says.
    """
    root, name = site.chord % 12, CLASSES[site.chord // 12]
    wanted, dice = rng.random() < site.color, rng.random()
    if not wanted:
        plain = Chord(root, _TRIADS[name])
        if not _clashes(plain, site.heard):
            return plain
    choices = choices_of(site) if site.palette != "baroque" else _as_it_is(name)
    good = [each for each in choices if not _clashes(Chord(root, *each[:2]), site.heard)]
    if not good:
        return Chord(root, _PLAIN.get(name, name), ("b9",) if name == "7b9" else ())
    odds = np.cumsum([weight for _, _, weight in good])
    quality, tensions, _ = good[int(np.searchsorted(odds, dice * odds[-1]))]
    return Chord(root, quality, tensions)


def choices_of(site: Site) -> Choices:
    """Return (quality, tensions, weight) of all colors that chord, key and palette suggest."""
    name = CLASSES[site.chord // 12]
    tonic, mode = tonic_and_mode(site.key)
    degree = (site.chord - tonic) % 12
    if name == "7":
        return _dominant(site)
    if name == "maj7":
        lydian = () if degree in (0, 7) else _LYDIAN
        return (*lydian, *_TONIC, ("6", (), 0.15), ("6", ("9",), 0.15))
    if name == "m7":
        dark = (4, 11) if mode == "major" else (2, 7)
        return _PHRYGIAN if degree in dark else _MINOR
    if name == "m6":
        return _MINOR_TONIC if degree == 0 else (("m6", (), 1.0), ("m6", ("9",), 0.8))
    return _FIXED[name]


def _dominant(site: Site) -> Choices:
    """Return natural tensions for dominants that fall a fifth, a sharp eleventh for others."""
    if site.palette == "blues":
        return _BLUE
    step = (site.following - site.chord) % 12 if site.following >= 0 else 5
    if step in (11, 2):
        return _SHARP
    if site.palette == "bossa" and step == 5:
        return (*_BRIGHT, ("7", ("b9", "13"), 0.8))
    return _BRIGHT


def _as_it_is(name: str) -> Choices:
    """Return the classes without jazz colors: a suspension is a triad's."""
    quality = {"7b9": "7", "7sus4": "sus4", "maj7": "", "6": "", "m7": "m", "m6": "m"}
    return ((quality.get(name, name), (), 1.0),)


def _clashes(chord: Chord, heard: tuple[Heard, ...]) -> bool:
    """Return whether a note that weighs is avoided, or lies a semitone beside a tension."""
    colors = {(chord.root + TENSIONS[name]) % 12 for name in chord.tensions}
    if 11 in QUALITIES[chord.quality]:
        colors.add((chord.root + 11) % 12)  # under the root in the melody, a sixth is played
    for each in heard:
        pitch = each.note.pitch % 12
        if not each.weighs or pitch in colors:
            continue
        if is_avoided(chord, pitch) or (pitch + 1) % 12 in colors or (pitch - 1) % 12 in colors:
            return True
    return False
