"""Cut a lead sheet's chords into slots: the spans within bars that a reharmonizer decides on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.harmony.melody_fit import Tune
from toolkit.style.lead_sheet import ChordSpan, LeadSheet

Spans = tuple[tuple[float, float], ...]

_FAST, _SLOW = 150.0, 90.0
_EPSILON = 1e-6


@dataclass(frozen=True)
class Slot:
    """Hold a span in which one chord of the source sounds.

    Parameters
    ----------
    onset, duration : float
        In beats; never over a bar line.
    chord : Chord
        The source's.
    key : str
        The one that holds here.
    bar : int
        Index of the bar; -1 for the pickup.
    section : int
        Index of the bar at which the phrase began.
    following : Chord, optional
        The source's next chord, this one where it goes on; none at the end.
    opens_bar : bool
        Whether it begins with its bar.
    goes_on : bool
        Whether the source's chord has begun before.
    keeps_root : bool
        Whether it belongs to a cadence or begins the piece: root and function stay.
    closes : bool
        Whether it is a phrase's last.
    rests : bool
        Whether the source's chord has sounded for a whole bar before.
    anchor : float
        How much the root is held on to here, 1 being usual.
    most : int
        Chords that it may be divided into.
    locked : bool
        Whether nothing may change.
    """

    onset: float
    duration: float
    chord: Chord
    key: str
    bar: int
    section: int = 0
    following: Chord | None = None
    opens_bar: bool = False
    goes_on: bool = False
    keeps_root: bool = False
    closes: bool = False
    rests: bool = False
    anchor: float = 1.0
    most: int = 1
    locked: bool = False

    @property
    def offset(self) -> float:
        """Return where it ends, in beats."""
        return self.onset + self.duration


def slots(sheet: LeadSheet, tune: Tune | None = None, locked: Spans = ()) -> list[Slot]:
    """Return the slots of a lead sheet.

    Chords are moved to the nearest beat.

    Parameters
    ----------
    sheet : LeadSheet
        With chords.
    tune : Tune, optional
        Its melody. Where more chords sound in a bar than can be played at the tempo, the shortest
        are left out, if their neighbors bear what is held over them; all stay unless given.
    locked : tuple[tuple[float, float], ...]
        Spans in beats in which nothing changes.
    """
    spans = [span for span in sheet.chords if not is_within(span, locked)]
    snapped = [*_snapped(spans), *(span for span in sheet.chords if is_within(span, locked))]
    pieces = [piece for span in sorted(snapped, key=_onset) for piece in _pieces(sheet, span)]
    found = [_slot(sheet, *piece, locked) for piece in pieces]
    if tune is not None:
        found = _thinned(sheet, found, tune)
    return list(_connected(sheet, found))


def is_within(span: ChordSpan | Slot, spans: Spans) -> bool:
    """Return whether most of a span lies in others, given in beats."""
    inside = sum(max(min(span.offset, end) - max(span.onset, start), 0.0) for start, end in spans)
    return inside > span.duration / 2


def most_chords(beats: int, tempo: float) -> int:
    """Return how many chords a bar may have at a tempo in beats a minute.

    Examples
    --------
    >>> most_chords(4, 120), most_chords(3, 180), most_chords(4, 70)
    (2, 1, 4)
    """
    if tempo < _SLOW:
        return max(beats, 1)
    if beats <= 3:
        return 1 if tempo > _FAST else 2
    return 2 if beats == 4 else 3


def _onset(span: ChordSpan) -> float:
    return span.onset


def _snapped(spans: list[ChordSpan]) -> Iterable[ChordSpan]:
    for span in spans:
        onset, offset = round(span.onset), round(span.offset)
        if offset > onset:
            yield replace(span, onset=float(onset), duration=float(offset - onset))


def _pieces(sheet: LeadSheet, span: ChordSpan) -> Iterable[tuple[ChordSpan, float, float]]:
    """Return (span, onset, offset) of what lies in each bar."""
    lines = [0.0, *(bar.offset for bar in sheet.bars)]
    edges = [edge for edge in lines if span.onset + _EPSILON < edge < span.offset - _EPSILON]
    for onset, offset in zip([span.onset, *edges], [*edges, span.offset], strict=True):
        yield span, onset, offset


def _slot(sheet: LeadSheet, span: ChordSpan, onset: float, offset: float, locked: Spans) -> Slot:
    bar = sheet.bar_at(onset) if onset >= -_EPSILON else -1
    before = onset - span.onset
    return Slot(
        onset,
        offset - onset,
        span.chord,
        sheet.key_at(onset),
        bar,
        sheet.bar_at(max(sheet.phrase_at(onset).onset, 0.0)),
        opens_bar=bar >= 0 and abs(onset - sheet.bars[bar].onset) < _EPSILON,
        goes_on=before > _EPSILON,
        rests=before >= sheet.bars[max(bar, 0)].beats - _EPSILON,
        locked=is_within(span, locked),
    )


def _thinned(sheet: LeadSheet, found: list[Slot], tune: Tune) -> list[Slot]:
    """Return slots of which no bar has more than it can hold; what is left out prolongs others."""
    kept = list(found)
    for bar in {slot.bar for slot in found}:
        most = 1 if bar < 0 else most_chords(sheet.bars[bar].beats, sheet.tempo)
        mine = [slot for slot in kept if slot.bar == bar]
        while len(mine) > most and not any(slot.locked for slot in mine):
            pairs = [
                (before, slot)
                for before, slot in pairwise(mine)
                if not _closes(sheet, slot) and tune.bears(before.onset, slot.offset, before.chord)
            ]
            if not pairs:
                break
            before, weakest = min(
                pairs, key=lambda pair: (pair[1].duration, _tension(pair[1].chord))
            )
            kept[kept.index(before)] = replace(before, duration=weakest.offset - before.onset)
            kept.remove(weakest)
            mine = [slot for slot in kept if slot.bar == bar]
    return kept


def _closes(sheet: LeadSheet, slot: Slot) -> bool:
    """Return whether a phrase ends with a slot: its cadence is not left out."""
    return slot.offset >= _phrase_end(sheet, slot) - _EPSILON


def _tension(chord: Chord) -> int:
    """Return 1 for dominants, which are left out last."""
    return int(10 in QUALITIES[chord.quality] and 4 in QUALITIES[chord.quality])


def _connected(sheet: LeadSheet, found: list[Slot]) -> Iterable[Slot]:
    counts = Counter(slot.bar for slot in found)
    ends = [_phrase_end(sheet, slot) for slot in found]
    labels: set[str] = set()
    for index, slot in enumerate(found):
        after = found[index + 1] if index + 1 < len(found) else None
        closes = after is None or ends[index] != ends[index + 1]
        cadence = closes or (index + 2 < len(found) and ends[index + 1] != ends[index + 2])
        cadence = cadence or index + 2 == len(found)
        label = sheet.phrase_at(slot.onset).label
        first = label not in labels
        if closes:
            labels.add(label)
        beats = sheet.bars[max(slot.bar, 0)].beats
        room = most_chords(beats, sheet.tempo) // max(counts[slot.bar], 1)
        yield replace(
            slot,
            following=None if after is None else after.chord,
            closes=closes,
            keeps_root=cadence or slot.bar < 0 or index == 0,
            anchor=_anchor(slot, first),
            most=1 if slot.bar < 0 else max(room, 1),
        )


def _anchor(slot: Slot, first: bool) -> float:
    """Return more where a phrase begins, and for music that has not been heard yet."""
    opening = slot.bar == slot.section and slot.opens_bar
    return (2.0 if opening else 1.0) * (1.15 if first else 0.9)


def _phrase_end(sheet: LeadSheet, slot: Slot) -> float:
    return sheet.phrase_at(max(slot.onset, 0.0)).offset
