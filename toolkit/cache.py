"""Say where files are kept: those that can be had again, and those that the user has put there."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_dir() -> Path:
    """Return where generated files are kept: ``TONEARM_CACHE``, else the platform's folder."""
    own = os.environ.get("TONEARM_CACHE")
    if own:
        return Path(own)
    home = Path.home()
    if sys.platform == "darwin":
        base = home / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "tonearm"


def data_dir() -> Path:
    """Return where fetched and imported weights are kept: ``TONEARM_DATA``, else the platform's."""
    own = os.environ.get("TONEARM_DATA")
    if own:
        return Path(own)
    home = Path.home()
    if sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    elif sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"))
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "tonearm"
