"""Draw the plots of a survey as SVG: histograms and a scatter, in the colors of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.report.html import Html, join

STYLE = """
.plots { display: flex; flex-wrap: wrap; gap: 1.5em }
figure { margin: 0 } figcaption { font-weight: 600; font-size: .95em }
svg { display: block; max-width: 100%; height: auto; font: 11px system-ui, sans-serif }
svg text { fill: var(--ink) } svg .axis { stroke: var(--line); fill: none }
svg .bar { fill: var(--link) } svg .dot { fill-opacity: .75; stroke: var(--paper) }
.key { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2em 1.2em }
.key svg { display: inline-block; vertical-align: -1px }
"""

# Told apart by people who see few colors (M. Okabe and K. Ito, "Color universal design", 2008).
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8a8a85", "#b3a100")
_WIDTH, _HEIGHT = 320, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 10, 8, 34
_BINS = 24
_TICKS = 5


@dataclass(frozen=True)
class Axis:
    """Hold an axis: its words with the unit, and whether it is logarithmic."""

    words: str
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return a value as a number that grows evenly along the axis."""
        return math.log10(max(value, 1e-9)) if self.logarithmic else value

    def value(self, place: float) -> float:
        """Return the value at a place."""
        return 10**place if self.logarithmic else place


@dataclass(frozen=True)
class Dot:
    """Hold a point of a scatter: where, of which kind, and what it is."""

    x: float
    y: float
    kind: str
    words: str


@dataclass(frozen=True)
class _Span:
    """Hold an axis with its ends (places, not values) and where it is drawn, in pixels."""

    axis: Axis
    low: float
    high: float
    first: float
    last: float

    def pixel(self, value: float) -> float:
        share = (self.axis.place(value) - self.low) / (self.high - self.low)
        return round(self.first + share * (self.last - self.first), 1)

    def ticks(self) -> list[float]:
        """Return round values within the ends."""
        if self.axis.logarithmic:
            tens = range(math.floor(self.low), math.ceil(self.high) + 1)
            digits = (1, 2, 5) if self.high - self.low < 2 else (1,)
            values = [digit * 10.0**ten for ten in tens for digit in digits]
        else:
            step = _round_step((self.high - self.low) / _TICKS)
            first, last = math.ceil(self.low / step), math.floor(self.high / step)
            values = [number * step for number in range(first, last + 1)]
        slack = 1e-9 * (self.high - self.low)
        return [
            each
            for each in values
            if self.low - slack <= self.axis.place(each) <= self.high + slack
        ]


def histogram(title: str, values: Sequence[float], axis: Axis) -> Html:
    """Return how often values occur, as a figure; empty without values."""
    if not values:
        return Html()
    across = _span(values, axis, _LEFT, _WIDTH - _RIGHT)
    counts = [0] * _BINS
    width = (across.high - across.low) / _BINS
    for value in values:
        counts[min(int((axis.place(value) - across.low) / width), _BINS - 1)] += 1
    up = _Span(Axis("files"), 0.0, float(max(counts)), _HEIGHT - _BOTTOM, _TOP)
    bars = [_bar(across, up, number, width, count) for number, count in enumerate(counts) if count]
    return _figure(title, across, up, join(bars))


def scatter(title: str, dots: Sequence[Dot], across_axis: Axis, up_axis: Axis) -> Html:
    """Return points in two dimensions, colored by kind, as a figure with a key."""
    if not dots:
        return Html()
    across = _span([dot.x for dot in dots], across_axis, _LEFT, 2 * _WIDTH - _RIGHT)
    up = _span([dot.y for dot in dots], up_axis, 2 * _HEIGHT - _BOTTOM, _TOP)
    kinds = list(dict.fromkeys(sorted(dot.kind for dot in dots)))
    color = {kind: _COLORS[number % len(_COLORS)] for number, kind in enumerate(kinds)}
    marks = join(
        Html(
            '<circle class="dot" cx="{}" cy="{}" r="4" fill="{}"><title>{}</title></circle>'
        ).format(across.pixel(dot.x), up.pixel(dot.y), color[dot.kind], dot.words)
        for dot in dots
    )
    key = join(
        Html(
            '<li><svg width="10" height="10"><circle cx="5" cy="5" r="5" fill="{}"/></svg> {}</li>'
        ).format(color[kind], kind)
        for kind in kinds
    )
    figure = _figure(title, across, up, marks, scale=2)
    return Html('{}<ul class="key">{}</ul>').format(figure, key)


def _bar(across: _Span, up: _Span, number: int, width: float, count: int) -> Html:
    low, high = (across.axis.value(across.low + (number + side) * width) for side in (0, 1))
    left, right, top = across.pixel(low), across.pixel(high), up.pixel(count)
    words = f"{_short(low)} to {_short(high)}: {count}"
    return Html(
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
    ).format(left, top, round(max(right - left - 1, 1), 1), round(up.first - top, 1), words)


def _span(values: Sequence[float], axis: Axis, first: float, last: float) -> _Span:
    places = [axis.place(value) for value in values]
    low, high = min(places), max(places)
    # One value alone, or all the same, still needs an axis.
    slack = 0.04 * (high - low) or (0.1 if axis.logarithmic else max(0.1 * abs(high), 0.5))
    return _Span(axis, low - slack, high + slack, first, last)


def _figure(title: str, across: _Span, up: _Span, marks: Html, scale: int = 1) -> Html:
    width, height = scale * _WIDTH, scale * _HEIGHT
    bottom = height - _BOTTOM
    lines = Html('<path class="axis" d="M{} {}V{}H{}"/>').format(
        _LEFT, _TOP, bottom, width - _RIGHT
    )
    below = join(
        Html('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(
            across.pixel(tick), bottom + 13, _short(tick)
        )
        for tick in across.ticks()
    )
    beside = join(
        Html('<text x="{}" y="{}" text-anchor="end">{}</text>').format(
            _LEFT - 4, up.pixel(tick) + 4, _short(tick)
        )
        for tick in up.ticks()
        if up.axis.words != "files" or tick == int(tick)
    )
    words = Html('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(
        (width + _LEFT) / 2, height - 4, across.axis.words
    )
    if up.axis.words != "files":
        words += Html('<text x="{}" y="{}">{}</text>').format(_LEFT + 6, _TOP + 10, up.axis.words)
    return Html(
        '<figure><figcaption>{title}</figcaption><svg role="img" aria-label="{title}" '
        'viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        "{lines}{marks}{below}{beside}{words}</svg></figure>"
    ).format(
        title=title,
        width=width,
        height=height,
        lines=lines,
        marks=marks,
        below=below,
        beside=beside,
        words=words,
    )


def _round_step(step: float) -> float:
    ten = 10.0 ** math.floor(math.log10(step))
    return next(digit * ten for digit in (1, 2, 5, 10) if digit * ten >= 0.999 * step)


def _short(value: float) -> str:
    if abs(value) >= 10_000:
        return f"{value / 1000:.3g}k"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
