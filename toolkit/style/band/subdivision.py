"""Place straight patterns on the beats of compound meters, which fall into three parts, not two."""

from __future__ import annotations

from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.style import Style

_THIRDS = {0.25: 1 / 3, 0.5: 2 / 3, 0.75: 2 / 3}


def placed(beat: float, sheet: LeadSheet, style: Style) -> float:
    """Return where something at a beat falls when even parts have to fit the sheet's.

    Parameters
    ----------
    beat : float
        Position on halves and quarters of beats.
    sheet : LeadSheet
        With beats of two parts nothing moves.
    style : Style
        A swing or shuffle does it by itself.
    """
    if sheet.parts != 3 or style.feel != "straight":
        return beat
    whole = float(beat // 1.0)
    return whole + _THIRDS.get(round(beat - whole, 3), beat - whole)


def groups(beats: int) -> tuple[int, ...]:
    """Return how a bar falls into halves: 4 into 2+2, 3 stays, 5 into 3+2, 7 into 3+2+2.

    Examples
    --------
    >>> groups(5)
    (3, 2)
    """
    if beats <= 3:
        return (beats,)
    odd = (3,) if beats % 2 else ()
    return (*odd, *([2] * ((beats - sum(odd)) // 2)))
