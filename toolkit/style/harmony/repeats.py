"""Give what is said again the chords that it had the first time."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.style.harmony.chord_moves import ANY, Move
from toolkit.style.harmony.harmonic_slots import Slot
from toolkit.style.lead_sheet import LeadSheet


def said_again(
    sheet: LeadSheet, found: Sequence[Slot], options: Sequence[Sequence[Move]], chosen: list[Move]
) -> list[Move]:
    """Return the moves with those of repeated phrases as they were at the first statement.

    Slots are the same if their phrases have one label and they lie at the same place of it, last as
    long, and hold the same chord of the source in the same key. A move is taken over only where the
    tune allows it, and where the move before it still leads to where it has to.

    Parameters
    ----------
    sheet : LeadSheet
        The source, with its phrases.
    found : sequence of Slot
        Where chords may change, in order.
    options : sequence of sequences of Move
        What the tune allows in each slot.
    chosen : list of Move
        One for each slot.
    """
    made = list(chosen)
    first_at: dict[tuple[object, ...], int] = {}
    for index, slot in enumerate(found):
        phrase = sheet.phrase_at(slot.onset)
        place = round(slot.onset - phrase.onset, 3)
        same = (phrase.label, place, slot.duration, slot.chord, slot.key)
        first = first_at.setdefault(same, index)
        if first < index and not slot.locked:
            alike = [move for move in options[index] if move.parts == made[first].parts]
            made[index] = alike[0] if alike else made[index]
    # Taking one move back may break the next: each pass takes some back for good, so it ends.
    while broken := [at for at in range(len(made) - 1) if _is_broken(made, chosen, at)]:
        for at in broken:
            made[at], made[at + 1] = chosen[at], chosen[at + 1]
    return made


def _is_broken(made: list[Move], chosen: list[Move], at: int) -> bool:
    """Return whether a move leads elsewhere than to the next one, by what was taken over."""
    leads = made[at].target in (ANY, made[at + 1].first_root)
    return not leads and made[at : at + 2] != chosen[at : at + 2]
