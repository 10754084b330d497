"""Read from the sheet what a drummer reacts to: gaps and accents of the tune, phrases, the form."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise

from toolkit.style.band.energy import FRAME
from toolkit.style.band.phrase_bars import PhraseBar, phrase_bars
from toolkit.style.band.playing import Scene
from toolkit.style.lead_sheet import LeadSheet, LineNote

_EPSILON = 1e-6
_GAP = 0.9
_LONG = 0.9


@dataclass(frozen=True)
class BarCue(PhraseBar):
    """Hold what a drummer knows of a bar.

    Parameters
    ----------
    index, onset, beats, energy, phrase_bar
        As in `PhraseBar`.
    phrase_start, section_start : bool
        Whether a phrase begins with it, and whether that phrase differs from the one before.
    phrase_end, section_end : bool
        Whether a phrase ends with it, and whether the next one differs.
    gaps : tuple[tuple[float, float], ...]
        Spans in beats from the bar's onset in which the tune rests or holds a note.
    accents : tuple[float, ...]
        Positions of off-beat notes of the tune that are held over the next beat: anticipations.
    frame : str
        ``intro`` or ``ending`` in these, else empty.
    """

    phrase_start: bool
    section_start: bool
    phrase_end: bool
    section_end: bool
    gaps: tuple[tuple[float, float], ...]
    accents: tuple[float, ...]
    frame: str

    def in_gap(self, beat: float) -> bool:
        """Return whether the tune leaves room at a position of the bar."""
        return any(begin - _EPSILON <= beat < end - _EPSILON for begin, end in self.gaps)


def bar_cues(scene: Scene) -> list[BarCue]:
    """Return the cue of each bar before the held last chord."""
    sheet = scene.sheet
    cues = []
    for bar in phrase_bars(scene):
        phrase = sheet.phrase_at(bar.onset)
        starts = bar.phrase_bar == 0
        ends = bar.index + 1 == len(sheet.bars) or sheet.phrase_at(bar.offset) is not phrase
        before = sheet.phrase_at(sheet.bars[max(bar.index - 1, 0)].onset).label
        after = sheet.phrase_at(bar.offset).label
        inside = _sounding(sheet.melody, bar.onset, bar.offset)
        cues.append(
            BarCue(
                **vars(bar),
                phrase_start=starts,
                section_start=starts and (bar.index == 0 or before != phrase.label),
                phrase_end=ends,
                section_end=ends and after != phrase.label,
                gaps=_gaps(inside, bar.onset, bar.offset),
                accents=_accents(inside, bar.onset, bar.offset),
                frame=phrase.label if phrase.label in FRAME else "",
            )
        )
    return cues


def fill_beats(cue: BarCue, sheet: LeadSheet) -> int:
    """Return how many beats the fill at the end of a phrase lasts, 0 for none.

    A section's end gets more than a phrase's, and loud music more than quiet music; the tune is
    not drowned: a fill shrinks to a beat where the tune plays on.
    """
    if not cue.phrase_end or cue.offset >= sheet.length - _EPSILON:
        return 0
    wanted = 1 + round(2 * cue.energy) + (1 if cue.section_end else 0)
    wanted = min(wanted, cue.beats)
    while wanted > 1 and not cue.in_gap(cue.beats - wanted):
        wanted -= 1
    return wanted


def _sounding(melody: tuple[LineNote, ...], begin: float, end: float) -> tuple[LineNote, ...]:
    """Return the notes that begin in a span, and the one before them."""
    first = bisect_right(melody, begin - _EPSILON, key=lambda note: note.onset)
    last = bisect_left(melody, end - _EPSILON, key=lambda note: note.onset)
    return melody[max(first - 1, 0) : last]


def _gaps(notes: tuple[LineNote, ...], begin: float, end: float) -> tuple[tuple[float, float], ...]:
    """Return where no note begins for a beat or more, counted from the bar's onset."""
    onsets = [note.onset for note in notes if note.onset >= begin - _EPSILON]
    edges = [begin - 0.5, *onsets, end]
    gaps = []
    for left, right in pairwise(edges):
        start = max(left + 0.5, begin)
        if right - start >= _GAP:
            gaps.append((start - begin, right - begin))
    return tuple(gaps)


def _accents(notes: tuple[LineNote, ...], begin: float, end: float) -> tuple[float, ...]:
    """Return where long notes begin between beats, counted from the bar's onset."""
    return tuple(
        note.onset - begin
        for note in notes
        if begin <= note.onset < end and 0.4 < note.onset % 1.0 < 0.8 and note.duration >= _LONG
    )
