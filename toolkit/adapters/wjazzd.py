"""Read the Weimar Jazz Database: transcribed solos with beats, chords and loudness.

M. Pfleiderer et al., "Inside the Jazzomat", 2017; the tables are under the Open Database License
and are no part of this repository: they lie unpacked in the cache folder, or not at all.

The split is by performer, and all that is learned from the database here keeps to it.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.cache import cache_dir
from toolkit.errors import ToolkitError
from toolkit.io.pitch_names import pitch_class
from toolkit.style.chord import Chord

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

PERFORMERS = {
    "test": (
        "BixBeiderbecke", "CliffordBrown", "CurtisFuller", "FreddieHubbard", "HankMobley",
        "JJJohnson", "JoeHenderson", "LeeKonitz", "LionelHampton", "PatMartino", "SonnyStitt",
        "StanGetz", "WoodyShaw",
    ),
    "validation": (
        "BenWebster", "ChrisPotter", "DexterGordon", "KennyDorham", "MiltJackson", "VonFreeman",
    ),
}  # fmt: skip
"""Who is heard by no training; everybody else is in ``train``."""

_CHORD = re.compile(r"^([A-G][#b]?)([^/]*)(?:/([A-G][#b]?))?$")
_BASES = (
    ("j7", "maj7"), ("-j7", "mmaj7"), ("-7", "m7"), ("-6", "m6"), ("-", "m"), ("m7b5", "m7b5"),
    ("o7", "dim7"), ("o", "dim"), ("+j7", "maj7#5"), ("+7", "aug7"), ("+", "aug"),
    ("sus7", "7sus4"), ("sus", "7sus4"), ("7alt", "7"), ("7", "7"), ("6", "6"), ("", ""),
)  # fmt: skip
_ON_BEAT = 0.05
_SECOND = (0.42, 0.8)
_TENSION = re.compile(r"(9|11|13)([#b]?)")


@dataclass(frozen=True, eq=False)
class Solo:
    """Hold a solo of one player.

    Parameters
    ----------
    name, performer : str
        The file's name, and who plays.
    beats : np.ndarray, shape (beats,)
        In seconds, ascending.
    places, lengths : np.ndarray of int, shape (beats,)
        Each beat's place in its bar, from 0, and how many beats its bar has.
    chords : tuple[Chord or None, ...]
        One a beat.
    positions : np.ndarray, shape (notes,)
        Where a note belongs, in beats from the first one: what is written, not what is played.
    onsets, durations : np.ndarray, shape (notes,)
        What is played, in seconds.
    pitches : np.ndarray of int, shape (notes,)
        MIDI numbers.
    loudness : np.ndarray, shape (notes,)
        Median level in dB, on a scale of its own; nan where unknown.
    begins : np.ndarray of bool, shape (notes,)
        Whether a phrase begins with it.
    """

    name: str
    performer: str
    beats: Array
    places: Integers
    lengths: Integers
    chords: tuple[Chord | None, ...]
    positions: Array
    onsets: Array
    durations: Array
    pitches: Integers
    loudness: Array
    begins: npt.NDArray[np.bool_]

    @property
    def tempo(self) -> float:
        """Return the median tempo in beats a minute."""
        return float(60 / np.median(np.diff(self.beats)))


def written(solo: Solo) -> Array:
    """Return where each note belongs in even eighths, in beats from the first one.

    The database writes the second of two swung eighths as the last of three or of four parts,
    depending on how late it comes. Where a beat has a single note besides the one on it, and that
    lies between .42 and .8, it is the second eighth: .5.
    """
    positions = solo.positions.copy()
    beat = np.floor(positions + 1e-6).astype(int)
    phase = positions - beat
    inside = phase > _ON_BEAT
    count = np.bincount(beat[inside], minlength=beat.max() + 1)
    second = inside & (count[beat] == 1) & (phase > _SECOND[0]) & (phase < _SECOND[1])
    positions[second] = beat[second] + 0.5
    return positions


def is_here() -> bool:
    """Say whether the database lies unpacked in the cache folder."""
    return _folder().is_dir()


def solos(split: str) -> tuple[Solo, ...]:
    """Return the solos of a split, sorted by name.

    Parameters
    ----------
    split : {'train', 'validation', 'test'}

    Raises
    ------
    ToolkitError
        If the database is not unpacked.
    """
    if not is_here():
        raise ToolkitError(
            "the Weimar Jazz Database is not here", f"unpack its folders into {_folder().parent}"
        )
    held = {name: split for split, names in PERFORMERS.items() for name in names}
    found = []
    for path in sorted((_folder() / "mcsv_melody").glob("*.csv")):
        performer = path.stem.split("_")[0]
        if held.get(performer, "train") == split:
            found.append(read(path))
    return tuple(found)


def read(path: Path) -> Solo:
    """Return the solo of a table of notes; the table of beats lies in the folder beside."""
    beside = path.parents[1] / "mcsv_beat" / path.name.replace("_FINAL", "_FINAL_beattrack")
    beats, notes = _rows(beside), _rows(path)
    index = {(int(row["bar"]), int(row["beat"])): number for number, row in enumerate(beats)}
    positions = [
        index[int(row["bar"]), int(row["beat"])] + (int(row["tatum"]) - 1) / int(row["division"])
        for row in notes
    ]
    return Solo(
        name=path.stem.removesuffix("_FINAL"),
        performer=path.stem.split("_")[0],
        beats=np.array([float(row["onset"]) for row in beats]),
        places=np.array([int(row["beat"]) - 1 for row in beats]),
        lengths=np.array([int(row["signature"].strip("\"'").split("/")[0]) for row in beats]),
        chords=tuple(chord(row["chord"]) for row in beats),
        positions=np.array(positions),
        onsets=np.array([float(row["onset"]) for row in notes]),
        durations=np.array([float(row["duration"]) for row in notes]),
        pitches=np.array([int(row["pitch"]) for row in notes]),
        loudness=np.array([float(row.get("loud_median") or "nan") for row in notes]),
        begins=np.array([row["phrase_begin"] == "1" for row in notes]),
    )


def chord(symbol: str) -> Chord | None:
    """Return the chord that the database spells so, None for no chord.

    Examples
    --------
    >>> chord("Bb-7911").symbol, chord("G79b13b").symbol, chord("NC")
    ('Bbm7(9,11)', 'G7(b9,b13)', None)
    """
    found = _CHORD.match(symbol)
    if found is None:
        return None
    root, suffix, below = found.groups()
    base = max((each for each, _ in _BASES if suffix.startswith(each)), key=len)
    tensions = tuple(
        f"{accidental}{number}"
        for number, accidental in _TENSION.findall(suffix.removeprefix(base))
        if f"{accidental}{number}" in _KNOWN
    )
    tensions = ("#9", "b13") if base == "7alt" else tensions
    bass = None if below is None else pitch_class(below)
    return Chord(pitch_class(root), dict(_BASES)[base], tensions, bass)


_KNOWN = ("b9", "9", "#9", "11", "#11", "b13", "13")


def _folder() -> Path:
    return cache_dir() / "unpacked" / "wjazzd" / "wjazzd"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
