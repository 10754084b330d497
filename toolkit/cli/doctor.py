"""``doctor``: whether this installation can do its work."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable

import typer

from toolkit.cli.terminal import result, table


def doctor() -> None:
    """Check versions, shipped folders, weights, scratch space and devices."""
    from toolkit.checkpoints import read_weights, shipped
    from toolkit.errors import ToolkitError
    from toolkit.pipeline import load
    from toolkit.provenance import software
    from toolkit.registry import pipeline_paths, stage_class, stage_keys

    rows = [("ok", name, value) for name, value in software().items()]
    store = shipped()
    checks: list[tuple[str, Callable[[str], object], tuple[str, ...]]] = [
        ("stages", stage_class, stage_keys()),
        ("pipelines", load, tuple(pipeline_paths())),
        ("checkpoints", lambda name: read_weights(store.manifest(name)), store.names()),
    ]
    for title, check, names in checks:
        broken = []
        for name in names:
            try:
                check(name)
            except ToolkitError as error:
                broken.append(f"{name}: {error.message}")
        rows.append(("FAIL" if broken else "ok", title, "; ".join(broken) or f"{len(names)} found"))
    free = shutil.disk_usage(tempfile.gettempdir()).free / 1e9
    rows.append(
        ("ok" if free > 1 else "LOW", "scratch", f"{free:.0f} GB free in {tempfile.gettempdir()}")
    )
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    rows.append(("ok", "device", device))
    for line in table(rows):
        result(line)
    if any(state == "FAIL" for state, _, _ in rows):
        raise typer.Exit(1)
