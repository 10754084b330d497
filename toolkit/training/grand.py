"""Play a recorded grand piano: one tone every third semitone, in several dynamics."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from toolkit.cache import cache_dir
from toolkit.errors import ToolkitError
from toolkit.training.sampler import Instrument, Tone, load, nearest
from toolkit.values import Note

_NAME = re.compile(r"([A-G]#?)(\d)v(\d+)")
_SEMITONES = {"C": 0, "D#": 3, "F#": 6, "A": 9}
_LONGEST = 6.0
_RELEASE = 0.25
# Dynamics are numbered to 16.
_LOUDEST = 16


def instrument(package: str, layers: int) -> Instrument:
    """Return the piano with so many of its dynamics, the softest for the softest notes.

    Parameters
    ----------
    package : str
        Folder in the cache, with files such as ``D#3v10.ogg``: pitch, octave, dynamics 1..16.
    layers : int
        1 for one tone at every velocity; as many as there are at most.

    Raises
    ------
    ToolkitError
        If the recordings are not there.
    """
    found = _layers(package)
    chosen = sorted(found)[-layers:]

    def tone(note: Note) -> Tone:
        # A layer is as loud as its peak, which is 1, so velocity counts for color only here.
        wanted = note.velocity * _LOUDEST
        return nearest(found[min(chosen, key=lambda layer: abs(layer - wanted))], note.pitch)

    return tone


@lru_cache(maxsize=2)
def _layers(package: str) -> dict[int, dict[int, Tone]]:
    folder = cache_dir() / "unpacked" / package
    layers: dict[int, dict[int, Tone]] = {}
    for path in sorted(folder.rglob("*.ogg")):
        if match := _NAME.fullmatch(path.stem):
            layers.setdefault(int(match[3]), {})[_pitch(match)] = _tone(path, _pitch(match))
    if not layers:
        raise ToolkitError(
            f"the recordings of {package} are not here",
            f"unpack @audio-samples/piano-velocity3, 6, 10 and 13 into {folder}",
        )
    return layers


def _pitch(name: re.Match[str]) -> int:
    return _SEMITONES[name[1]] + 12 * (int(name[2]) + 1)


def _tone(path: Path, pitch: int) -> Tone:
    # The topmost octave and a half of a piano has no dampers.
    release = _RELEASE if pitch < 90 else _LONGEST
    return Tone(load(path, longest=_LONGEST), pitch=float(pitch), release=release)
