"""Guess what a recording was on before it was a file, with the reasons in words.

Each medium expects certain figures: how high its music reaches, how far the noise lies below it,
how many clicks it has and how much it rumbles. How far a recording is from what a medium expects is
counted in that figure's usual spread, at most three of it, so that one odd figure decides nothing;
the sum of squares, halved, is the logarithm of the odds. The expectations are those of ten renders
under the media of the pipelines degrade-*, widened after the ranges that archivists give: acoustic
recording 250 to 2500 Hz, electric discs to 5 or 8 kHz, tapes to 13 kHz.

That is a guess from the sound alone. A modern copy of a 78 that was restored will look like another
medium, and a quiet clarinet does not show how high a disc reaches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.dsp.condition import Condition


@dataclass(frozen=True)
class Guess:
    """Hold a medium that a recording may have been on.

    Parameters
    ----------
    medium : str
        Such as ``acoustic 78``.
    era : str
        When such recordings were made, in words.
    share : float
        How likely, of all media that are known, 0..1.
    reasons : tuple[str, ...]
        What speaks for it, the strongest first.
    """

    medium: str
    era: str
    share: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Figure:
    """Hold how one figure is read and said."""

    read: Callable[[Condition], float]
    words: Callable[[Condition], str]


def _reach(condition: Condition) -> float:
    return math.log2(max(condition.high_hz, 500.0) / 1000)


def _clicks(condition: Condition) -> float:
    return math.log10(0.3 + condition.clicks_per_second)


def _rumble(condition: Condition) -> float:
    return max(condition.rumble_db - condition.level_db, -90.0)


def _clicks_in_words(condition: Condition) -> str:
    rate = condition.clicks_per_second
    if rate < 0.2:
        return "hardly a click"
    return f"{rate:.0f} clicks a second" if rate >= 10 else f"{rate:.1f} clicks a second"


def _reach_in_words(condition: Condition) -> str:
    # Without a gap above the music the end of the file's own band is no news.
    if condition.high_hz > 0.44 * condition.sample_rate:
        return "music up to the end of the band"
    return f"no music above {condition.high_hz / 1000:.1f} kHz"


_FIGURES: Mapping[str, _Figure] = {
    "reach": _Figure(_reach, _reach_in_words),
    "snr": _Figure(
        lambda each: min(each.snr_db, 70.0),
        lambda each: f"noise {each.snr_db:.0f} dB below the music",
    ),
    "clicks": _Figure(_clicks, _clicks_in_words),
    "rumble": _Figure(_rumble, lambda each: f"rumble {-_rumble(each):.0f} dB below the whole"),
}


@dataclass(frozen=True)
class _Medium:
    """Hold what a medium expects: center and spread of each figure."""

    era: str
    reach: tuple[float, float]
    snr: tuple[float, float]
    clicks: tuple[float, float]
    rumble: tuple[float, float]


# Reach in octaves above 1 kHz, clicks as log10(0.3 + clicks a second), the others in dB.
_MEDIA: Mapping[str, _Medium] = {
    "wax cylinder": _Medium("1890 to 1929", (1.3, 0.4), (3, 2.2), (1.4, 0.45), (-11, 4)),
    "acoustic 78": _Medium("1895 to 1925", (1.5, 0.4), (6, 3), (1.4, 0.5), (-20, 6)),
    "electric 78": _Medium("1925 to 1955", (2.1, 0.4), (10, 4), (1.15, 0.5), (-24, 6)),
    "acetate": _Medium("1934 to 1955", (2.4, 0.5), (13, 5), (2.05, 0.25), (-31, 7)),
    "vinyl": _Medium("since 1948", (3.7, 0.8), (30, 11), (0.45, 0.35), (-36, 8)),
    "tape": _Medium("since 1940", (3.1, 0.5), (28, 9), (-0.5, 0.25), (-55, 12)),
    "digital": _Medium("since 1980", (4.2, 0.7), (45, 22), (-0.5, 0.25), (-50, 28)),
}
MEDIA = tuple(_MEDIA)
"""Every medium that is known."""

_MOST = 3.0


def guess_media(condition: Condition) -> tuple[Guess, ...]:
    """Return the media a recording may have been on, the likeliest first.

    Parameters
    ----------
    condition : Condition
        As `toolkit.dsp.measure.measure` gives it.

    Returns
    -------
    tuple of Guess
        All of `MEDIA`, their shares adding up to 1; empty for silence and for noise alone.
    """
    if not math.isfinite(condition.level_db) or condition.high_hz <= 0:
        return ()
    distances = {name: _distances(condition, medium) for name, medium in _MEDIA.items()}
    odds = {name: math.exp(-sum(each.values()) / 2) for name, each in distances.items()}
    total = math.fsum(odds.values())
    ranked = sorted(odds, key=lambda name: -odds[name])
    return tuple(
        Guess(
            name,
            _MEDIA[name].era,
            odds[name] / total,
            _reasons(condition, distances, name, ranked),
        )
        for name in ranked
    )


def _distances(condition: Condition, medium: _Medium) -> dict[str, float]:
    """Return the squared distance of each figure from what a medium expects."""
    found = {}
    for name, figure in _FIGURES.items():
        center, spread = getattr(medium, name)
        found[name] = min(abs(figure.read(condition) - center) / spread, _MOST) ** 2
    return found


def _reasons(
    condition: Condition,
    distances: Mapping[str, Mapping[str, float]],
    name: str,
    ranked: list[str],
) -> tuple[str, ...]:
    """Return what speaks for a medium rather than for the others, the strongest first."""
    others = [each for each in ranked if each != name]
    mine = distances[name]

    def advantage(figure: str) -> float:
        return sum(distances[other][figure] for other in others) / len(others) - mine[figure]

    for_it = sorted((each for each in _FIGURES if advantage(each) > 0), key=advantage, reverse=True)
    return tuple(_FIGURES[each].words(condition) for each in for_it)


def plain(guesses: tuple[Guess, ...]) -> list[dict[str, Any]]:
    """Return guesses of more than a twentieth as plain data."""
    return [
        {
            "medium": each.medium,
            "era": each.era,
            "share": round(each.share, 3),
            "reasons": list(each.reasons),
        }
        for each in guesses
        if each.share > 0.05
    ]
