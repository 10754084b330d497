"""Choose who plays a stem, and let them play: a SoundFont, recorded tones, or a synthesizer.

Besides, what is played may be transposed on paper and played back faster or slower by as much, so
that pitch and time are as written while resonances and attacks are those of another instrument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from toolkit.adapters import debian, soundfont
from toolkit.dsp import resample
from toolkit.training import grand, kits, patches, strokes, synthesis
from toolkit.training.sampler import SAMPLE_RATE, Instrument, Mono, play
from toolkit.values import DRUMS, Note, Notes

_PEAK = 0.7
_LAYERED_SHARE, _LAYER_DB = 0.12, (-9.0, 0.0)
_MOVED_SHARE, _MOVED_SEMITONES, _MOVED_AT_MOST = 0.6, 3.0, 7
_TAIL_SECONDS = 2.0
# A patch bank has not every program; a neighbor of the same family stands in.
_FAMILY = 8
_SPARE = {"piano": 0, "bass": 33, "other": 48}

Font = dict[str, Any]
"""An entry of the ledger's ``[[bands.font]]``."""


def perform(
    notes: tuple[Note, ...],
    kind: str,
    fonts: list[Font],
    rng: np.random.Generator,
    num_samples: int,
) -> Mono:
    """Return a stem of peak 0.7 as one of the ledger's fonts plays it, at times two together.

    Parameters
    ----------
    notes : tuple[Note, ...]
        Those of the stem; none leaves it silent.
    kind : str
        ``piano``, ``bass``, ``drums`` or ``other``.
    fonts : list of dict
        From which one that plays this kind is drawn by its ``weight``, 1 by default.
    rng : np.random.Generator
        Decides everything.
    num_samples : int
        At 22.05 kHz.
    """
    able = [font for font in fonts if kind in font["plays"]]
    weights = np.array([font.get("weight", 1.0) for font in able], float)
    layers = 2 if rng.random() < _LAYERED_SHARE else 1
    found = np.zeros(num_samples, np.float32)
    for layer in range(layers):
        font = able[int(rng.choice(len(able), p=weights / weights.sum()))]
        sound = _moved(notes, kind, font, rng)[:num_samples]
        level_db = float(rng.uniform(*_LAYER_DB)) if layer else 0.0
        found[: len(sound)] += _at_peak(sound) * np.float32(10 ** (level_db / 20))
    return _at_peak(found)


def _at_peak(sound: Mono) -> Mono:
    peak = float(np.abs(sound).max(initial=0.0))
    return sound * np.float32(_PEAK / peak) if peak > 1e-4 else np.zeros_like(sound)


def _moved(notes: tuple[Note, ...], kind: str, font: Font, rng: np.random.Generator) -> Mono:
    """Return notes as a font plays them, by a random part as another size of instrument."""
    moved = 0
    if rng.random() < _MOVED_SHARE:
        drawn = np.clip(rng.normal(0, _MOVED_SEMITONES), -_MOVED_AT_MOST, _MOVED_AT_MOST)
        moved = round(float(drawn))
    faster = 2 ** (moved / 12)
    written = tuple(
        replace(
            note,
            onset=note.onset * faster,
            offset=note.offset * faster,
            pitch=note.pitch if kind == "drums" else int(np.clip(note.pitch - moved, 0, 127)),
        )
        for note in notes
    )
    sound = _FORMS[font.get("form", "soundfont")](written, kind, font, rng)
    if moved:
        sound = resample.resample(sound[None], SAMPLE_RATE * faster, SAMPLE_RATE)[0]
    return sound


def _by_soundfont(notes: tuple[Note, ...], kind: str, font: Font, rng: np.random.Generator) -> Mono:
    kit = int(rng.choice(font.get("kits", [0])))
    if not notes:
        return np.zeros(0, np.float32)
    player = _player(font["package"], font["file"])
    stereo = player.play(Notes(notes), tail=_TAIL_SECONDS, kit=kit).samples
    return np.asarray(stereo.mean(axis=0), np.float32)


def _by_patches(notes: tuple[Note, ...], kind: str, font: Font, rng: np.random.Generator) -> Mono:
    package = font["package"]
    return _each_program(notes, lambda program: _patch(package, kind, program))


def _by_kit(notes: tuple[Note, ...], kind: str, font: Font, rng: np.random.Generator) -> Mono:
    folder = font["folders"][int(rng.integers(len(font["folders"])))]
    chosen = kits.instrument(kits.kit_of(font["package"], folder), rng)
    return _each_program(notes, lambda _program: chosen)


def _by_grand(notes: tuple[Note, ...], kind: str, font: Font, rng: np.random.Generator) -> Mono:
    chosen = grand.instrument(font["package"], int(rng.integers(1, 5)))
    return _each_program(notes, lambda _program: chosen)


def _by_synthesis(notes: tuple[Note, ...], kind: str, font: Font, rng: np.random.Generator) -> Mono:
    def new(program: int) -> Instrument:
        return strokes.instrument(rng) if program == DRUMS else synthesis.instrument(rng, kind)

    return _each_program(notes, new)


def _each_program(notes: tuple[Note, ...], instrument: Callable[[int], Instrument]) -> Mono:
    """Return the sum of what each program's instrument plays of the notes."""
    end = max((note.offset for note in notes), default=0.0) + _TAIL_SECONDS
    found = np.zeros(round(end * SAMPLE_RATE), np.float32)
    for program in sorted({note.program for note in notes}):
        part = [note for note in notes if note.program == program]
        found += play(part, instrument(program), len(found))
    return found


def _patch(package: str, kind: str, program: int) -> Instrument:
    """Return a bank's instrument, or the nearest of its family that it has."""
    family = sorted(
        range(program // _FAMILY * _FAMILY, program // _FAMILY * _FAMILY + _FAMILY),
        key=lambda each: abs(each - program),
    )
    wanted = (program,) if program == DRUMS else (*family, _SPARE[kind])
    found = (patches.instrument(package, each) for each in wanted)
    return next(each for each in found if each is not None)


@lru_cache(maxsize=8)
def _player(package: str, file: str) -> soundfont.Player:
    return soundfont.Player(next(debian.fetch(package).rglob(file)), SAMPLE_RATE)


_FORMS: dict[str, Callable[[tuple[Note, ...], str, Font, np.random.Generator], Mono]] = {
    "soundfont": _by_soundfont,
    "patches": _by_patches,
    "kits": _by_kit,
    "grand": _by_grand,
    "synthesis": _by_synthesis,
}
