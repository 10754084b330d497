"""Music whose notes are known, to measure transcribers with: on a piano, and of many instruments.

The works of `toolkit.evaluation.music.HELD_OUT` as they are played there, the same on a piano, and
excerpts of OpenMSX songs. Nothing of it, nor the SoundFont that plays it, is in any training.
Drums are left out. All notes are pinned by hash.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from toolkit.adapters import openmsx, soundfont
from toolkit.cache import cache_dir, keeping
from toolkit.evaluation import music
from toolkit.evaluation.note_scores import merged
from toolkit.evaluation.pins import check_pinned
from toolkit.values import Audio, Note, Notes

SAMPLE_RATE = 44100
PIANO, MIXED = "piano", "mixed"

_RENDER_VERSION = 1
_SECONDS = 20.0
_FIRST_SECOND = 15.0
_LEVEL_DB = -22.0
# From here on General MIDI's programs have no pitch; notes softer than -30 dB are not heard.
_FIRST_EFFECT, _SOFTEST = 112, 0.03


@dataclass(frozen=True)
class Item:
    """Describe one item.

    Parameters
    ----------
    name : str
        What tables call it.
    group : str
        `PIANO` or `MIXED`.
    source : str
        A piece of `toolkit.evaluation.music.HELD_OUT`, or a song of OpenMSX.
    sha256 : str
        The first 16 digits of the notes' hash.
    """

    name: str
    group: str
    source: str
    sha256: str


_PIECES = tuple(piece.name for piece in music.HELD_OUT)
_SONGS = (
    "be_sharp_bw_redfarn",
    "busy_schedule",
    "chemistry_lab",
    "city_blues_redfarn",
    "coconut_run2",
    "flying_scotsman",
    "harp_harmony",
    "keep_on_rolling",
    "modern_motion",
    "relax_song",
    "the_hobo_redfarn",
    "tttheme2",
)
_PINS = {
    "string-choir": "105ef4cd099d9018",
    "be_sharp_bw_redfarn": "de10e07811cd56d8",
    "string-choir, piano": "2a2077b28dc93eed",
    "polonaise-piano": "47fd03ee5c493bd0",
    "busy_schedule": "23e24e68264efd67",
    "polonaise-piano, piano": "47fd03ee5c493bd0",
    "parlor-band": "80b1300c79ab72b7",
    "chemistry_lab": "864cdd47c351a96d",
    "parlor-band, piano": "938e5264b3d3f744",
    "haydn-quartet": "077d1adf39ea126b",
    "city_blues_redfarn": "23739fbc49dcfd4f",
    "haydn-quartet, piano": "58b28ac147af38ca",
    "aria-clarinet": "dcba847d74614f90",
    "coconut_run2": "1b44dcabd3770059",
    "aria-clarinet, piano": "c2a8e727ef6a162d",
    "sinfonia": "edf58444f5bd14f3",
    "flying_scotsman": "2240183fab0d7730",
    "sinfonia, piano": "6d3244e0714d6fdd",
    "rondo-piano": "ac8d6979c093a0e3",
    "harp_harmony": "0c78c4972ddcf2a0",
    "rondo-piano, piano": "a27a4a8fca77faa9",
    "organ": "366aaaaa0839b52e",
    "keep_on_rolling": "171aafe4b6cfdb8d",
    "organ, piano": "ea38e3c7c114978e",
    "wind-band": "dab2c95e818f4c82",
    "modern_motion": "605a6b0eacb7e4c3",
    "wind-band, piano": "30b7eb7d4c0b7c4d",
    "song-piano": "cb6f126569f63660",
    "relax_song": "0f7529b7844259da",
    "song-piano, piano": "8bcb7810a7628cb8",
    "the_hobo_redfarn": "eb9cc4e8f3e41504",
    "tttheme2": "6e85a72ef8bf07b3",
}


def items() -> tuple[Item, ...]:
    """Return all items, the groups by turns."""
    pianos = [(f"{name}, piano", PIANO, name) for name in _PIECES]
    mixed = [(name, MIXED, name) for pair in zip(_PIECES, _SONGS, strict=False) for name in pair]
    mixed += [(name, MIXED, name) for name in _SONGS[len(_PIECES) :]]
    order = []
    for index, each in enumerate(mixed):
        order.append(each)
        if index % 2 and index // 2 < len(pianos):
            order.append(pianos[index // 2])
    return tuple(Item(*each, _PINS[each[0]]) for each in order)


def item_notes(item: Item) -> Notes:
    """Return what is played.

    Raises
    ------
    ToolkitError
        If it is not what was pinned, as after a change of the packages.
    """
    notes = _piece(item) if item.source in _PIECES else _song(item.source)
    hint = "install the pinned packages with: uv sync --group bench"
    check_pinned(item.name, notes, item.sha256, hint)
    return notes


def render(item: Item, notes: Notes) -> Audio:
    """Return an item as mono audio at 44.1 kHz, from the cache when it is there."""
    key = hashlib.sha256(f"{_RENDER_VERSION} {item}".encode()).hexdigest()[:16]
    path = cache_dir() / "evaluation" / "notes" / f"{key}.npy"
    if path.is_file():
        return Audio(np.load(path), SAMPLE_RATE)
    stereo = soundfont.play(notes, sample_rate=SAMPLE_RATE, tail=1.0)
    samples = stereo.samples.mean(axis=0, keepdims=True, dtype=np.float64)
    samples *= 10 ** (_LEVEL_DB / 20) / np.sqrt(np.mean(samples**2))
    with keeping(path) as partial:
        np.save(partial, samples.astype(np.float32))
    return Audio(samples.astype(np.float32), SAMPLE_RATE)


def _piece(item: Item) -> Notes:
    notes = _piece_notes(item.source)
    if item.group == MIXED:
        return Notes(tuple(note for note in notes if note.program < _FIRST_EFFECT))
    # Where several instruments played in unison, the piano strikes once.
    return Notes(
        tuple(Note(note.onset, note.offset, note.pitch, note.velocity, 0) for note in merged(notes))
    )


@lru_cache(maxsize=16)
def _piece_notes(name: str) -> Notes:
    return music.piece_notes(next(piece for piece in music.HELD_OUT if piece.name == name))


def _song(name: str) -> Notes:
    stop = _FIRST_SECOND + _SECONDS
    return Notes(
        tuple(
            Note(
                note.onset - _FIRST_SECOND,
                min(note.offset, stop) - _FIRST_SECOND,
                note.pitch,
                note.velocity,
                note.program,
            )
            for note in openmsx.read(name)
            if _FIRST_SECOND <= note.onset < stop - 0.1
            and note.program < _FIRST_EFFECT
            and note.velocity >= _SOFTEST
        )
    )
