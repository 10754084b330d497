"""Find what came with the package: pipelines and checkpoints."""

from __future__ import annotations

from pathlib import Path

import toolkit

_HERE = Path(toolkit.__file__).parent


def folder(kind: str) -> Path:
    """Return where `pipelines` or `checkpoints` lie: inside the wheel, or beside a checkout."""
    inside = _HERE / "_shipped" / kind
    return inside if inside.is_dir() else _HERE.parent / kind
