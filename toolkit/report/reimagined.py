"""Tell what became of a piece: chords before and after, who plays what, how it measures up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.pipeline import StepRecord, Value
from toolkit.provenance import finite
from toolkit.report import html
from toolkit.report.html import Html
from toolkit.style.arrangement import Arrangement
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.style import Style
from toolkit.values import DRUMS

NAMES = ("report.html", "report.json")
"""What the page and the data are called."""

_PIXELS_PER_BEAT, _ROW = 14, 3
_COLORS = ("#1f5f8b", "#b5651d", "#3f7d20", "#9c2c5a", "#6a4c93", "#7a6c00")
_STYLE = """
main { max-width: 64em } .roll { overflow-x: auto; border: 1px solid var(--line) }
.roll line { stroke: var(--line) } .changed { font-weight: 600 }
"""


def report(
    values: Mapping[str, Value],
    style: Style,
    steps: Sequence[StepRecord],
    warnings: Sequence[str],
    measured: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a run made as plain data.

    Parameters
    ----------
    values : Mapping[str, Value]
        By the id of the step that made them.
    style : Style
        That was asked for.
    steps : sequence of StepRecord
        What each step did.
    warnings : sequence of str
        Of reading the source.
    measured : Mapping, optional
        What the judges say.
    """
    arrangement: Any = values["perform"].arrangement  # type: ignore[union-attr]
    source = values.get("lead-sheet")
    findings = {step.id: dict(step.findings) for step in steps}
    plain = {
        "title": arrangement.sheet.title,
        "style": style.name,
        "summary": style.summary,
        "origin": _origin(style),
        "key": arrangement.sheet.keys[0][1],
        "beats_per_bar": arrangement.sheet.beats_per_bar,
        "tempo": arrangement.tempo[0][1],
        "bars": _bars(source, arrangement) if isinstance(source, LeadSheet) else [],
        "parts": [
            {
                "name": part.name,
                "role": part.role,
                "program": part.program,
                "tones": len(part.tones),
                "stem": f"stems/{part.name}.wav",
            }
            for part in arrangement.parts
        ],
        "steps": findings,
        "measured": dict(measured or {}),
        "warnings": [*warnings, *_cautions(findings.get("lead-sheet", {}))],
        "roll": _roll(arrangement),
    }
    found: dict[str, Any] = finite(plain)
    return found


def _origin(style: Style) -> dict[str, Any]:
    """Return which file a style is of, empty for one that is nobody's."""
    if style.borrowed is None:
        return {}
    found = style.borrowed
    return {"source": found.source, "sha256": found.sha256, "bars": len(found.bars)}


def write(folder: Path, report: Mapping[str, Any]) -> None:
    """Write the page and the data, called as `NAMES` says, into a folder."""
    page, plain = (folder / name for name in NAMES)
    data = {key: value for key, value in report.items() if key != "roll"}
    plain.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    page.write_bytes(_page(report))


def _cautions(found: Mapping[str, Any]) -> list[str]:
    """Return what the user should know about where the tune comes from, and what is lost of it."""
    origin, cautions = found.get("melody_from", "tune"), []
    if origin not in ("tune", "only voice"):
        cautions.append(
            f"no voice stands out as the tune, so the {origin} stands for it: check leadsheet.txt"
        )
    if "slow_beats" in found:
        cautions.append(
            f"beats were counted at {found['slow_beats']:.0f} to {found['fast_beats']:.0f} a "
            "minute, but one tempo is played: parts of it are faster or slower than they were"
        )
    if "near_a_beat" in found:
        cautions.append(
            "the notes that were heard are short and keep to no beat: if this is speech or noise, "
            "nothing of it is in what was made"
        )
    return cautions


def _bars(source: LeadSheet, arrangement: Arrangement) -> list[dict[str, Any]]:
    """Return the chords of every bar of the arrangement, and those of the source at that place."""
    start, stop = arrangement.body
    stretch = arrangement.stretch(source)
    rows = []
    for number, bar in enumerate(arrangement.sheet.bars):
        inside = start - 1e-6 <= bar.onset < stop - 1e-6
        first, last = ((each - start) / stretch for each in (bar.onset, bar.offset))
        rows.append(
            {
                "bar": number + 1,
                "phrase": arrangement.sheet.phrase_at(bar.onset).label,
                "source": _symbols(source, first, last) if inside else "",
                "chords": _symbols(arrangement.sheet, bar.onset, bar.offset),
            }
        )
    return rows


def _symbols(sheet: LeadSheet, start: float, stop: float) -> str:
    before = sheet.chord_at(start)
    found = [span for span in sheet.chords if start - 1e-6 <= span.onset < stop - 1e-6]
    if before is not None and before not in found:
        found.insert(0, before)
    return " ".join(span.chord.symbol for span in found)


def _roll(arrangement: Arrangement) -> str:
    """Return a piano roll of all pitched parts as SVG, bars as lines."""
    pitched = [part for part in arrangement.parts if part.program != DRUMS and part.tones]
    pitches = [tone.pitch for part in pitched for tone in part.tones] or [60]
    low, high = min(pitches), max(pitches)
    width = arrangement.sheet.length * _PIXELS_PER_BEAT
    height = (high - low + 1) * _ROW
    shapes = [
        f'<line x1="{bar.onset * _PIXELS_PER_BEAT:.0f}" x2="{bar.onset * _PIXELS_PER_BEAT:.0f}" '
        f'y1="0" y2="{height}"/>'
        for bar in arrangement.sheet.bars
    ]
    for number, part in enumerate(pitched):
        color = _COLORS[number % len(_COLORS)]
        shapes += [
            f'<rect x="{tone.onset * _PIXELS_PER_BEAT:.1f}" y="{(high - tone.pitch) * _ROW}" '
            f'width="{max(tone.duration * _PIXELS_PER_BEAT - 1, 1):.1f}" height="{_ROW}" '
            f'fill="{color}"/>'
            for tone in part.tones
        ]
    size = f'width="{width:.0f}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(shapes)}</svg>'


def _page(report: Mapping[str, Any]) -> bytes:
    parts = html.table(
        ("part", "role", "tones", "listen"),
        [
            (part["name"], part["role"], part["tones"], html.player(html.link(part["stem"])))
            for part in report["parts"]
        ],
    )
    bars = html.table(
        ("bar", "phrase", "source", "now"),
        [
            (row["bar"], row["phrase"], row["source"], _changed(row["source"], row["chords"]))
            for row in report["bars"]
        ],
    )
    measured = html.table(("measure", "value"), list(report["measured"].items()))
    facts = html.table(("step", "finding", "value"), _findings(report["steps"]))
    notes = html.join(Html("<p><b>Note:</b> {}</p>").format(each) for each in report["warnings"])
    body = Html(
        '<p>{}</p>\n{}\n{}<h2>Notes</h2><div class="roll">{}</div>'
        "<h2>Parts</h2>{}<h2>Measured</h2>{}<h2>Chords</h2>{}<h2>What each step did</h2>{}"
    ).format(
        report["summary"],
        html.player("out.wav"),
        notes,
        Html(report["roll"]),
        parts,
        measured,
        bars,
        facts,
    )
    title = f"{report['title'] or 'Untitled'} ({report['style']})"
    return html.page(title, body, style=_STYLE)


def _changed(source: str, now: str) -> str:
    return now if source == now else Html('<span class="changed">{}</span>').format(now)


def _findings(steps: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, Any]]:
    return [
        (step, key.replace("_", " "), value)
        for step, found in steps.items()
        for key, value in found.items()
    ]
