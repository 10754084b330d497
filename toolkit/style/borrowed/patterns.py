"""What is borrowed from a file: its bars as patterns, how it begins and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.style.borrowed import frames
from toolkit.style.borrowed.frames import Closing, Opening
from toolkit.style.borrowed.pattern_bars import PatternBar, bar_of, table_of

VERSION = 1
"""Of what the numbers of a bar's `about` mean."""


@dataclass(frozen=True)
class Borrowed:
    """Hold the bars of a reference.

    Parameters
    ----------
    source, sha256 : str
        Name and hash of the file, empty for notes that come from none.
    bars : tuple[PatternBar, ...]
        In the order of the reference.
    opening : Opening, optional
        How it begins before its tune, where it does.
    closing : Closing, optional
        How it ends, where it does and is not merely over.
    """

    source: str
    sha256: str
    bars: tuple[PatternBar, ...]
    opening: Opening | None = None
    closing: Closing | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as a table for a style's file; `read` gives an equal one back."""
        table: dict[str, Any] = {
            "version": VERSION,
            "source": self.source,
            "sha256": self.sha256,
            "bar": [table_of(bar) for bar in self.bars],
        }
        if self.opening is not None:
            table["opening"] = self.opening.plain()
        if self.closing is not None:
            table["closing"] = self.closing.plain()
        return table


def read(table: Mapping[str, Any]) -> Borrowed:
    """Return what `Borrowed.plain` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        If something is missing, of another version, or out of range.
    """
    if table["version"] != VERSION:
        raise ValueError(f"borrowed bars of version {table['version']}, this one reads {VERSION}")
    bars = tuple(bar_of(each) for each in table["bar"])
    if not bars:
        raise ValueError("of what is borrowed there has to be a bar")
    if len({len(bar.about) for bar in bars}) != 1:
        raise ValueError("borrowed bars differ in how many numbers tell what they are about")
    return Borrowed(
        str(table["source"]),
        str(table["sha256"]),
        bars,
        frames.read_opening(table["opening"]) if "opening" in table else None,
        frames.read_closing(table["closing"]) if "closing" in table else None,
    )
