"""Suite k1: what a batch survives, and what it costs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from toolkit.errors import ToolkitError
from toolkit.evaluation import batch_costs, batch_faults, facts, table
from toolkit.evaluation.methods import choose

Trial = Callable[[float], Mapping[str, Any]]


def _size(whole: int, share: float, least: int) -> int:
    return max(round(share * whole), least)


TRIALS: Mapping[str, Trial] = {
    "kills": lambda share: batch_faults.kills(_size(100, share, 2), _size(200, share, 6)),
    "worker kills": lambda share: batch_faults.worker_kills(_size(200, share, 20)),
    "hang": lambda share: batch_faults.hang(_size(60, share, 12)),
    "full disk": lambda share: batch_faults.full_disk(_size(100, share, 10)),
    "interrupt": lambda share: batch_faults.interrupt(2),
    "second run": lambda share: batch_faults.second_run(6),
    "sameness": lambda share: batch_faults.sameness(_size(8, share, 2)),
    "overhead": lambda share: batch_costs.overhead(_size(10_000, share, 50)),
    "two workers": lambda share: batch_costs.two_workers(_size(24, share, 4)),
    "resume": lambda share: batch_costs.resume(_size(10_000, share, 50)),
    "rehash": lambda share: batch_costs.rehash_speed(_size(500, share, 20)),
    "manifest": lambda share: batch_costs.large_manifest(_size(1_000_000, share, 1000)),
    "soak": lambda share: batch_costs.soak(_size(10_000, share, 100)),
}
"""What is tried, by name; each takes the share of its full size."""


def batches(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Disturb batches and time them, with the command as it is typed.

    `limit` is the size of the trials in hundredths of the full one; seeds do not count.

    Raises
    ------
    ToolkitError
        On systems other than Linux, where processes cannot be looked at in this way.
    """
    if not sys.platform.startswith("linux"):
        raise ToolkitError("these trials look at processes as Linux shows them")
    chosen = choose(TRIALS, methods)
    share = 1.0 if limit is None else limit / 100
    rows = []
    for number, trial in enumerate(chosen.values()):
        rows.append(trial(share))
        if progress is not None:
            progress(number + 1, len(chosen))
    return table.Report(
        suite="k1",
        title="Batches: what they survive and what they cost",
        summary=tuple(dict(row) | {"met": "yes" if row["met"] else "no"} for row in rows),
        rows=tuple(rows),
        notes=(
            "Recordings are made for the purpose; the chain reduces noise without a network, or "
            "only copies. Measuring, pictures and pages are switched off.",
        ),
        facts={**facts.machine(), **facts.versions(("pebble", "filelock"))},
    )
