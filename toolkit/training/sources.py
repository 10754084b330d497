"""Read the ledger of what the networks hear, and decode its recordings once.

The ledger, ``checkpoints/sources.toml``, names every source with its licence; a checkpoint's card
prints it. Packages are Debian's, fetched by ``apt-get download`` and unpacked without being
installed, and files of the music21 corpus. What comes out lies in the cache folder: one ``.npy``
of 16-bit mono samples at 44.1 kHz a track, ``<split>/<source>/<track>.npy``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from toolkit.adapters.debian import fetch
from toolkit.cache import cache_dir, keeping
from toolkit.dsp import resample
from toolkit.errors import ToolkitError

SAMPLE_RATE = 44100

_AUDIO = {".ogg", ".opus", ".flac", ".wav"}
_SHORTEST_SECONDS = 20.0
_PEAK = 0.7


@dataclass(frozen=True)
class Ledger:
    """Hold the parsed ``sources.toml``.

    Parameters
    ----------
    music : tuple of dict
        Recordings: name, package, licence, credit, weight, validation (track names).
    soundfonts : tuple of dict
        SoundFonts that scores are played with: name, package, file, licence, credit.
    scores : dict
        Works of the music21 corpus: composers, works left out, how many of each composer.
    midi : tuple of dict
        MIDI files: name, package, licence, credit, weight.
    bands : dict
        What separators hear: how many songs and movements, ``font`` (SoundFonts: name, package,
        file, licence, credit, plays, kits), ``player`` (package, licence, credit).
    performances : dict
        What transcribers hear: how many to ``train`` and for ``validation``, ``font`` (SoundFonts:
        name, package, file, licence, credit, share), ``midi`` (songs: name, package, licence,
        credit).
    voices, solos, charts : tuple of dict
        What the tagger of voices, the players of lines, and the chord models read: name, package,
        licence, credit; charts belong to a ``corpus``.
    """

    music: tuple[dict[str, Any], ...]
    soundfonts: tuple[dict[str, Any], ...]
    scores: dict[str, Any]
    midi: tuple[dict[str, Any], ...]
    bands: dict[str, Any] = field(default_factory=dict)
    performances: dict[str, Any] = field(default_factory=dict)
    voices: tuple[dict[str, Any], ...] = ()
    solos: tuple[dict[str, Any], ...] = ()
    charts: tuple[dict[str, Any], ...] = ()


def read_ledger(path: Path) -> Ledger:
    """Return the ledger in a TOML file.

    Raises
    ------
    ToolkitError
        If it cannot be read.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return Ledger(
            music=tuple(table.get("music", ())),
            soundfonts=tuple(table.get("soundfont", ())),
            scores=table["scores"],
            midi=tuple(table.get("midi", ())),
            bands=table.get("bands", {}),
            voices=tuple(table.get("voices", ())),
            solos=tuple(table.get("solos", ())),
            charts=tuple(table.get("charts", ())),
            performances=table.get("performances", {}),
        )
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise ToolkitError(f"cannot read {path}: {error}", "see checkpoints/README.md") from error


def prepared() -> Path:
    """Return the folder of decoded and rendered tracks."""
    return cache_dir() / "training"


def prepare_music(source: dict[str, Any]) -> Iterator[Path]:
    """Decode every recording of a source that is not decoded yet, yielding each file written."""
    for path in sorted(fetch(source["package"]).rglob("*")):
        if path.suffix.lower() not in _AUDIO:
            continue
        split = "validation" if path.stem in source.get("validation", ()) else "train"
        target = prepared() / split / source["name"] / f"{path.stem}.npy"
        if not target.is_file():
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
            mono = samples.T.mean(axis=0, keepdims=True, dtype=np.float32)
            if rate != SAMPLE_RATE:
                mono = resample.resample(mono, rate, SAMPLE_RATE)
            if mono.shape[1] >= _SHORTEST_SECONDS * SAMPLE_RATE:
                save(target, mono[0])
                yield target


def save(path: Path, mono: np.ndarray) -> None:
    """Write samples as 16-bit numbers, the peak at 0.7 of full scale."""
    peak = float(np.abs(mono).max(initial=1e-9))
    with keeping(path) as partial:
        np.save(partial, np.round(mono * (_PEAK / peak * 32767)).astype(np.int16))
