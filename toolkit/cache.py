"""Say where files are kept: those that can be had again, and those that the user has put there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_dir() -> Path:
    """Return where generated files are kept: ``TONEARM_CACHE``, else the platform's folder."""
    return _folder(
        "TONEARM_CACHE",
        mac="Library/Caches",
        windows=("LOCALAPPDATA", "AppData/Local"),
        linux=("XDG_CACHE_HOME", ".cache"),
    )


def data_dir() -> Path:
    """Return where fetched and imported weights are kept: ``TONEARM_DATA``, else the platform's."""
    return _folder(
        "TONEARM_DATA",
        mac="Library/Application Support",
        windows=("APPDATA", "AppData/Roaming"),
        linux=("XDG_DATA_HOME", ".local/share"),
    )


@contextmanager
def keeping(path: Path) -> Iterator[Path]:
    """Give a name to write a file under, and give it its own name when it is whole.

    Its folder is made. Processes that make the same file at once do not disturb each other. What a
    user asked for is rather written with `toolkit.io.atomic.replacing`, which waits for the disk.

    Parameters
    ----------
    path : Path
        Is replaced if the block ends without an error, else left alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _folder(own: str, *, mac: str, windows: tuple[str, str], linux: tuple[str, str]) -> Path:
    """Return the folder a variable names, else the platform's: (its variable, below home)."""
    chosen = os.environ.get(own)
    if chosen:
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / mac / "tonearm"
    variable, usual = windows if sys.platform == "win32" else linux
    return Path(os.environ.get(variable) or Path.home() / usual) / "tonearm"
