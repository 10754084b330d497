"""Spell chords: a root, a quality, tensions and a bass.

Three spellings are read and written: lead-sheet symbols such as ``Bbm7b5`` or ``G7(b9,13)/B``,
C. Harte's notation (2005) such as ``Bb:hdim7`` or ``G:7(b9,13)/3``, and, read only, the usual
variants of lead sheets (``C-7``, ``CM7``, ``Cø``, ``C7alt``), see `toolkit.style.chord_spelling`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from toolkit.errors import InputError
from toolkit.io.pitch_names import PITCH_CLASSES, STEPS, pitch_class
from toolkit.style.chord_spelling import read_suffix

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "mmaj7": (0, 3, 7, 11),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "7sus4": (0, 5, 7, 10),
    "aug7": (0, 4, 8, 10),
    "maj7#5": (0, 4, 8, 11),
}
"""Semitones above the root, by the suffix of a lead-sheet symbol."""

TENSIONS: dict[str, int] = {
    "b9": 13, "9": 14, "#9": 15, "11": 17, "#11": 18, "b13": 20, "13": 21,
}  # fmt: skip
"""Semitones above the root, by name."""

_TO_HARTE = {
    "": "maj", "m": "min", "dim": "dim", "aug": "aug", "sus2": "sus2", "sus4": "sus4",
    "6": "maj6", "m6": "min6", "7": "7", "maj7": "maj7", "m7": "min7", "mmaj7": "minmaj7",
    "m7b5": "hdim7", "dim7": "dim7", "7sus4": "sus4(b7)", "aug7": "aug(b7)", "maj7#5": "aug(7)",
}  # fmt: skip
_DEGREES = {0: "1", 1: "b2", 2: "2", 3: "b3", 4: "3", 5: "4", 6: "b5", 7: "5", 8: "#5", 9: "6",
            10: "b7", 11: "7"}  # fmt: skip
_SYMBOL = re.compile(r"^([A-G])([#b]*):?([^(:]*?)(?:\(([^)]*)\))?(?:/([A-G][#b]*|[#b]*\d+))?$")


@dataclass(frozen=True)
class Chord:
    """Hold a chord.

    Parameters
    ----------
    root : int
        Pitch class 0..11, C being 0.
    quality : str
        A key of `QUALITIES`.
    tensions : tuple[str, ...]
        Keys of `TENSIONS`, ascending.
    bass : int, optional
        Pitch class of the lowest tone where it is not the root.

    Examples
    --------
    >>> Chord(7, "7", ("b9", "13"), 11).symbol
    'G7(b9,13)/B'
    >>> parse("Bb-7b5").harte
    'Bb:hdim7'
    """

    root: int
    quality: str = ""
    tensions: tuple[str, ...] = ()
    bass: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.root < 12 or self.quality not in QUALITIES:
            raise ValueError(f"no chord: root {self.root}, quality {self.quality!r}")
        ordered = tuple(sorted(set(self.tensions), key=TENSIONS.__getitem__))
        object.__setattr__(self, "tensions", ordered)
        if self.bass == self.root:
            object.__setattr__(self, "bass", None)

    @property
    def symbol(self) -> str:
        """Return the lead-sheet symbol, such as ``F#m7(9)``."""
        tensions = f"({','.join(self.tensions)})" if self.tensions else ""
        below = "" if self.bass is None else f"/{PITCH_CLASSES[self.bass]}"
        return f"{PITCH_CLASSES[self.root]}{self.quality}{tensions}{below}"

    @property
    def harte(self) -> str:
        """Return the symbol in Harte's notation, such as ``F#:min7(9)``."""
        quality = _TO_HARTE[self.quality]
        if self.tensions:
            inside = ",".join(self.tensions)
            closed = quality.endswith(")")
            quality = f"{quality[:-1]},{inside})" if closed else f"{quality}({inside})"
        below = "" if self.bass is None else f"/{_DEGREES[(self.bass - self.root) % 12]}"
        return f"{PITCH_CLASSES[self.root]}:{quality}{below}"

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Return the pitch classes of the chord's tones and tensions, root first."""
        above = (*QUALITIES[self.quality], *(TENSIONS[name] for name in self.tensions))
        return tuple(dict.fromkeys((self.root + step) % 12 for step in above))

    @property
    def is_extended(self) -> bool:
        """Return whether it has a sixth, a seventh or a tension."""
        return len(QUALITIES[self.quality]) > 3 or bool(self.tensions)

    def transposed(self, semitones: int) -> Chord:
        """Return the chord so many semitones higher."""
        bass = None if self.bass is None else (self.bass + semitones) % 12
        return replace(self, root=(self.root + semitones) % 12, bass=bass)


@lru_cache(maxsize=4096)
def parse(symbol: str) -> Chord:
    """Return the chord of a lead-sheet symbol or of one in Harte's notation.

    Raises
    ------
    InputError
        If it is neither.
    """
    found = _SYMBOL.match(symbol.strip())
    if found is None:
        raise _unknown(symbol)
    letter, accidentals, suffix, inside, below = found.groups()
    root = pitch_class(letter + accidentals)
    names = tuple(each.strip() for each in (inside or "").split(",") if each.strip())
    if below is not None and below.isdigit() and ":" not in symbol:
        suffix, below = f"{suffix}/{below}", None
    read = read_suffix(suffix, names)
    if read is None:
        raise _unknown(symbol)
    return Chord(root, *read, None if below is None else _bass(root, below))


def _bass(root: int, name: str) -> int:
    """Return the pitch class of a bass given as a note or, in Harte's way, as a degree."""
    if name[0] in STEPS:
        return pitch_class(name)
    number = int(name.lstrip("#b")) - 1
    above = (0, 2, 4, 5, 7, 9, 11)[number % 7] + name.count("#") - name.count("b")
    return (root + above) % 12


def _unknown(symbol: str) -> InputError:
    return InputError(
        f"no chord is spelled {symbol!r}", "such as: Cmaj7, F#m7b5, G7(b9,13), D7/F#, Bb:min7"
    )
