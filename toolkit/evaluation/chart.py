"""Pictures of results: lines with 95 % intervals where x is a number, else bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.evaluation.statistics import bootstrap_interval


@dataclass(frozen=True)
class Point:
    """Hold a mean ``y`` at ``x`` and the ends of its interval."""

    x: float | str
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Chart:
    """Hold what a picture shows: labels with units, and points by the name of their series."""

    x_label: str
    y_label: str
    series: Mapping[str, tuple[Point, ...]]

    @property
    def places(self) -> tuple[float | str, ...]:
        """Return every x, in order of appearance."""
        return tuple(dict.fromkeys(each.x for points in self.series.values() for each in points))


def chart(
    rows: Sequence[Mapping[str, Any]],
    *,
    y: str,
    y_label: str,
    x: str = "",
    x_label: str = "",
    by: str = "method",
    floor: float = -math.inf,
) -> Chart:
    """Return the chart of one column of a suite's rows.

    Parameters
    ----------
    rows : sequence of Mapping
        As in `toolkit.evaluation.table.Report`; rows that lack the column are left out.
    y, y_label : str
        The column, and what the axis says.
    x, x_label : str
        The column along which it goes; none gives one bar a series.
    by : str
        The column that names the series. Within it rows of one ``item`` are averaged before the
        interval over items is taken.
    floor : float
        Replaces lower figures; what is not finite then is left out.
    """
    cells: dict[str, dict[float | str, dict[str, list[float]]]] = {}
    for row in rows:
        value = max(float(row.get(y, math.nan)), floor)
        if math.isfinite(value):
            items = cells.setdefault(str(row.get(by, "")), {}).setdefault(row[x] if x else "", {})
            items.setdefault(str(row.get("item", "")), []).append(value)
    points = {
        name: tuple(_point(place, items) for place, items in places.items())
        for name, places in cells.items()
    }
    return Chart(x_label, y_label, points)


def draw(picture: Chart, title: str, path: Path) -> None:
    """Write a chart as a PNG file.

    Parameters
    ----------
    picture : Chart
        Lines are drawn if every x is a number and there are at least two of them, else bars.
    title : str
        One line.
    path : Path
        Is overwritten.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    places = picture.places
    if len(places) > 1 and all(isinstance(place, int | float) for place in places):
        _lines(axis, picture)
    else:
        _bars(axis, picture)
    axis.set_title(title, loc="left", fontsize=11, parse_math=False)
    axis.set_xlabel(picture.x_label)
    axis.set_ylabel(picture.y_label)
    axis.axhline(0, color="0.4", linewidth=0.8)
    axis.grid(axis="y", color="0.88")
    axis.set_axisbelow(True)
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    figure.savefig(path, format="png", dpi=110)


def _point(place: float | str, items: Mapping[str, Sequence[float]]) -> Point:
    means = [math.fsum(values) / len(values) for values in items.values()]
    low, high = bootstrap_interval(means)
    return Point(place, math.fsum(means) / len(means), low, high)


def _lines(axis: Any, picture: Chart) -> None:
    for number, (name, points) in enumerate(picture.series.items()):
        ordered = sorted(points, key=lambda each: float(each.x))
        xs = [each.x for each in ordered]
        color = f"C{number % 10}"
        style = "-" if number < 10 else "--"
        axis.plot(xs, [each.y for each in ordered], style, color=color, marker="o", label=name)
        axis.fill_between(
            xs,
            [each.low for each in ordered],
            [each.high for each in ordered],
            color=color,
            alpha=0.15,
            linewidth=0,
        )
    axis.set_xticks(sorted({float(each) for each in picture.places}))


def _bars(axis: Any, picture: Chart) -> None:
    places = {place: number for number, place in enumerate(picture.places)}
    width = 0.8 / max(len(picture.series), 1)
    for number, (name, points) in enumerate(picture.series.items()):
        at = [places[each.x] + (number + 0.5) * width - 0.4 for each in points]
        reach = [
            [max(each.y - each.low, 0) for each in points],
            [max(each.high - each.y, 0) for each in points],
        ]
        axis.bar(
            at, [each.y for each in points], width, yerr=reach, label=name, color=f"C{number % 10}"
        )
    axis.set_xticks(list(places.values()), [str(place) for place in places], rotation=20)
