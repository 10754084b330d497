"""Judge one candidate of a style transfer in a moment: is it the piece, is it jazz, is it music.

What is needed lies in the repository: no corpus is read. ``reimagine`` ranks its variations by
`quality` and writes `judge` into its report.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from toolkit.evaluation.is_music import held_avoid_notes
from toolkit.evaluation.jazz_judges import jazz_probability
from toolkit.evaluation.jazz_marks import extended_share
from toolkit.evaluation.same_form import self_similarity
from toolkit.evaluation.same_piece import (
    anchors,
    content_chroma,
    function_agreement,
    root_retention,
)
from toolkit.evaluation.versions import of_performance, of_sheet
from toolkit.style.band.meter_choice import in_meter
from toolkit.style.band.playability import violations
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.performance import Performance
from toolkit.style.style import load_style

_JAZZ = ("jazz", "swing")
_GOALS = {
    "anchor_recall": 0.90,
    "content_chroma": 0.68,
    "function_agreement": 0.75,
    "self_similarity": 0.50,
    "jazz_probability": 0.80,
}


def judge(source: LeadSheet, performance: Performance) -> dict[str, float]:
    """Return what a version of a piece is worth.

    Parameters
    ----------
    source : LeadSheet
        Of the piece, before anything was changed.
    performance : Performance
        What was made of it.

    Returns
    -------
    dict[str, float]
        ``anchor_recall``, ``content_chroma``, ``function_agreement``, ``root_retention``,
        ``self_similarity`` and ``extended_share``, 0..1 (nan where there is nothing to compare);
        ``violations`` and ``avoid_notes``, counts; for styles that swing and
        whose harmony is jazz also
        ``jazz_probability`` with ``groove_judge``, ``harmony_judge`` and ``line_judge``.
    """
    arrangement = performance.arrangement
    style = load_style(arrangement.style)
    source = in_meter(source, style.meter)
    before, after = of_sheet(source), of_performance(source, performance)
    lines = [line for part in arrangement.parts for line in violations(part, arrangement.sheet)]
    found = {
        "anchor_recall": anchors(before, after)[0],
        "content_chroma": content_chroma(before, after),
        "function_agreement": function_agreement(source, after.sheet),
        "root_retention": root_retention(source, after.sheet),
        "self_similarity": self_similarity(before, after)[0],
        "extended_share": extended_share(after.sheet),
        "violations": float(len(lines)),
        "avoid_notes": float(held_avoid_notes(source, performance)),
    }
    if (style.harmony.palette, style.feel) == _JAZZ:
        found |= jazz_probability(after)
    return found


def quality(judged: Mapping[str, float]) -> float:
    """Return one number to rank variations by: the higher the better, 0 if every goal is met.

    A goal that is missed costs what is missing as a share of the goal; a violation costs 0.1, a
    held avoid-note 0.02. What could not be measured costs nothing.
    """
    missing = sum(
        max(0.0, 1 - judged[name] / goal)
        for name, goal in _GOALS.items()
        if name in judged and math.isfinite(judged[name])
    )
    return -(missing + 0.1 * judged["violations"] + 0.02 * judged["avoid_notes"])
