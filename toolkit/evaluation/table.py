"""The report of a suite: a summary to read, the rows behind it to check."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.evaluation.chart import Chart
from toolkit.evaluation.statistics import bootstrap_interval, paired_differences

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Report:
    """Hold the outcome of one suite.

    Parameters
    ----------
    suite : str
        Its name.
    title : str
        What was measured, one line.
    summary : tuple[Row, ...]
        The table's lines; columns are the keys in order of appearance.
    rows : tuple[Row, ...]
        One a file and method.
    notes : tuple[str, ...]
        How to read it, and what is not claimed.
    facts : Mapping[str, Any]
        Seeds, items, versions, machine.
    chart : Chart, optional
        What a picture of it shows.
    """

    suite: str
    title: str
    summary: tuple[Row, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    chart: Chart | None = None

    def markdown(self) -> str:
        """Return the title, the summary as a table, and the notes."""
        parts = [f"## {self.title}", markdown_table(self.summary)]
        if self.notes:
            parts.append("\n".join(f"- {note}" for note in self.notes))
        if self.facts:
            parts.append("; ".join(f"{key}: {value}" for key, value in self.facts.items()))
        return "\n\n".join(parts)

    def json(self) -> str:
        """Return everything as JSON; a number that is not finite becomes null."""
        content = {
            "suite": self.suite,
            "title": self.title,
            "facts": dict(self.facts),
            "notes": list(self.notes),
            "summary": [dict(row) for row in self.summary],
            "rows": [dict(row) for row in self.rows],
        }
        return json.dumps(_plain(content), indent=2, allow_nan=False)


def markdown_table(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table; a key that a row lacks leaves its cell empty.

    Examples
    --------
    >>> print(markdown_table([{"tool": "a", "dB": 1.25}, {"tool": "b", "dB": -3}]))
    | tool | dB |
    | --- | ---: |
    | a | 1.2 |
    | b | -3 |
    """
    columns = list(dict.fromkeys(key for row in rows for key in row))
    numeric = [all(isinstance(row.get(key, 0), int | float) for row in rows) for key in columns]
    lines = [columns, ["---:" if right else "---" for right in numeric]]
    lines += [[_cell(row.get(key, "")) for key in columns] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def group(rows: Sequence[Row], *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    """Return the rows by the values of some keys, in order of appearance."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def mean(rows: Sequence[Row], key: str) -> float:
    """Return the mean of one column; nan for no row."""
    return math.fsum(row[key] for row in rows) / len(rows) if rows else math.nan


def per_item(rows: Sequence[Row], key: str, item: str = "item") -> dict[Any, float]:
    """Return the mean of one column for each item, where the column is finite."""
    finite = [row for row in rows if math.isfinite(row[key])]
    return {name: mean(mine, key) for (name,), mine in group(finite, item).items()}


def spread(rows: Sequence[Row], key: str) -> str:
    """Return a column's mean over items with its 95 % interval, such as ``+1.2 (+0.9..+1.4)``.

    Rows of one item (other ratios, other seeds) are not independent and are averaged first.
    """
    return _with_interval(tuple(per_item(rows, key).values()))


def advantage(rows: Sequence[Row], others: Sequence[Row], key: str) -> str:
    """Return the mean of the differences to other rows, item by item, with its 95 % interval."""
    return _with_interval(paired_differences(per_item(rows, key), per_item(others, key)))


def collect(
    jobs: Sequence[Callable[[], Sequence[Row]]],
    progress: Callable[[float, float], None] | None,
) -> tuple[Row, ...]:
    """Run jobs in order, each giving rows, and report progress."""
    rows: list[Row] = []
    for number, job in enumerate(jobs):
        rows += job()
        if progress is not None:
            progress(number + 1, len(jobs))
    return tuple(rows)


def _with_interval(values: Sequence[float]) -> str:
    if not values:
        return ""
    mean = math.fsum(values) / len(values)
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    shown = (round(each, 1) + 0.0 for each in (mean, *bootstrap_interval(values)))
    return "{:+.1f} ({:+.1f}..{:+.1f})".format(*shown)


def _cell(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "−∞"}.get(value, "")
    if abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
