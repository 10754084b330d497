"""Suite H2: how well chords are foretold, and whether two judges tell jazz from common practice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from toolkit.evaluation import chord_corpora, facts, reharmonizing, table
from toolkit.evaluation.chord_counts import Counts
from toolkit.evaluation.methods import choose
from toolkit.style.harmony import chord_language
from toolkit.style.harmony.chord_events import Events, events

NETWORKS = {
    "standards": chord_language.CHECKPOINT,
    "imaginary": "judge-chords-jazz",
    "common": "judge-chords-common",
}
"""The checkpoint that learned from each corpus."""

METHODS = {"network": 0, "trigram": 3, "unigram": 1}
"""Of what order each method's counts are; none for a network."""

_JUDGED = ("standards", "imaginary", "common")
_REHARMONIZED = ("standards", "common")
_AMOUNTS = (0.0, 0.5, 1.0)
_PIECES = 20


class Foretelling(Protocol):
    """Say of every chord of a chart how probable it was."""

    def log_probabilities(self, chart: Events) -> npt.NDArray[np.float64]:
        """Return log probabilities, shape (events,)."""


def harmony_language(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Foretell the chords of charts whose titles no model has read."""
    chosen = choose(METHODS, methods)
    jobs: list[Callable[[], list[dict[str, Any]]]] = [
        partial(_foretold, corpus, name, order, limit)
        for corpus in NETWORKS
        for name, order in chosen.items()
    ]
    if not methods:
        jobs += [partial(_judged, corpus, limit) for corpus in _JUDGED]
        jobs += [
            partial(_reharmonized, corpus, amount, seed, limit)
            for corpus in _REHARMONIZED
            for amount in _AMOUNTS
            for seed in range(seeds)
        ]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="h2",
        title="H2: chord language models",
        summary=tuple(
            _summary(corpus, method, figure, mine)
            for (corpus, method, figure), mine in table.group(
                rows, "corpus", "method", "figure"
            ).items()
        ),
        rows=rows,
        notes=(
            "Perplexity: among how many equally likely chords a model wavers on average, of 144 "
            "(twelve roots above the tonic, twelve classes of quality); a chord that holds over a "
            "bar line is said again. Charts are of the test titles; every model has read the "
            "training titles of the same corpus.",
            "Judges: the share of test charts to which the model of the imaginary book gives a "
            "higher probability than that of common practice (for common practice, a lower one). "
            "The standards were read by neither judge, nor the judges' charts by the "
            "reharmonizer's model.",
            "Reharmonized: charts with a tune of chord tones, by the palette of jazz; kept are the "
            "roots at bar lines and the functions beat by beat; the rate is chords for each of the "
            "source's. Professionals keep 72 % of the roots at a rate of 1.32.",
            "The network is told meter, place in the bar and in the section; the others are not.",
        ),
        facts={"seeds": seeds, **facts.versions(())},
    )


def perplexity(log_probabilities: npt.NDArray[np.float64]) -> float:
    """Return among how many equally likely chords a model wavers.

    Examples
    --------
    >>> round(perplexity(np.log([0.25, 0.25])), 6)
    4.0
    """
    return float(np.exp(-log_probabilities.mean()))


def _charts(corpus: str, split: str, limit: int | None = None) -> list[Events]:
    found = [events(chart) for chart in chord_corpora.corpus(corpus, split)[:limit]]
    return [chart for chart in found if len(chart.chords)]


def _model(corpus: str, order: int) -> Foretelling:
    if not order:
        return chord_language.load(NETWORKS[corpus])
    return Counts(_charts(corpus, "train"), order)


def _foretold(corpus: str, method: str, order: int, limit: int | None) -> list[dict[str, Any]]:
    model = _model(corpus, order)
    return [
        {
            "corpus": corpus, "method": method, "figure": "perplexity", "item": number,
            "value": perplexity(logs), "chords": len(logs), "total": float(logs.sum()),
        }
        for number, chart in enumerate(_charts(corpus, "test", limit))
        for logs in (model.log_probabilities(chart),)
    ]  # fmt: skip


def _judged(corpus: str, limit: int | None) -> list[dict[str, Any]]:
    jazz, common = _model("imaginary", 0), _model("common", 0)
    found = []
    for number, chart in enumerate(_charts(corpus, "test", limit)):
        lead = jazz.log_probabilities(chart).mean() - common.log_probabilities(chart).mean()
        right = (lead > 0) != (corpus == "common")
        found.append(
            {
                "corpus": corpus, "method": "judges", "figure": "share right", "item": number,
                "value": float(right), "chords": len(chart.chords), "total": float(lead),
            }
        )  # fmt: skip
    return found


def _reharmonized(corpus: str, amount: float, seed: int, limit: int | None) -> list[dict[str, Any]]:
    charts = chord_corpora.corpus(corpus, "test")[: min(limit or _PIECES, _PIECES)]
    return [
        {
            "corpus": corpus, "method": f"reharmonized {amount:g}", "figure": figure,
            "item": number, "value": value, "chords": len(chart.chords), "total": 0.0,
        }
        for number, chart in enumerate(charts)
        for figure, value in reharmonizing.measured(chart, amount, seed).items()
    ]  # fmt: skip


def _summary(corpus: str, method: str, figure: str, mine: Sequence[table.Row]) -> dict[str, Any]:
    chords = sum(row["chords"] for row in mine)
    if figure == "perplexity":
        value = float(np.exp(-sum(row["total"] for row in mine) / chords))
    else:
        value = table.mean(mine, "value")
    return {
        "corpus": corpus, "method": method, "figure": figure, "charts": len(mine),
        "chords": chords, "value": round(value, 3),
    }  # fmt: skip
