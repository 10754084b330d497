"""Measure whether a piece comes out in the style of a file, and remains the same piece.

After the style fit of O. Cífka et al. ("Groove2Groove: one-shot music style transfer with
supervision from synthetic data", 2020), which compares profiles of a result and a reference: here
where in the bar each role and each group of drums strikes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.evaluation import style_items, table
from toolkit.evaluation.groove_profile import KIT
from toolkit.evaluation.same_piece import same_piece
from toolkit.evaluation.versions import of_performance, of_sheet
from toolkit.style.arrangement import Arrangement, Tone
from toolkit.style.band.arranging import arrange
from toolkit.style.band.meter_choice import in_meter
from toolkit.style.band.playability import violations
from toolkit.style.borrowed.deriving import style_of
from toolkit.style.borrowed.hearing import hear
from toolkit.style.performing.perform import perform
from toolkit.style.sheet.sheet_making import make_sheet
from toolkit.style.style import Style, load_style
from toolkit.values import DRUMS

Array = npt.NDArray[np.float64]
Profile = dict[str, Array]

PIECES = ("sonata K. 545", "song 851", "Maple Leaf Rag", "chorale BWV 368")
REFERENCES = (
    "the_hobo_redfarn", "run_for_your_life", "no_work_song_redfarn", "linns_basket",
    "say_what_redfarn", "be_sharp_bw_redfarn",
)  # fmt: skip
"""Pieces of `toolkit.evaluation.style_items`, and songs of OpenMSX that they are to sound like."""

_BEATS, _STEPS = 4, 12
_SPREAD = (0.25, 0.5, 1.0, 0.5, 0.25)
_FIGURES = ("fit", "fit of others", "first of all", "anchor_recall", "content_chroma", "violations")


def profile(parts: Sequence[tuple[str, Sequence[Tone]]]) -> Profile:
    """Return where in a bar of four beats each role, and each group of drums, strikes.

    Parameters
    ----------
    parts : sequence of (role, tones)
        Onsets in beats from a downbeat; roles as in `toolkit.style.arrangement.ROLES`.
    """
    found: Profile = {}
    groups = {pitch: name for name, pitches in KIT.items() for pitch in pitches}
    for role, tones in parts:
        for tone in tones:
            name = groups.get(tone.pitch, "hand") if role == "drums" else role
            place = round(tone.onset % _BEATS * _STEPS) % (_BEATS * _STEPS)
            found.setdefault(name, np.zeros(_BEATS * _STEPS))[place] += 1
    return {name: _smooth(counts) for name, counts in found.items()}


def fit(made: Profile, wanted: Profile) -> float:
    """Return the mean cosine of two profiles over the roles of either, weighted by their attacks.

    A role that only one of them has counts 0.
    """
    total, weights = 0.0, 0.0
    sums = [sum(float(each.sum()) for each in one.values()) or 1.0 for one in (made, wanted)]
    for name in {*made, *wanted}:
        first, second = made.get(name), wanted.get(name)
        weight = sum(
            float(each.sum()) / whole
            for each, whole in zip((first, second), sums, strict=True)
            if each is not None
        )
        weights += weight
        if first is not None and second is not None:
            norms = float(np.linalg.norm(first) * np.linalg.norm(second))
            total += weight * float(first @ second) / max(norms, 1e-9)
    return total / max(weights, 1e-9)


def rows(seed: int, limit: int | None = None) -> list[dict[str, Any]]:
    """Return a row for each piece and reference, and for each piece in a style by name."""
    from toolkit.evaluation.pattern_finding import composition

    notes = {name: composition(name) for name in REFERENCES[:limit]}
    styles = {name: style_of(each, name=name) for name, each in notes.items()}
    wanted = {name: _of_reference(hear(each)) for name, each in notes.items()}
    found = []
    for title in PIECES[:limit]:
        for name, style in styles.items():
            found.append(_row(title, style, name, wanted, "style of the file", seed))
        usual = load_style("jazz-swing")
        for name in styles:
            found.append(_row(title, usual, name, wanted, "jazz-swing", seed))
    return found


def means(found: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the means of the figures of some rows."""
    return {name: round(table.mean(found, name), 3) for name in _FIGURES}


def _row(
    title: str, style: Style, name: str, wanted: Mapping[str, Profile], method: str, seed: int
) -> dict[str, Any]:
    item = next(each for each in style_items.ITEMS if each.name == title)
    sheet = make_sheet(style_items.read(item))
    rng = np.random.default_rng(seed)
    arrangement = arrange(sheet, style=style, rng=rng)
    performance = perform(arrangement, style=style, rng=rng)
    made = _of_arrangement(arrangement)
    fits = {each: fit(made, known) for each, known in wanted.items()}
    others = [value for each, value in fits.items() if each != name]
    source = in_meter(sheet, style.meter)
    same = same_piece(of_sheet(source), of_performance(source, performance))
    lines = [each for part in arrangement.parts for each in violations(part, arrangement.sheet)]
    return {
        "item": f"{title}/{name}",
        "method": method,
        "fit": fits[name],
        "fit of others": float(np.mean(others)) if others else np.nan,
        "first of all": float(max(fits, key=fits.__getitem__) == name),
        "anchor_recall": same["anchor_recall"],
        "content_chroma": same["content_chroma"],
        "violations": len(lines),
    }


def _of_arrangement(arrangement: Arrangement) -> Profile:
    """Return the profile of those who accompany, the body of the piece only."""
    begin, end = arrangement.body
    return profile(
        [
            (
                part.role,
                [Tone(t.onset - begin, t.duration, t.pitch) for t in part.tones
                 if begin <= t.onset < end],
            )
            for part in arrangement.parts
            if part.role != "melody"
        ]
    )  # fmt: skip


def _of_reference(heard: Any) -> Profile:
    return profile(
        [("drums" if part.program == DRUMS else part.role, part.tones) for part in heard.parts]
    )


def _smooth(counts: Array) -> Array:
    """Return counts spread a little around the bar, so that a near miss is one."""
    half = len(_SPREAD) // 2
    return np.asarray(
        sum(share * np.roll(counts, at - half) for at, share in enumerate(_SPREAD)), float
    )
