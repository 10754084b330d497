"""Write a style as the text of its file, so that it can be edited and used again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from toolkit.style.borrowed.patterns import Borrowed
from toolkit.style.style import Seat, Style

_PLAIN = ("summary", "feel", "tempo", "rubato", "meter", "swing")
_TABLES = ("harmony", "melody", "form", "mix")


def dump_style(style: Style) -> str:
    """Return a style as TOML; `toolkit.style.style.load_style` makes an equal one of it.

    The name is not in it: it is the file's.

    Parameters
    ----------
    style : Style
        Any; what it has borrowed is written bar by bar.
    """
    lines = [f"{key} = {_value(getattr(style, key))}" for key in _PLAIN if getattr(style, key)]
    for key in _TABLES:
        lines += ["", f"[{key}]", *_fields(getattr(style, key))]
    lines += ["", "[ensembles]"]
    lines += [f"{_key(key)} = {_value(names)}" for key, names in style.ensembles.items()]
    for seat in style.seats:
        lines += ["", "[[seat]]", *_fields(seat)]
    if style.borrowed is not None:
        lines += _borrowed(style.borrowed)
    return "\n".join(lines) + "\n"


def _borrowed(borrowed: Borrowed) -> Iterator[str]:
    """Yield the lines of what is borrowed, a line for each part of a bar.

    A tone is its onset, duration, degree, octave, height, velocity and approach.
    """
    table = borrowed.plain()
    yield from ("", "[borrowed]")
    yield from (f"{key} = {_value(table[key])}" for key in ("version", "source", "sha256"))
    yield from _bars("borrowed.bar", table["bar"])
    for name in ("opening", "closing"):
        frame = table.get(name)
        if frame is not None:
            yield from ("", f"[borrowed.{name}]")
            plain = {key: each for key, each in frame.items() if key not in ("bar", "final")}
            yield from (f"{key} = {_value(each)}" for key, each in plain.items())
            for key in ("bar", "final"):
                yield from _bars(f"borrowed.{name}.{key}", frame.get(key, ()))


def _bars(where: str, bars: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for bar in bars:
        yield from ("", f"[[{where}]]")
        yield from (f"{key} = {_value(each)}" for key, each in bar.items() if key != "parts")
        yield f"[{where}.parts]"
        yield from (f"{_key(name)} = {_value(rows)}" for name, rows in bar["parts"].items())


def _fields(value: Any) -> Iterator[str]:
    for each in fields(value):
        found = getattr(value, each.name)
        if isinstance(value, Seat) and found == each.default and each.name != "program":
            continue
        if isinstance(found, Mapping) and not found:
            continue
        yield f"{each.name} = {_value(found)}"


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    """Return a value as TOML writes it; its strings are written as JSON's are."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(each) for each in value)}]"
    return repr(value)
