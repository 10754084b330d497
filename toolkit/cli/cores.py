"""How many things a command does at once when it is not told."""

from __future__ import annotations

import os


def num_cores() -> int:
    """Return the cores that this process may use, which a container may have limited."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
