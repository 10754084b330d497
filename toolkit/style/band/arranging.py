"""Arrange a piece: choose the tempo, put form around it, and let every seat of the band play."""

from __future__ import annotations

import zlib

import numpy as np

from toolkit.style.arrangement import Arrangement
from toolkit.style.band.borrowed_form import finished, slowed
from toolkit.style.band.form import framed, held_from
from toolkit.style.band.meter_choice import in_meter
from toolkit.style.band.playing import Scene, play
from toolkit.style.band.tempo_choice import choose_tempo, rescaled
from toolkit.style.harmony.giving_way import give_way
from toolkit.style.harmony.harmonic_slots import Spans, is_within
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.style import BORROWED, Style

_SEED = 2**63
_SLOWER = {"ritard": (0.94, 0.87, 0.78), "tag": (0.97, 0.93, 0.85)}
"""Share of the tempo in the two bars before the last one, and in it."""


def arrange(
    sheet: LeadSheet,
    *,
    style: Style,
    ensemble: str = "",
    rng: np.random.Generator,
    tempo: float | None = None,
    locked: Spans | None = None,
) -> Arrangement:
    """Return a piece arranged for the band of a style.

    Parameters
    ----------
    sheet : LeadSheet
        Reharmonized and embellished already; a pickup may lie before its beat 0.
    style : Style
        Whose tempo, form and seats apply.
    ensemble : str
        One of the style's ensembles; its first one if empty.
    rng : np.random.Generator
        The same state gives the same notes. Every seat draws from a generator of its own that
        depends on its name alone, so that a band with one more player plays the same otherwise.
    tempo : float, optional
        Beats a minute; from the sheet's and the style's unless given.
    locked : tuple[tuple[float, float], ...], optional
        Spans in beats of the sheet whose chords stay; all others may give way to what the tune
        holds over them. None of them does unless given.

    Returns
    -------
    Arrangement
        Its sheet has the tempo that was chosen; where note values had to be doubled or halved for
        the tune to keep its speed, or the meter is the style's, its bars are the new ones.

    Raises
    ------
    UsageError
        If the style has no ensemble of that name.
    """
    seats = style.band(ensemble)
    metered = in_meter(sheet, style.meter)
    chosen, factor = choose_tempo(metered, style.tempo, tempo)
    ready = rescaled(metered, factor, chosen)
    if locked is not None:
        # Neither the meter nor the tempo has changed how many chords there are.
        fixed = [index for index, span in enumerate(sheet.chords) if is_within(span, locked)]
        ready = give_way(ready, fixed)
    full, body = framed(ready, style)
    seed = int(rng.integers(_SEED))
    roles = tuple(seat.role for seat in seats)
    scenes = (
        Scene(
            sheet=full,
            style=style,
            seat=seat,
            band=roles,
            tempo=chosen,
            rng=np.random.default_rng([seed, zlib.crc32(seat.name.encode())]),
            seed=seed,
        )
        for seat in seats
    )
    parts = tuple(finished(play(scene), style, full) for scene in scenes)
    return Arrangement(full, style.name, parts, _tempo_map(full, style, chosen), body)


def _tempo_map(sheet: LeadSheet, style: Style, tempo: float) -> tuple[tuple[float, float], ...]:
    """Return the tempo, slower towards a held last chord, or as a borrowed ending is."""
    if style.form.ending == BORROWED:
        return ((0.0, tempo), *slowed(style, sheet, tempo))
    shares = _SLOWER.get(style.form.ending)
    if shares is None or held_from(sheet) >= sheet.length or len(sheet.bars) < len(shares) + 2:
        return ((0.0, tempo),)
    last = [
        (bar.onset, tempo * share)
        for bar, share in zip(sheet.bars[-len(shares) :], shares, strict=True)
        if share < 1.0
    ]
    return ((0.0, tempo), *last)
