"""``explain``: read a result's record aloud."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import AsJson
from toolkit.cli.terminal import result, table


def explain(
    path: Annotated[Path, typer.Argument(metavar="RESULT", help="A result, or its .json record.")],
    as_json: AsJson = False,
) -> None:
    """Say how a result was made: input, measurements, steps, versions."""
    from toolkit.provenance import load

    found = load(path)
    if as_json:
        result(json.dumps(found, indent=2))
        return
    source, output, settings = found["input"], found["output"], found["settings"]
    lines = [
        f"{output['name']} was made from {source['name']} by pipeline "
        f"{found['pipeline']['name']} on {settings['started']}",
        f"  input   sha256 {source['sha256']}",
        f"  output  sha256 {output['sha256']}",
    ]
    reasons = {each["step"]: each["reason"] for each in found["decisions"]}
    rows = []
    for step in found["steps"]:
        values = ", ".join(f"{key}={value}" for key, value in step["parameters"].items())
        rows.append((f"  {step['id']}", values, reasons.get(step["id"], "")))
    versions = ", ".join(f"{key} {value}" for key, value in found["software"].items())
    lines += [*(table(rows) if rows else []), f"  with    {versions}"]
    lines += [f"  warning {each}" for each in found["warnings"]]
    for line in lines:
        result(line)
