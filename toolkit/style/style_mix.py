"""Mix styles: numbers lie between theirs, players and choices are taken by share.

A mixture is no average of what is played: nobody plays bars of one style and bars of another by
chance. Whole seats change hands, and what does not come out even is one seat of drums or bass that
changes with the sections of the piece, as bands do that play a bridge in another feel.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from toolkit.errors import UsageError
from toolkit.style.band.form import intro_bars
from toolkit.style.performing.swing_feel import second_eighth
from toolkit.style.style import BORROWED, Form, Harmony, Melody, Mix, Seat, Style

_WHOLE_BAND_HZ = 20000.0
_NO_CUT_HZ = 19000.0
_EVEN = 1.06
_LEAST_SHARE = 0.15
_BY_SECTIONS = ("drums", "bass")
_EPSILON = 1e-9


@dataclass(frozen=True)
class _Taken:
    """Hold a seat of the mixture and which of the styles it is of."""

    seat: Seat
    of: str


def parse_share(text: str) -> tuple[str, float]:
    """Return name and share of ``bossa-nova:0.4``; the name may be a path.

    Raises
    ------
    UsageError
        If it is no name with a share above 0 and up to 1.

    Examples
    --------
    >>> parse_share("bossa-nova:0.4")
    ('bossa-nova', 0.4)
    """
    name, _, number = text.rpartition(":")
    hint = "such as: --style-mix bossa-nova:0.4"
    try:
        share = float(number)
    except ValueError as error:
        raise UsageError(f"{text!r} is no style with its share", hint) from error
    if not name or not 0 <= share <= 1:
        raise UsageError(f"{text!r} is no style with a share of 0 to 1", hint)
    return name, share


def mix(
    styles: Sequence[Style], shares: Sequence[float], *, ensemble: str = "", seed: int = 0
) -> Style:
    """Return a mixture of styles.

    Parameters
    ----------
    styles : sequence of Style
        The first one's ensemble plays, with players of the others in seats of the same role.
    shares : sequence of float
        As many, none below 0, not all 0; what counts is their ratio.
    ensemble : str
        Of the first style; its first one if empty.
    seed : int
        Decides which seats change hands, where that is open.

    Returns
    -------
    Style
        With that one ensemble. If only one share is above 0 it is that style itself.

    Raises
    ------
    UsageError
        If the shares do not fit the styles, or two styles have borrowed bars of a reference.
    """
    if len(styles) != len(shares) or min(shares, default=-1.0) < 0 or sum(shares) <= 0:
        raise UsageError(
            "every style of a mixture needs a share, and one of them has to be above 0",
            "such as: --style jazz-swing --style-mix bossa-nova:0.4",
        )
    weighed = [(style, share) for style, share in zip(styles, shares, strict=True) if share > 0]
    if len(weighed) == 1:
        return weighed[0][0]
    names = Counter(style.name for style, _ in weighed)
    if max(names.values()) > 1:
        raise UsageError(f"{max(names, key=names.__getitem__)} is there twice", "give it one share")
    total = sum(share for _, share in weighed)
    parts = [(style, share / total) for style, share in weighed]
    borrowed = [style.borrowed for style, _ in parts if style.borrowed is not None]
    if len(borrowed) > 1:
        raise UsageError("only one style of a mixture can be a file's", "leave one of them out")
    most = max(parts, key=lambda part: part[1])[0]
    taken = _seats(parts, ensemble, np.random.default_rng([seed, 5]))
    seats = tuple(each.seat for each in taken)
    feel, swing = _feel(parts)
    band = ensemble or next(iter(parts[0][0].ensembles))
    return Style(
        name="+".join(style.name for style, _ in parts),
        summary=_summary(parts, taken),
        feel=feel,
        tempo=_tempo(parts),
        seats=seats,
        ensembles=MappingProxyType({band: tuple(seat.name for seat in seats)}),
        harmony=Harmony(most.harmony.palette, *_means(parts, Harmony, "color", "reharm")),
        melody=Melody(most.melody.idiom, *_means(parts, Melody, "change")),
        form=_form(most, parts),
        mix=_recorded(parts),
        rubato=_mean(parts, lambda style: style.rubato),
        meter=most.meter,
        swing=swing,
        borrowed=borrowed[0] if borrowed else None,
    )


def _form(most: Style, parts: Sequence[tuple[Style, float]]) -> Form:
    """Return introduction and ending of the style with most of it.

    A reference's introduction, which may have any length, is as long as between theirs, in pairs of
    bars; the progressions of the others have a length of their own.
    """
    if most.form.intro != BORROWED:
        return most.form
    bars = max(2 * round(_mean(parts, intro_bars) / 2), 1)
    return most.form if bars == intro_bars(most) else replace(most.form, intro_bars=bars)


def _mean(parts: Sequence[tuple[Style, float]], of: Callable[[Style], float]) -> float:
    return round(sum(share * of(style) for style, share in parts), 6)


def _means(parts: Sequence[tuple[Style, float]], kind: type, *names: str) -> tuple[float, ...]:
    where = {Harmony: "harmony", Melody: "melody", Mix: "mix"}[kind]
    return tuple(
        _mean(parts, lambda style, name=name: getattr(getattr(style, where), name))  # type: ignore[misc]
        for name in names
    )


def _tempo(parts: Sequence[tuple[Style, float]]) -> tuple[float, float]:
    """Return the span of tempi between theirs, as ratios are heard."""
    slow, fast = (
        round(math.exp(_mean(parts, lambda style, end=end: math.log(style.tempo[end]))), 3)  # type: ignore[misc]
        for end in (0, 1)
    )
    return slow, fast


def _feel(parts: Sequence[tuple[Style, float]]) -> tuple[str, float]:
    """Return a feel, and the ratio of the soloist's eighths where it is not the usual one."""
    feels = {style.feel for style, _ in parts}
    swings = {style.swing for style, _ in parts}
    if len(feels) == 1 and len(swings) == 1:
        return feels.pop(), swings.pop()
    tempo = math.sqrt(math.prod(_tempo(parts)))
    second = _mean(
        parts, lambda style: second_eighth(style.feel, "melody", tempo, style.swing or None)
    )
    ratio = second / (1 - second)
    if ratio < _EVEN:
        return "straight", 0.0
    uneven = [part for part in parts if part[0].feel != "straight"]
    return max(uneven, key=lambda part: part[1])[0].feel, round(ratio, 3)


def _recorded(parts: Sequence[tuple[Style, float]]) -> Mix:
    """Return room and recording between theirs; no cut counts as one above what is heard."""
    names = [each.name for each in fields(Mix) if each.name != "high_cut_hz"]
    values: dict[str, Any] = dict(zip(names, _means(parts, Mix, *names), strict=True))
    cut = math.exp(_mean(parts, lambda style: math.log(style.mix.high_cut_hz or _WHOLE_BAND_HZ)))
    return Mix(**values, high_cut_hz=0.0 if cut > _NO_CUT_HZ else round(cut, 1))


def _seats(
    parts: Sequence[tuple[Style, float]], ensemble: str, rng: np.random.Generator
) -> list[_Taken]:
    """Return who plays: the first style's ensemble, seats of the others in place of its own."""
    main = parts[0][0]
    band = [_Taken(seat, main.name) for seat in main.band(ensemble)]
    order = [int(each) for each in rng.permutation(len(band))]
    open_seats = [at for at in order if band[at].seat.role != "melody"]
    count = len(open_seats)
    for style, share in parts[1:]:
        others = _others(style, [each.seat.role for each in band])
        wanted = share * count
        for at in list(open_seats):
            seat = band[at].seat
            other = next((each for each in others if each.role == seat.role), None)
            if other is None or wanted < _LEAST_SHARE:
                continue
            if wanted >= 1 - _EPSILON:
                band[at] = _Taken(other, style.name)
                others.remove(other)
            elif seat.role in _BY_SECTIONS:
                band[at] = _Taken(_by_sections(seat, other, wanted), f"{main.name}/{style.name}")
                others.remove(other)
            else:
                continue
            open_seats.remove(at)
            wanted -= 1.0
    return _renamed(band)


def _others(style: Style, roles: Sequence[str]) -> list[Seat]:
    """Return the ensemble of a style that has most of the roles to offer."""
    wanted = Counter(role for role in roles if role != "melody")

    def fits(name: str) -> int:
        return sum((wanted & Counter(seat.role for seat in style.band(name))).values())

    return list(style.band(max(style.ensembles, key=fits)))


def _by_sections(seat: Seat, other: Seat, share: float) -> Seat:
    """Return a seat that plays the other's part in so many of the sections."""
    return replace(
        seat,
        player="sections",
        options={
            "own": {"player": seat.player, "options": dict(seat.options)},
            "other": {"player": other.player, "options": dict(other.options)},
            "share": round(share, 6),
        },
    )


def _renamed(band: Sequence[_Taken]) -> list[_Taken]:
    taken: set[str] = set()
    result = []
    for each in band:
        name, number = each.seat.name, 2
        while name in taken:
            name, number = f"{each.seat.name}-{number}", number + 1
        taken.add(name)
        result.append(replace(each, seat=replace(each.seat, name=name)))
    return result


def _summary(parts: Sequence[tuple[Style, float]], taken: Sequence[_Taken]) -> str:
    shares = ", ".join(f"{100 * share:.0f} % {style.name}" for style, share in parts)
    seats = ", ".join(f"{each.seat.name} of {each.of}" for each in taken)
    return f"A mixture of {shares}: {seats}."
