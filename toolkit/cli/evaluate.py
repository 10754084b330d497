"""``evaluate``: run the benchmark suites that every published figure comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.restore import AsJson
from toolkit.cli.terminal import progress, result


def evaluate(
    suite: Annotated[str, typer.Argument(help="d1, d3, c1, r1, speed, memory, …; list shows all.")],
    limit: Annotated[
        int | None, typer.Option(help="Only this many items: quick, and not for publication.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Repetitions with other random numbers.")] = 1,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Also write the table to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a suite at fixed seeds and print its table."""
    from toolkit.errors import UsageError
    from toolkit.evaluation.suites import SUITES
    from toolkit.stage import did_you_mean

    if suite == "list":
        for name, function in SUITES.items():
            result(f"{name:10} {(function.__doc__ or '').strip().splitlines()[0]}")
        return
    if suite not in SUITES:
        raise UsageError(
            f"no suite {suite!r}", did_you_mean(suite, SUITES) or f"known: {', '.join(SUITES)}"
        )
    with progress(suite, (suite,)) as callback:
        report = SUITES[suite](
            limit=limit, seeds=seeds, progress=lambda done, total: callback(suite, done, total)
        )
    text = report.json() if as_json else report.markdown()
    result(text)
    if output is not None:
        output.write_text(text + "\n", encoding="utf-8")
