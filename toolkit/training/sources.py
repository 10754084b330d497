"""Fetch the packages that the networks hear, and decode or render them once.

The ledger, ``checkpoints/sources.toml``, names every source with its licence; a checkpoint's card
prints it. Packages are Debian's, fetched by ``apt-get download`` and unpacked without being
installed, and files of the music21 corpus. What comes out lies in the cache folder: one ``.npy``
of 16-bit mono samples at 44.1 kHz a track, ``<split>/<source>/<track>.npy``.
"""

from __future__ import annotations

import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from toolkit.dsp import resample
from toolkit.errors import ToolkitError
from toolkit.evaluation.music import cache_dir

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
    """

    music: tuple[dict[str, Any], ...]
    soundfonts: tuple[dict[str, Any], ...]
    scores: dict[str, Any]
    midi: tuple[dict[str, Any], ...]


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
        )
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise ToolkitError(f"cannot read {path}: {error}", "see checkpoints/README.md") from error


def prepared() -> Path:
    """Return the folder of decoded and rendered tracks."""
    return cache_dir() / "training"


def fetch(package: str) -> Path:
    """Return the folder of an unpacked Debian package, fetching it when it is not there.

    Raises
    ------
    ToolkitError
        If this is no Debian system, or the package cannot be had.
    """
    folder = cache_dir() / "unpacked" / package
    if folder.is_dir():
        return folder
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise ToolkitError(
            f"cannot fetch {package}: no apt-get here", f"unpack the package into {folder}"
        )
    packages = cache_dir() / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(
            ["apt-get", "download", "-q", package], cwd=packages, check=True, capture_output=True
        )
    except subprocess.CalledProcessError as error:
        raise ToolkitError(
            f"cannot fetch {package}: {error.stderr.decode().strip()[-200:]}",
            "run apt-get update, or choose a mirror that has it",
        ) from error
    newest = max(packages.glob(f"{package}_*.deb"), key=lambda path: path.stat().st_mtime)
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", newest, partial], check=True, capture_output=True)
    for archive in partial.rglob("*.pk3"):
        with zipfile.ZipFile(archive) as members:
            members.extractall(archive.with_suffix(""))
    partial.rename(folder)
    return folder


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
    path.parent.mkdir(parents=True, exist_ok=True)
    peak = float(np.abs(mono).max(initial=1e-9))
    partial = path.with_suffix(".partial.npy")
    np.save(partial, np.round(mono * (_PEAK / peak * 32767)).astype(np.int16))
    partial.replace(path)
