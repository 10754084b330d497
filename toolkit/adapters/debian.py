"""Fetch Debian packages and unpack them without installing them."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

from toolkit.cache import cache_dir
from toolkit.errors import ToolkitError


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
    _unpack(newest, folder)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack a Debian package, and the archives of games in it, all of it or nothing."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    # dpkg-deb makes the folder itself, but none above it.
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "-x", archive, partial], check=True, capture_output=True)
    for inner in partial.rglob("*.pk3"):
        with zipfile.ZipFile(inner) as members:
            members.extractall(inner.with_suffix(""))
    partial.rename(folder)
