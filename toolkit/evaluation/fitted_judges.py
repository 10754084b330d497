"""Weights of the judges of jazz, as `toolkit.training.judging` fitted and wrote them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.evaluation.logistic import Logistic

PATH = Path(__file__).with_name("fitted_judges.json")
"""Where they are kept."""


@cache
def fitted() -> dict[str, Any]:
    """Return everything that was fitted and measured, by judge."""
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


@cache
def judge(name: str) -> Logistic:
    """Return a judge: ``groove``, ``harmony`` or ``line``."""
    table = fitted()[name]
    return Logistic(
        center=np.array(table["center"], float),
        spread=np.array(table["spread"], float),
        weights=np.array(table["weights"], float),
        bias=table["bias"],
        slope=table["slope"],
        offset=table["offset"],
    )
