"""Choose for each bar of a piece the bar of a reference whose patterns suit it best.

All players take the same bar, as they played together; bars that followed each other in the
reference follow each other where they can, so that its fills come where they lead somewhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.dsp.cheapest_path import cheapest_path
from toolkit.style.borrowed.pattern_bars import PatternBar
from toolkit.style.borrowed.pattern_choice import odds
from toolkit.style.borrowed.pattern_distances import patterns_of
from toolkit.style.borrowed.patterns import Borrowed
from toolkit.style.borrowed.situations import NAMES, situations
from toolkit.style.lead_sheet import LeadSheet

Array = npt.NDArray[np.float64]

_AGAIN, _ALIGNED, _ASTRAY = 2.5, 2.5, 4.0
_AT_PHRASE = 0.25
_OTHER_METER = 6.0
_SILENT, _THIN = 8.0, 2.0
_CHANCE = 0.25
_UNSUITABLE = 2.5
_ENDING = 3.0
_OPENING = NAMES.index("bar 1 of four")
_CLOSING = [NAMES.index("last of phrase"), NAMES.index("bar 4 of four")]


def chosen(borrowed: Borrowed, sheet: LeadSheet, seed: int) -> tuple[PatternBar, ...]:
    """Return a bar of the reference for each bar of a sheet.

    Parameters
    ----------
    borrowed : Borrowed
        The reference.
    sheet : LeadSheet
        What is to be accompanied.
    seed : int
        Which of bars that suit about as well are taken.
    """
    keys = np.array([bar.about for bar in borrowed.bars])
    about = situations(sheet)
    suits = odds(about, keys, patterns_of(borrowed.bars))
    # What does not suit is not to be taken, however much it does not: the flow counts as well.
    cost = np.minimum(suits.max(axis=1, keepdims=True) - suits, _UNSUITABLE)
    cost -= _CHANCE * np.random.default_rng([seed, 71]).gumbel(size=cost.shape)
    beats = np.array([bar.beats for bar in borrowed.bars])
    wanted = np.array([bar.beats for bar in sheet.bars])
    cost += _OTHER_METER * (wanted[:, None] != beats[None, :])
    cost += _emptiness(borrowed)[None, :]
    # What leads on at the end of a phrase belongs there, however seldom it is played.
    cost += _ENDING * (_closes(about)[:, None] != _closes(keys)[None, :])
    within = _following(len(beats))
    fresh = about[:, _OPENING] > 0.5
    path = cheapest_path(cost, lambda at: within * (_AT_PHRASE if fresh[at] else 1.0))
    return tuple(borrowed.bars[index] for index in path)


def _closes(about: Array) -> npt.NDArray[np.bool_]:
    """Return which bars end a phrase or a group of four bars, by their situations."""
    return np.asarray((about[:, _CLOSING] > 0.5).any(axis=1))


def _emptiness(borrowed: Borrowed) -> Array:
    """Return what it costs to take a bar in which fewer play, or less, than usually."""
    counts = np.array([sum(map(len, bar.parts.values())) for bar in borrowed.bars], float)
    usual = float(np.median(counts[counts > 0])) if (counts > 0).any() else 1.0
    return np.where(counts == 0, _SILENT, np.where(counts < 0.4 * usual, _THIN, 0.0))


def _following(count: int) -> Array:
    """Return what it costs to go from a bar (rows) to another (columns)."""
    number = np.arange(count)
    step = number[None, :] - number[:, None]
    price = np.where((step - 1) % 4 == 0, _ALIGNED, _ASTRAY)
    price = np.where(step == 0, _AGAIN, price)
    return np.where(step == 1, 0.0, price)
