"""Constants of beat and bar tracking, as `toolkit.training.fitting_beats` fitted and wrote them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("fitted_beats.json")
"""Where they are kept."""

FITTED: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
"""Every constant by its name."""
