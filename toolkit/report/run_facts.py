"""What pages say of how recordings were worked on: runs, recipe, checkpoints, software."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from toolkit.report import html
from toolkit.report.html import Html

_MOST_RUNS = 50


def banner(checkpoints: Iterable[Mapping[str, Any]]) -> Html:
    """Return a warning that models invented sound, nothing if none did."""
    names = sorted({each["name"] for each in checkpoints if each["class"] == "generative"})
    if not names:
        return Html()
    return Html(
        '<p class="note"><strong>This is a restored listening copy, not the document.</strong> '
        "A generative model ({}) adds sound that the recording does not hold. For what was "
        "recorded, listen to the source.</p>"
    ).format(", ".join(names))


def state_word(state: str) -> Html:
    """Return a state in its color."""
    tone = {"done": "good", "failed": "bad", "quarantined": "bad"}.get(state, "faint")
    return Html('<span class="{}" data-state="{}">{}</span>').format(tone, state, state)


def speed(duration: float, seconds: float) -> float | None:
    """Return how many times faster than it sounds a recording was worked on."""
    return duration / seconds if seconds > 0 and duration > 0 else None


def history(runs: Sequence[Mapping[str, Any]]) -> Html:
    """Return a table of runs, the last ones if there are many."""
    caption = f"The last {_MOST_RUNS} of {len(runs)}" if len(runs) > _MOST_RUNS else ""
    rows = []
    for run in runs[-_MOST_RUNS:]:
        facts = run["facts"]
        rows.append(
            (
                run["started"],
                _elapsed(run),
                run["outcome"] or "not ended, or ended by force",
                facts.get("pipeline", {}).get("name"),
                Html('<span class="hash">{}</span>').format(facts.get("recipe", "")[:12]),
                html.words(facts.get("shard")).replace(", ", " of "),
                f"{facts.get('workers', '–')} on {facts.get('host', '–')}",
            )
        )
    head = ("Begun", "Took", "Outcome", "Pipeline", "Recipe", "Shard", "Workers")
    return Html("<h2>Runs</h2>\n{}").format(html.table(head, rows, caption))


def _elapsed(run: Mapping[str, Any]) -> str:
    if not run["ended"]:
        return "–"
    began, ended = (datetime.fromisoformat(run[key]) for key in ("started", "ended"))
    return html.clock((ended - began).total_seconds())


def recipe(facts: Mapping[str, Any]) -> Html:
    """Return how the last run worked: pipeline, checkpoints, software, circumstances."""
    pipeline = facts.get("pipeline", {})
    steps = html.table(
        ("Step", "Stage", "Of", "Parameters"),
        [
            (
                step.get("id"),
                step.get("stage"),
                html.words(step.get("from")),
                html.words(step.get("parameters")),
            )
            for step in pipeline.get("steps", ())
        ],
        f"Pipeline {pipeline.get('name', '–')}, as the last run had it",
    )
    apart = ("pipeline", "checkpoints", "software")
    others = {key: value for key, value in facts.items() if key not in apart}
    return Html("<h2>Recipe</h2>\n{}{}<h2>Software</h2>\n{}<h2>Circumstances</h2>\n{}").format(
        steps,
        checkpoints(facts.get("checkpoints", ())),
        html.pairs(facts.get("software", {})),
        html.pairs(others),
    )


def checkpoints(found: Sequence[Mapping[str, Any]]) -> Html:
    """Return a table of checkpoints and their class."""
    if not found:
        return Html("<p>No trained model was used.</p>")
    rows = [
        (each["name"], each["class"], Html('<span class="hash">{}</span>').format(each["sha256"]))
        for each in found
    ]
    return html.table(("Checkpoint", "Class", "SHA-256"), rows)
