"""Play some sections of a piece in one way and the others in another, whole phrases at a time.

Options: ``own`` and ``other`` are two players (``player`` and ``options``), ``share`` how much of
the piece is the other's. Sections that return are played as they were; the first one is the own
player's, unless the other has more of the piece.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from toolkit.style.arrangement import Tone
from toolkit.style.band.energy import FRAME
from toolkit.style.band.playing import Played, Scene
from toolkit.style.lead_sheet import LeadSheet

_EPSILON = 1e-6


def play(scene: Scene) -> Played:
    """Return what two players play, each in its sections."""
    options = scene.seat.options
    labels = _labels(scene.sheet, float(options["share"]))
    own, other = (_played(scene, options[name]) for name in ("own", "other"))
    tones = [*_in(own, scene.sheet, labels, False), *_in(other, scene.sheet, labels, True)]
    return Played(tuple(sorted(tones, key=lambda tone: (tone.onset, tone.pitch))))


def _played(scene: Scene, who: Mapping[str, Any]) -> Played:
    player: Any = importlib.import_module(f"{__package__}.{str(who['player']).replace('-', '_')}")
    seat = replace(scene.seat, player=who["player"], options=who["options"])
    played: Played = player.play(replace(scene, seat=seat))
    return played


def _labels(sheet: LeadSheet, share: float) -> frozenset[str]:
    """Return the labels of sections that are the other's, as near to its share as can be.

    Later sections first: what a piece begins with is what it is.
    """
    lengths: dict[str, float] = {}
    for phrase in sheet.phrases:
        if phrase.label not in FRAME:
            lengths[phrase.label] = lengths.get(phrase.label, 0.0) + phrase.duration
    total = sum(lengths.values())
    best: tuple[float, frozenset[str]] = (share * total, frozenset())
    names = list(lengths)[::-1]
    for first in range(len(names)):
        for last in range(first + 1, len(names) + 1):
            some = frozenset(names[first:last])
            error = abs(sum(lengths[name] for name in some) - share * total)
            if error < best[0] - _EPSILON:
                best = (error, some)
    return best[1]


def _in(played: Played, sheet: LeadSheet, labels: frozenset[str], inside: bool) -> list[Tone]:
    """Return the tones that begin in sections of the labels, or in the others; none goes beyond."""
    kept = []
    for tone in played.tones:
        phrase = sheet.phrase_at(tone.onset)
        if (phrase.label in labels) == inside:
            room = max(phrase.offset - tone.onset, _EPSILON)
            kept.append(replace(tone, duration=min(tone.duration, room)))
    return kept
