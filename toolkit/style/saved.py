"""Keep lead sheets, arrangements and performances as JSON, and read them again.

The form follows from the values' own classes: a dataclass is an object of its fields, a tuple an
array, a mapping an object. Around it stands what it is and in which version of the form:
``{"tonearm": "lead-sheet", "version": 1, "value": {...}}``. What is read is checked against the
types before anything is made of it.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from toolkit.errors import InputError
from toolkit.style.arrangement import Arrangement
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.performance import Performance

VERSION = 1

_KINDS: dict[str, Any] = {
    "lead-sheet": LeadSheet,
    "arrangement": Arrangement,
    "performance": Performance,
}
_HINT = "give a file that tonearm wrote, or write one again"


def dump(value: LeadSheet | Arrangement | Performance) -> str:
    """Return a value as JSON; `load` gives an equal one back.

    Raises
    ------
    TypeError
        If it is none of the three.
    ValueError
        If a number is not finite.
    """
    names = [name for name, kind in _KINDS.items() if type(value) is kind]
    if not names:
        raise TypeError(f"no form for {type(value).__name__}")
    content = {"tonearm": names[0], "version": VERSION, "value": _plain(value)}
    return json.dumps(content, allow_nan=False, ensure_ascii=False) + "\n"


def load(text: str) -> LeadSheet | Arrangement | Performance:
    """Return the value that a text holds.

    Raises
    ------
    InputError
        If it is no JSON, of no known kind or version, or something in it is missing or wrong; names
        the place.
    """
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"this is no JSON: {str(error).splitlines()[0]}", _HINT) from error
    if not isinstance(content, dict) or "tonearm" not in content:
        raise InputError("this JSON is not tonearm's", _HINT)
    kind = content["tonearm"]
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InputError(f"unknown kind {kind!r}", f"known are: {', '.join(_KINDS)}")
    if content.get("version") != VERSION:
        raise InputError(
            f"version {content.get('version')!r} of {kind} is not known",
            f"this tonearm reads version {VERSION}",
        )
    value: LeadSheet | Arrangement | Performance = _read(content.get("value"), _KINDS[kind], kind)
    return value


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in _types(type(value))}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    # Numbers of numpy are as good as Python's.
    return value.item() if hasattr(value, "item") else value


def _types(kind: Any) -> dict[str, Any]:
    """Return the types of a dataclass's fields by name, private ones left out."""
    hints = typing.get_type_hints(kind)
    return {
        each.name: hints[each.name]
        for each in dataclasses.fields(kind)
        if not each.name.startswith("_")
    }


def _read(given: Any, kind: Any, where: str) -> Any:
    """Return what is given as a value of a type, or say where it is none."""
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _object(given, kind, where)
    if origin is tuple:
        return _tuple(given, typing.get_args(kind), where)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (each for each in typing.get_args(kind) if each is not type(None))
        return None if given is None else _read(given, inner, where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(given, dict):
            raise _wrong(where, given, "an object")
        inside = typing.get_args(kind)[1]
        return {key: _read(each, inside, f"{where}.{key}") for key, each in given.items()}
    fits, name = _SCALARS[kind]
    if not fits(given):
        raise _wrong(where, given, name)
    return kind(given)


def _object(given: Any, kind: Any, where: str) -> Any:
    if not isinstance(given, dict):
        raise _wrong(where, given, "an object")
    known = _types(kind)
    unknown = set(given) - set(known)
    if unknown:
        raise InputError(f"{where} knows no {min(unknown)!r}", f"known are: {', '.join(known)}")
    values = {name: _read(each, known[name], f"{where}.{name}") for name, each in given.items()}
    try:
        return kind(**values)
    except (TypeError, ValueError, KeyError) as error:
        raise InputError(f"{where}: {error}", _HINT) from error


def _tuple(given: Any, inside: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    if not isinstance(given, list):
        raise _wrong(where, given, "an array")
    if len(inside) == 2 and inside[1] is Ellipsis:
        inside = (inside[0],) * len(given)
    if len(inside) != len(given):
        raise _wrong(where, given, f"an array of {len(inside)}")
    pairs = zip(given, inside, strict=True)
    return tuple(_read(each, kind, f"{where}[{at}]") for at, (each, kind) in enumerate(pairs))


def _is_whole(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool)


def _is_number(given: Any) -> bool:
    return (_is_whole(given) or isinstance(given, float)) and math.isfinite(given)


def _is_text(given: Any) -> bool:
    return isinstance(given, str)


def _is_bool(given: Any) -> bool:
    return isinstance(given, bool)


_SCALARS: dict[Any, tuple[Callable[[Any], bool], str]] = {
    int: (_is_whole, "a whole number"),
    float: (_is_number, "a number"),
    str: (_is_text, "text"),
    bool: (_is_bool, "true or false"),
}


def _wrong(where: str, given: Any, wanted: str) -> InputError:
    shown = json.dumps(given)
    shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
    return InputError(f"{where} is {shown}", f"it has to be {wanted}")
