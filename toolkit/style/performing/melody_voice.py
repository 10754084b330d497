"""Find the tune in a part: a soloist's whole part, or what a pianist's right hand sings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from toolkit.style.arrangement import Tone
from toolkit.style.lead_sheet import LineNote

_TOGETHER = 0.02
_OVERLAP = 0.05


def melody_voice(tones: Sequence[Tone], melody: Sequence[LineNote]) -> tuple[int, ...]:
    """Return which tones are the tune, one at a time, ascending.

    A part that plays one tone at a time is all tune. In any other, the tune is the highest of the
    tones that begin with a note of the sheet's melody and have its name.

    Parameters
    ----------
    tones : sequence of Tone
        Of one part, ascending in onset.
    melody : sequence of LineNote
        Of the arrangement's sheet.
    """
    if _one_at_a_time(tones):
        return tuple(range(len(tones)))
    names = {(_slot(note.onset), note.pitch % 12) for note in melody}
    highest: dict[int, int] = {}
    for index, tone in enumerate(tones):
        slot = _slot(tone.onset)
        if (slot, tone.pitch % 12) in names:
            best = highest.get(slot)
            if best is None or tones[best].pitch < tone.pitch:
                highest[slot] = index
    return tuple(sorted(highest.values()))


def _one_at_a_time(tones: Sequence[Tone]) -> bool:
    return all(
        after.onset > tone.onset + _TOGETHER and tone.offset < after.onset + _OVERLAP
        for tone, after in pairwise(tones)
    )


def _slot(onset: float) -> int:
    return round(onset / _TOGETHER)
