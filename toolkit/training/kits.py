"""Assemble drum kits from recordings of single strokes, whatever the files are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from toolkit.adapters import debian
from toolkit.training.sampler import Instrument, Tone, load
from toolkit.values import Note

_AUDIO = {".wav", ".flac", ".aif", ".aiff", ".ogg"}
_LONGEST = 3.0
# The first that matches counts. Names come from sonic-pi-samples and from kits of Hydrogen, where
# many are abbreviated; what must not become a drum is sorted out first.
_KINDS = (
    ("", r"roll|loop|^bass_|empty|^[xy]fx|whistle|^sr_|^sn3|mute|trimo|vinyl|ambi|guit|mehackit"),
    ("", r"glitch|perc_|misc_(?!cow)|elec_(?!.*snare|.*kick|cymbal)|stomachache|rand-"),
    ("kick", r"kick"),
    ("stick", r"stick|rim_|rimclick|^rs_|ss-ht|click"),
    ("clap", r"clap"),
    ("snare", r"snare|^s[nd]\d?_|_sn_"),
    ("pedal", r"pedal|hh_p|hihatfoot"),
    ("open", r"openh|hhopen|hat_op|open|ohh|^ho_|^hh2|hh_2"),
    ("closed", r"hat|hh|cymbal_closed"),
    ("shaker", r"shak|maraca|tambourine|cabasa"),
    ("cowbell", r"cowbell|agogo|mc_cb"),
    ("low", r"tom[_-]?(lo|2)|floor|^ft_|^tm2|noise-tom0"),
    ("middle", r"tom[_-]?(mid|1_1)|^t2_|noise-tom1"),
    ("high", r"tom|^tm?1?_"),
    ("ride", r"ride|^rd|^rc_|^bl_"),
    ("crash", r"crash|^cra_|cymbal|china|splash|^c[bc]\d?_"),
    ("kick", r"^bd|_bd_|bassdrum|drum_bass|hardhse_k"),
    ("conga", r"conga|bongo|tabla|ee_drum"),
)
KINDS = tuple(dict.fromkeys(kind for kind, _ in _KINDS if kind))
"""What strokes are told apart."""

_BY_PITCH = {
    "kick": (35, 36),
    "stick": (31, 37, 75, 76, 77),
    "snare": (38, 40),
    "clap": (39,),
    "low": (41, 43, 66),
    "middle": (45, 47),
    "high": (48, 50, 65),
    "closed": (42,),
    "pedal": (44,),
    "open": (46,),
    "crash": (49, 52, 55, 57),
    "ride": (51, 53, 59),
    "cowbell": (56, 67, 68, 80, 81),
    "conga": (60, 61, 62, 63, 64, 78, 79),
    "shaker": (54, 58, 69, 70, 82),
}
_KIND_OF_PITCH = {pitch: kind for kind, pitches in _BY_PITCH.items() for pitch in pitches}
# A kit without congas is played on its toms: better another drum than none.
_INSTEAD = {
    "stick": ("snare",),
    "clap": ("snare",),
    "pedal": ("closed",),
    "open": ("crash", "closed"),
    "ride": ("crash", "closed"),
    "crash": ("ride", "open"),
    "low": ("middle", "high", "kick"),
    "middle": ("high", "low", "snare"),
    "high": ("middle", "low", "snare"),
    "conga": ("high", "middle", "low"),
    "shaker": ("closed",),
    "cowbell": ("stick", "ride"),
}

# Peaks as they stand to each other in a set; the recordings all come at full scale.
_LEVELS_DB = {
    "kick": 0.0,
    "snare": -2.0,
    "low": -4.0,
    "middle": -4.0,
    "high": -4.0,
    "conga": -6.0,
    "clap": -6.0,
    "stick": -8.0,
    "crash": -7.0,
    "ride": -13.0,
    "open": -11.0,
    "closed": -12.0,
    "pedal": -14.0,
    "cowbell": -11.0,
    "shaker": -13.0,
}
_LEVEL_SPREAD_DB = 3.5

Kit = dict[str, tuple[Path, ...]]
"""Recordings of each kind of stroke, softest first where their names or levels say so."""


def kind_of(name: str) -> str | None:
    """Return which of `KINDS` the stroke of a file is by its name, None where it does not say."""
    name = name.lower()
    found = next((kind for kind, pattern in _KINDS if re.search(pattern, name)), None)
    return found or None


def kind_of_pitch(pitch: int) -> str | None:
    """Return which kind of stroke a pitch of General MIDI's percussion is."""
    return _KIND_OF_PITCH.get(pitch)


def level(rng: np.random.Generator, kind: str) -> float:
    """Return a factor for strokes of a kind, as loud as a drummer or an engineer has them."""
    return float(10 ** ((_LEVELS_DB[kind] + _LEVEL_SPREAD_DB * rng.normal()) / 20))


def assemble(files: Sequence[Path]) -> Kit:
    """Sort recordings of strokes by kind."""
    kit: dict[str, list[Path]] = {}
    for path in sorted(files):
        kind = kind_of(path.stem) if path.suffix.lower() in _AUDIO else None
        if kind is not None:
            kit.setdefault(kind, []).append(path)
    return {kind: tuple(paths) for kind, paths in kit.items()}


def instrument(kit: Kit, rng: np.random.Generator) -> Instrument:
    """Return a drum set that has chosen one or two recordings for each pitch.

    Strokes of the same pitch alternate at random between them, as layers of a kit do.
    """
    chosen: dict[int, list[Tone]] = {}
    levels = {kind: np.float32(level(rng, kind)) for kind in KINDS}
    for pitch, kind in _KIND_OF_PITCH.items():
        paths = next((kit[each] for each in (kind, *_INSTEAD.get(kind, ())) if each in kit), ())
        if paths:
            first = int(rng.integers(len(paths)))
            pair = paths[first : first + 2]
            chosen[pitch] = [Tone(_stroke(path) * levels[kind]) for path in pair]

    def tone(note: Note) -> Tone | None:
        tones = chosen.get(note.pitch)
        return tones[int(note.velocity * 1000) % len(tones)] if tones else None

    return tone


def kit_of(package: str, folder: str) -> Kit:
    """Return the kit in a folder of a Debian package, fetching it when it is not there."""
    return _kit(package, folder)


@lru_cache(maxsize=32)
def _kit(package: str, folder: str) -> Kit:
    root = next(path for path in sorted(debian.fetch(package).rglob(folder)) if path.is_dir())
    return assemble([path for path in root.rglob("*") if path.is_file()])


@lru_cache(maxsize=512)
def _stroke(path: Path) -> np.ndarray:
    return load(path, longest=_LONGEST)
