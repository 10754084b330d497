"""Measure one file of a survey in a process of its own."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import InputError, ToolkitError
from toolkit.restore import sha256_of

if TYPE_CHECKING:
    from toolkit.archive.surveying.measures import Found
    from toolkit.archive.surveying.store import Store

_stores: dict[str, Store] = {}


@dataclass(frozen=True)
class Order:
    """Hold a file that is to be measured, and where earlier results are kept."""

    path: Path
    store: Path


@dataclass(frozen=True)
class Answer:
    """Hold what became of an order.

    Parameters
    ----------
    sha256 : str
        Of the file; empty if it could not be read at all.
    found : Found or None
        None where a file of that content was measured before.
    lasting : bool
        Whether the content alone decided, so that the next survey need not ask again.
    """

    sha256: str
    found: Found | None
    lasting: bool = True


def work(order: Order) -> Answer:
    """Measure a file, unless its content is known; never raise."""
    from toolkit.archive.surveying.measures import Found, examine
    from toolkit.run import Run

    try:
        sha256 = sha256_of(order.path)
    except OSError as error:
        said = {"code": "E_IO", "message": error.strerror or str(error), "hint": ""}
        return Answer("", Found({"error": said}), lasting=False)
    try:
        if _store(order.store).found(sha256, order.path.suffix) is not None:
            return Answer(sha256, None)
        return Answer(sha256, examine(order.path, Run()))
    except ToolkitError as error:
        code = error.code if isinstance(error, InputError) else "E_FAILED"
        said = {"code": code, "message": error.message, "hint": error.hint}
    except Exception as error:  # one file's surprise must not end a night's work
        said = {
            "code": "E_FAILED",
            "message": f"{type(error).__name__}: {error}",
            "hint": traceback.format_exc(limit=-3),
        }
    return Answer(sha256, Found({"error": said}), lasting=False)


def _store(path: Path) -> Store:
    from toolkit.archive.surveying.store import Store

    key = str(path)
    if key not in _stores:
        _stores[key] = Store(path)
    return _stores[key]
