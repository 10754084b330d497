"""Say in words what of a reference's introduction and ending is played."""

from __future__ import annotations

from toolkit.style.borrowed.frames import Closing
from toolkit.style.style import BORROWED, Style

_LAST = {
    "hold": "its last chord held",
    "stop": "its last chord struck short",
    "run": "played to the last bar line",
}


def told(style: Style) -> dict[str, str]:
    """Return a sentence about the introduction and one about the ending, for a run's report.

    Parameters
    ----------
    style : Style
        Of a file, or mixed with one.

    Returns
    -------
    dict[str, str]
        Under ``introduction`` and ``ending``; empty for a style that has borrowed nothing.
    """
    borrowed = style.borrowed
    if borrowed is None:
        return {}
    intro, ending = style.form.intro, style.form.ending
    opening, closing = borrowed.opening, borrowed.closing
    if opening is None:
        before = f"{borrowed.source} begins with its tune, so the style's own: {intro}"
    elif intro != BORROWED:
        before = f"not that of {borrowed.source}: {intro}"
    else:
        bars = style.form.intro_bars or len(opening.bars)
        before = f"that of {borrowed.source}, {_counted(bars)}"
    if closing is None:
        after = f"{borrowed.source} is over without one, so the style's own: {ending}"
    elif ending != BORROWED:
        after = f"not that of {borrowed.source}: {ending}"
    else:
        after = f"that of {borrowed.source}: {', '.join(_signs(closing))}"
    return {"introduction": before, "ending": after}


def _signs(closing: Closing) -> list[str]:
    """Return what a borrowed ending consists of, in the order in which it happens."""
    found = []
    if closing.again:
        found.append(f"{_counted(closing.again)} said again")
    if closing.bars:
        found.append(f"{_counted(len(closing.bars))} after the tune")
    if closing.slower:
        found.append("slowing down")
    if closing.softer < 1:
        found.append("fading")
    return [*found, _LAST[closing.last]]


def _counted(bars: int) -> str:
    return f"{bars} bar{'s' if bars != 1 else ''}"
