"""Choose the instruments that notes are played with: the best SoundFont that is here.

In this order: the file that ``TONEARM_SOUNDFONT`` names; one that `tonearm checkpoints fetch` has
brought; one that the system has installed; the small one that the `pretty_midi` package carries.
A font that needs FluidSynth is passed over where that program is not installed. Which one it was
stands in the record of a run, with its licence.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from toolkit.adapters import debian, fluidsynth, soundfont
from toolkit.cache import data_dir
from toolkit.errors import ResourceError, ToolkitError, UsageError
from toolkit.shipped import folder
from toolkit.values import Notes, Samples

_VARIABLE = "TONEARM_SOUNDFONT"
_SUFFIXES = (".sf2", ".sf3")


@dataclass(frozen=True)
class KnownFont:
    """Hold an entry ``[[soundfont]]`` of ``checkpoints/external.toml``.

    Parameters
    ----------
    name : str
        What `tonearm checkpoints fetch` calls it.
    package : str
        Debian package that carries it.
    file : str
        Its file in there.
    bytes : int
        Size of the file.
    sha256 : str
        Of the file.
    licence, credit : str
        Of the font.
    systems : tuple[str, ...]
        Where an installed package puts it.
    fluidsynth : bool
        Whether it needs that program: TinySoundFont knows no modulators, without which some fonts
        are far too quiet.
    """

    name: str
    package: str
    file: str
    bytes: int
    sha256: str
    licence: str
    credit: str
    systems: tuple[str, ...]
    fluidsynth: bool = False


@dataclass(frozen=True)
class Bank:
    """Hold a SoundFont that is here: its file, what it is called, its licence, what plays it."""

    path: Path
    name: str
    licence: str
    synthesizer: str = "tinysoundfont"

    def play_into(self, out: Samples, notes: Notes, *, sample_rate: int, kit: int = 0) -> None:
        """Render notes, their pedal included, into an array of shape (2, any)."""
        if self.synthesizer == fluidsynth.PROGRAM:
            fluidsynth.play_into(out, notes, soundfont=self.path, sample_rate=sample_rate, kit=kit)
        else:
            player = _player(self.path, sample_rate)
            player.play_into(out, notes, sustain=notes.pedal, kit=kit)


@lru_cache(maxsize=2)
def _player(path: Path, sample_rate: int) -> soundfont.Player:
    return soundfont.Player(path, sample_rate)


@lru_cache(maxsize=1)
def known() -> Mapping[str, KnownFont]:
    """Return the fonts that ``external.toml`` lists, by name, best first."""
    table = tomllib.loads((folder("checkpoints") / "external.toml").read_text(encoding="utf-8"))
    return {
        entry["name"]: KnownFont(**{**entry, "systems": tuple(entry["systems"])})
        for entry in table["soundfont"]
    }


def fonts_folder() -> Path:
    """Return where fetched fonts lie."""
    return data_dir() / "soundfonts"


def best() -> Bank:
    """Return the best font that is here.

    Raises
    ------
    UsageError
        If the environment names a file that is no SoundFont.
    ToolkitError
        If there is none at all.
    """
    chosen = os.environ.get(_VARIABLE)
    if chosen:
        path = Path(chosen)
        if not path.is_file() or path.suffix.lower() not in _SUFFIXES:
            raise UsageError(
                f"{_VARIABLE}={chosen} is no SoundFont", "name an .sf2 or .sf3 file, or unset it"
            )
        return Bank(path, path.name, "unknown")
    for font in known().values():
        if font.fluidsynth and not fluidsynth.is_here():
            continue
        synthesizer = fluidsynth.PROGRAM if font.fluidsynth else "tinysoundfont"
        for path in (fonts_folder() / font.file, *map(Path, font.systems)):
            if path.is_file():
                return Bank(path, font.name, font.licence, synthesizer)
    return Bank(soundfont.general_midi(), "TimGM6mb", "GPL-2.0, in the pretty_midi package")


def fetch(name: str, *, force: bool = False) -> Path:
    """Bring a known font here and return its file.

    Raises
    ------
    UsageError
        If it is here already and `force` is not set.
    ResourceError
        If it cannot be had; says what to do by hand.
    ToolkitError
        If what came is not the font.
    """
    font = known()[name]
    target = fonts_folder() / font.file
    if target.exists() and not force:
        raise UsageError(f"{name} is here already: {target}", "replace it with --force")
    try:
        unpacked = debian.fetch(font.package)
    except ToolkitError as error:
        raise ResourceError(
            error.message, f"put {font.file} of the package {font.package} into {fonts_folder()}"
        ) from error
    source = next(unpacked.rglob(font.file), None)
    if source is None:
        raise ToolkitError(f"{font.package} has no {font.file}", "report this, with its version")
    keep(source, font)
    return target


def keep(source: Path, font: KnownFont) -> None:
    """Copy a font's file to where fonts lie, once its size and sha256 are what they should be.

    Raises
    ------
    ToolkitError
        If they are not.
    """
    with source.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if source.stat().st_size != font.bytes or sha256 != font.sha256:
        raise ToolkitError(
            f"{source.name} has the sha256 {sha256[:12]}…, expected {font.sha256[:12]}…",
            "it is damaged or another version: get it again",
        )
    fonts_folder().mkdir(parents=True, exist_ok=True)
    partial = fonts_folder() / f".{font.file}.part"
    shutil.copyfile(source, partial)
    partial.replace(fonts_folder() / font.file)
