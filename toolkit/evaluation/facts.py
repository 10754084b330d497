"""Say what figures were measured with."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import toolkit


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of this toolkit, Python and the named packages that are installed."""
    found = {"tonearm": toolkit.__version__, "python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def machine() -> dict[str, Any]:
    """Return the processor's architecture and the system, without names of machine or user."""
    return {"system": platform.system(), "processor": platform.machine()}
