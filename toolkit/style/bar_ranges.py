"""Read which bars a user means."""

from __future__ import annotations

import re

from toolkit.errors import UsageError
from toolkit.style.lead_sheet import LeadSheet

_RANGE = re.compile(r"^(\d+)(?:-(\d+))?$")


def spans(text: str, sheet: LeadSheet) -> tuple[tuple[float, float], ...]:
    """Return bars such as ``1-8,17`` as spans in beats; bars are counted from 1, as in scores.

    Raises
    ------
    UsageError
        If the text is no list of bars, or names bars that the sheet has not.

    Examples
    --------
    >>> from toolkit.style.lead_sheet import Bar
    >>> sheet = LeadSheet(tuple(Bar(4.0 * index, 4) for index in range(8)))
    >>> spans("1-2,8", sheet)
    ((0.0, 8.0), (28.0, 32.0))
    """
    found = []
    for word in text.replace(" ", "").split(",") if text.strip() else ():
        match = _RANGE.match(word)
        if match is None:
            raise UsageError(f"{word!r} names no bars", "such as: --lock 1-8,17")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= len(sheet.bars):
            raise UsageError(
                f"there are no bars {word}: the piece has {len(sheet.bars)}",
                "count them from 1, as a score does",
            )
        found.append((sheet.bars[first - 1].onset, sheet.bars[last - 1].offset))
    return tuple(found)
