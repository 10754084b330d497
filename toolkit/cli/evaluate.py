"""``evaluate``: run the benchmark suites that every published figure comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.options import AsJson
from toolkit.cli.terminal import progress, result

if TYPE_CHECKING:
    from toolkit.evaluation.suites import Suite


def evaluate(
    suite: Annotated[
        str, typer.Argument(help="d1, d2, d3, c1, h1, l1, i1, w1, b1, r1, …; list shows all.")
    ],
    limit: Annotated[
        int | None, typer.Option(help="Only this many items: quick, and not for publication.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Repetitions with other random numbers.")] = 1,
    methods: Annotated[
        str, typer.Option(help="Only these methods, with commas, as the table names them.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Also write the table to this file.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Also draw the figures as a picture (PNG).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a suite at fixed seeds and print its table."""
    from toolkit.evaluation.suites import SUITES

    if suite == "list":
        for name, function in SUITES.items():
            result(f"{name:10} {(function.__doc__ or '').strip().splitlines()[0]}")
        return
    run = _suite(suite)
    with progress(suite, (suite,)) as callback:
        report = run(
            limit=limit,
            seeds=seeds,
            progress=lambda done, total: callback(suite, done, total),
            methods=(methods,) if methods else (),
        )
    text = report.json() if as_json else report.markdown()
    result(text)
    if output is not None:
        output.write_text(text + "\n", encoding="utf-8")
    if plot is not None and report.chart is not None:
        from toolkit.evaluation.chart import draw

        draw(report.chart, report.title, plot)


def _suite(name: str) -> Suite:
    from toolkit.errors import UsageError
    from toolkit.evaluation.suites import SUITES
    from toolkit.stage import did_you_mean

    if name not in SUITES:
        raise UsageError(
            f"no suite {name!r}", did_you_mean(name, SUITES) or f"known: {', '.join(SUITES)}"
        )
    return SUITES[name]
