"""Let one run at a time work on an output, and name the one that does."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit.archive.manifest import now
from toolkit.errors import UsageError


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold the lock file at a path for as long as the block lasts.

    The system lets go of it with the process, however that ends, so that no lock is ever stale.

    Raises
    ------
    UsageError
        If another process holds it; names it.
    """
    from filelock import FileLock, Timeout

    holder = path.with_suffix(".json")
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageError(
            f"{path.parent.parent} is being worked on by {_read(holder)}",
            "wait for it, stop it, or name another output",
        ) from error
    try:
        facts = {"host": platform.node(), "process": os.getpid(), "since": now()}
        holder.write_text(json.dumps(facts), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _read(holder: Path) -> str:
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {facts['process']} on {facts['host']} since {facts['since']}"
    except (OSError, ValueError, KeyError):
        # The moment between taking the lock and writing who did.
        return "another process"
