"""What a reference has around its tune: bars before it, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.style.borrowed.pattern_bars import PatternBar, bar_of, table_of
from toolkit.style.chord import parse

LAST = ("hold", "stop", "run")
"""A chord that is held; one that is struck short; a groove that goes on to the last bar line."""

_MODES = ("major", "minor")


@dataclass(frozen=True)
class FrameBar:
    """Hold a bar around the tune: what is played, and its chords.

    Parameters
    ----------
    played : PatternBar
        As in the body of the reference.
    chords : tuple[tuple[float, str], ...]
        (beat of the bar, symbol as if the key were that of C), ascending, each until the next; what
        precedes the first one is without harmony.
    """

    played: PatternBar
    chords: tuple[tuple[float, str], ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return it as a table for a style's file."""
        return {**table_of(self.played), "chords": [list(each) for each in self.chords]}


@dataclass(frozen=True)
class Opening:
    """Hold the introduction of a reference.

    Parameters
    ----------
    bars : tuple[FrameBar, ...]
        Those before the tune, the last one next to it; at least one.
    mode : str
        ``major`` or ``minor``: of the key that the chords belong to.
    """

    bars: tuple[FrameBar, ...]
    mode: str = "major"

    def plain(self) -> dict[str, Any]:
        """Return it as a table for a style's file; `read_opening` gives an equal one back."""
        return {"mode": self.mode, "bar": [bar.plain() for bar in self.bars]}


@dataclass(frozen=True)
class Closing:
    """Hold the ending of a reference.

    Parameters
    ----------
    last : str
        One of `LAST`.
    bars : tuple[FrameBar, ...]
        Those after the tune, the last chord's left out; there may be none.
    mode : str
        As in `Opening`.
    final : FrameBar, optional
        What strikes the last chord, on its first beat; None for a groove that runs on.
    beats : float
        How long the last chord sounds where it is struck short.
    slower : tuple[float, ...]
        Shares of the tempo in the last bars, the last one's last; empty where it stays.
    softer : float
        Share of the usual velocity at the end of a groove that fades, 1 where it does not.
    again : int
        How many bars of the piece are said again before it ends.
    """

    last: str
    bars: tuple[FrameBar, ...] = ()
    mode: str = "major"
    final: FrameBar | None = None
    beats: float = 1.0
    slower: tuple[float, ...] = ()
    softer: float = 1.0
    again: int = 0

    def plain(self) -> dict[str, Any]:
        """Return it as a table for a style's file; `read_closing` gives an equal one back."""
        table: dict[str, Any] = {
            "last": self.last,
            "mode": self.mode,
            "beats": self.beats,
            "slower": list(self.slower),
            "softer": self.softer,
            "again": self.again,
            "bar": [bar.plain() for bar in self.bars],
        }
        if self.final is not None:
            table["final"] = [self.final.plain()]
        return table


def read_opening(table: Mapping[str, Any]) -> Opening:
    """Return what `Opening.plain` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        If something is missing or out of range.
    """
    bars = tuple(_frame_bar(each) for each in table["bar"])
    if not bars:
        raise ValueError("an opening needs a bar")
    return Opening(bars, _one_of(str(table["mode"]), _MODES))


def read_closing(table: Mapping[str, Any]) -> Closing:
    """Return what `Closing.plain` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        If something is missing or out of range.
    """
    final = [_frame_bar(each) for each in table.get("final", ())]
    made = Closing(
        last=_one_of(str(table["last"]), LAST),
        # An empty list of tables is not written.
        bars=tuple(_frame_bar(each) for each in table.get("bar", ())),
        mode=_one_of(str(table["mode"]), _MODES),
        final=final[0] if final else None,
        beats=float(table["beats"]),
        slower=tuple(float(each) for each in table["slower"]),
        softer=float(table["softer"]),
        again=int(table["again"]),
    )
    shares = (*made.slower, made.softer)
    if not all(0 < share <= 1 for share in shares) or made.beats <= 0 or made.again < 0:
        raise ValueError("no ending: shares are above 0 and up to 1, beats above 0")
    return made


def _frame_bar(table: Mapping[str, Any]) -> FrameBar:
    chords = tuple((float(place), str(symbol)) for place, symbol in table["chords"])
    for _, symbol in chords:
        parse(symbol)
    return FrameBar(bar_of(table), chords)


def _one_of(value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"{value!r} is none of {', '.join(choices)}")
    return value
