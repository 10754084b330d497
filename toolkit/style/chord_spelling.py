"""Read what follows the root of a chord symbol, in the spellings of lead sheets and of Harte.

A suffix is a kind (``m``, ``maj``, ``ø``), a number (``7``, ``13``) and alterations (``b9``,
``sus4``, ``add9``, ``alt``), in this order. Harte's shorthands (2005) and the degrees in his
brackets are brought into the same three parts.
"""

from __future__ import annotations

import re

_KINDS = (
    ("minmaj", "mmaj"), ("mmaj", "mmaj"), ("mM", "mmaj"), ("m△", "mmaj"), ("-Δ", "mmaj"),
    ("m^", "mmaj"), ("-^", "mmaj"), ("min", "m"), ("mi", "m"), ("maj", "maj"), ("ma", "maj"),
    ("hdim", "hdim"), ("dim", "dim"), ("aug", "aug"), ("ø", "hdim"), ("h", "hdim"), ("°", "dim"),
    ("oM", "dim"), ("o", "dim"), ("△", "maj7"), ("Δ", "maj7"), ("^", "maj7"), ("-", "m"),
    ("M", "maj"), ("+", "aug"), ("m", "m"),
)  # fmt: skip
_NUMBERS = ("6/9", "69", "11", "13", "2", "5", "6", "7", "9")
_ALTERATION = re.compile(r"sus24|sus[24]?|add[b#]?\d+|alt|no\d|[b#]\d+|\+|13|11|9|7|6|/9|4|2")
_ABOVE = {"9": ["9"], "11": ["9", "11"], "13": ["9", "13"], "69": ["9"], "6/9": ["9"]}
_ALTERED = {"9": {"b9", "#9"}, "11": {"#11"}, "13": {"b13"}}
_SEVENTHS = {"": "7", "m": "m7", "maj": "maj7", "mmaj": "mmaj7", "dim": "dim7", "hdim": "m7b5",
             "aug": "aug7"}  # fmt: skip
_SIXTHS = {"": "6", "maj": "6", "m": "m6"}
_TRIADS = {"maj": "", "mmaj": "mmaj7", "hdim": "m7b5"}
_ALIASES = {"b6": "b13", "#4": "#11", "4": "11", "2": "9", "6": "13"}
_FIFTHS = {
    ("", "b5"): "", ("m", "b5"): "dim", ("m7", "b5"): "m7b5", ("", "#5"): "aug",
    ("7", "#5"): "aug7", ("maj7", "#5"): "maj7#5", ("maj7#5", "#5"): "maj7#5",
    ("aug7", "#5"): "aug7", ("aug", "#5"): "aug", ("m7b5", "b5"): "m7b5", ("dim", "b5"): "dim",
}  # fmt: skip
_SUSPENDED = {"": "sus4", "7": "7sus4", "maj7": "7sus4", "sus4": "sus4", "7sus4": "7sus4"}
_WITH_SEVENTH = {
    ("", "b7"): "7", ("", "7"): "maj7", ("m", "b7"): "m7", ("m", "7"): "mmaj7",
    ("sus4", "b7"): "7sus4", ("sus4", "7"): "7sus4", ("aug", "b7"): "aug7", ("aug", "7"): "maj7#5",
    ("dim", "b7"): "m7b5", ("sus2", "b7"): "7sus4",
}  # fmt: skip


def read_suffix(suffix: str, inside: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]] | None:
    """Return quality and tensions as `toolkit.style.chord.Chord` has them, None if unknown.

    Parameters
    ----------
    suffix : str
        What stands between the root and the brackets or the slash, such as ``m7b5`` or ``min9``.
    inside : tuple[str, ...]
        What the brackets hold, such as ``("b9", "13")``.

    Examples
    --------
    >>> read_suffix("7#9#5"), read_suffix("sus4", ("b7", "9"))
    (('aug7', ('#9',)), ('7sus4', ('9',)))
    """
    kind, rest = _kind(suffix.strip())
    if kind == "maj7":
        kind, rest = "maj", rest if rest[:1] in ("7", "9", "1") else f"7{rest}"
    number = next((each for each in _NUMBERS if rest.startswith(each)), "")
    alterations = _split(rest[len(number) :])
    if alterations is None:
        return None
    quality = _quality(kind, number)
    if (quality, number) == ("7", "11"):
        quality, number = "7sus4", "9"  # a dominant's eleventh is played in place of its third
    tensions: list[str] = []
    for each in (*alterations, *inside):
        changed = _altered(quality, each)
        if changed is None:
            return None
        quality, added = changed
        tensions += added
    implied = [each for each in _ABOVE.get(number, ()) if not _ALTERED[each] & {*tensions}]
    return quality, (*implied, *tensions)


def _kind(suffix: str) -> tuple[str, str]:
    for spelled, kind in _KINDS:
        if suffix.startswith(spelled):
            return kind, suffix[len(spelled) :]
    return "", suffix


def _quality(kind: str, number: str) -> str:
    if number in ("6", "69", "6/9"):
        return _SIXTHS.get(kind, "dim7" if kind == "dim" else "6")
    if number == "2":
        return "sus2"
    if number in ("7", "9", "11", "13"):
        return _SEVENTHS[kind]
    return _TRIADS.get(kind, kind)


def _split(rest: str) -> list[str] | None:
    found = _ALTERATION.findall(rest)
    return found if "".join(found) == rest else None


def _altered(quality: str, name: str) -> tuple[str, list[str]] | None:
    """Return the quality after an alteration and the tensions that it adds."""
    name = {"+": "#5", "b13b9": "b9"}.get(name, name)
    if name in ("b5", "#5"):
        return _fifth(quality, name)
    if name.startswith("sus"):
        return ("sus2" if name == "sus2" else _SUSPENDED.get(quality, "sus4")), []
    if name == "alt":
        return quality, ["#9", "b13"]
    if (quality, name) in _WITH_SEVENTH:
        return _WITH_SEVENTH[quality, name], []
    if name in ("7", "b7", "5", "1", "/9") or name.startswith("no"):
        return quality, ["9"] if name == "/9" else []
    name = name.removeprefix("add")
    name = _ALIASES.get(name, name)
    return (quality, [name]) if name in _KNOWN else None


def _fifth(quality: str, name: str) -> tuple[str, list[str]]:
    if (quality, name) == ("", "b5"):
        return "", ["#11"]
    if (quality, name) in _FIFTHS:
        return _FIFTHS[quality, name], []
    return quality, ["#11" if name == "b5" else "b13"]


_KNOWN = ("b9", "9", "#9", "11", "#11", "b13", "13")
