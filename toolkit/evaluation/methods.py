"""Choose among a suite's methods by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from toolkit.errors import UsageError
from toolkit.stage import did_you_mean

_Method = TypeVar("_Method")


def choose(methods: Mapping[str, _Method], wanted: Sequence[str]) -> dict[str, _Method]:
    """Return the wanted methods in the suite's own order, all of them if none is named.

    Parameters
    ----------
    methods : Mapping
        Every method of the suite by name.
    wanted : sequence of str
        Each holds one name or several with commas between. A name may have commas itself, and may
        leave out the mark ``*`` of methods that are told the truth.

    Raises
    ------
    UsageError
        For an unknown name; says the nearest.
    """
    known = {_plain(name): name for name in methods}
    names = {known[each] for text in wanted for each in _split(text, known)}
    return {name: method for name, method in methods.items() if not wanted or name in names}


def _split(text: str, known: Mapping[str, str]) -> list[str]:
    """Return the names in a list with commas, taking the longest name that fits at each place."""
    parts = text.split(",")
    found = []
    while parts:
        for count in range(len(parts), 0, -1):
            name = _plain(",".join(parts[:count]))
            if name in known:
                break
        else:
            raise UsageError(
                f"no method {name!r}",
                did_you_mean(name, known) or f"there are: {', '.join(known) or 'none'}",
            )
        found.append(name)
        parts = parts[count:]
    return found


def _plain(name: str) -> str:
    return name.strip().removesuffix("*").strip()
