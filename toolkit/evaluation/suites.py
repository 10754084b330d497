"""Every suite by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from toolkit.evaluation.declicking import declicking
from toolkit.evaluation.denoising import denoising
from toolkit.evaluation.memory import memory
from toolkit.evaluation.real import real
from toolkit.evaluation.speed import speed
from toolkit.evaluation.table import Report
from toolkit.evaluation.transparency import transparency


class Suite(Protocol):
    """Describe a suite."""

    def __call__(
        self,
        limit: int | None = None,
        seeds: int = 1,
        progress: Callable[[float, float], None] | None = None,
    ) -> Report:
        """Measure; ``limit`` takes only the first items, ``seeds`` repeats with other damage."""


SUITES: Mapping[str, Suite] = {
    "d1": denoising,
    "d3": transparency,
    "c1": declicking,
    "r1": real,
    "speed": speed,
    "memory": memory,
}
