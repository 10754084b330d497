"""Read the chord charts of Impro-Visor's imaginary book.

The charts are GPL-2: statistics are learned from them, the files are no part of the repository.
"""

from __future__ import annotations

import re
from functools import cache

from toolkit.cache import cache_dir
from toolkit.errors import InputError, ToolkitError
from toolkit.style.chord import QUALITIES, Chord, parse
from toolkit.style.harmony.changes import Changes, joined

_FIELD = re.compile(r"\((title|meter|key) ([^()]*)\)")
_BAR = re.compile(r"\|")
_FIFTHS_TO_TONIC = 7


@cache
def charts() -> tuple[Changes, ...]:
    """Return the charts in meters of 3, 4, 5 or 6 quarters, by title.

    A chart's key signature is written, its mode is not: it is minor if it ends on the relative
    minor's tonic, or has more of that chord than of the major tonic's.

    Raises
    ------
    ToolkitError
        If the book is not unpacked.
    """
    folder = cache_dir() / "unpacked" / "improvisor"
    files = sorted(folder.rglob("imaginary-book/*.ls"))
    if not files:
        raise ToolkitError(
            "Impro-Visor's leadsheets are not here", f"unpack Impro-Visor's folder into {folder}"
        )
    read = [_chart(path.read_text(encoding="utf-8", errors="replace")) for path in files]
    return tuple(sorted((each for each in read if each), key=lambda chart: chart.title))


def _chart(text: str) -> Changes | None:
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        fields.setdefault(name, value.strip())
    meter = fields.get("meter", "").split()
    if len(meter) != 2 or meter[1] != "4" or meter[0] not in "3456" or "key" not in fields:
        return None
    beats = int(meter[0])
    try:
        chords = _chords(text, beats)
    except InputError:
        return None
    if len(chords) < 8:
        return None
    return joined(fields.get("title", ""), _key(int(fields["key"]), chords), beats, chords)


def _chords(text: str, beats: int) -> list[tuple[float, Chord, bool]]:
    """Return (beats, chord, whether it opens a section) of the part that holds the chords."""
    part = text.split("(type melody)")[0].replace("(section", "\x00 (section")
    flat = _without_brackets(part)
    chords: list[tuple[float, Chord, bool]] = []
    opens = True
    for bar in _BAR.split(flat):
        symbols = bar.replace("\x00", " \x00 ").split()
        opens = opens or "\x00" in symbols
        symbols = [each for each in symbols if each != "\x00"]
        for symbol in symbols:
            if symbol in ("/", "NC"):
                if not chords:
                    continue
                chord = chords[-1][1]
            else:
                chord = parse(symbol.split("\\")[0])
            chords.append((beats / len(symbols), chord, opens))
            opens = False
    return chords


def _without_brackets(text: str) -> str:
    kept, depth = [], 0
    for letter in text:
        depth += letter == "("
        if depth == 0:
            kept.append(letter)
        depth -= letter == ")"
    return "".join(kept)


def _key(sharps: int, chords: list[tuple[float, Chord, bool]]) -> tuple[int, bool]:
    major = sharps * _FIFTHS_TO_TONIC % 12
    minor = (major + 9) % 12
    lengths = {True: 0.0, False: 0.0}
    for index, (length, chord, _) in enumerate(chords):
        weight = length + 4.0 * (index >= len(chords) - 2)
        thirds = QUALITIES[chord.quality]
        if chord.root == minor and 3 in thirds:
            lengths[True] += weight
        if chord.root == major and 4 in thirds and 10 not in thirds:
            lengths[False] += weight
    is_minor = lengths[True] > lengths[False]
    return (minor if is_minor else major), is_minor
