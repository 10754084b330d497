"""Put an ending after a piece: bars that are said again, and a last chord that all hold."""

from __future__ import annotations

from dataclasses import replace

from toolkit.style.band.frame_chords import last_chord
from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.scales import avoid_notes
from toolkit.style.style import Style

QUOTED = 0.4
"""Weight of quoted melody: below that of any anchor, since it is not where the source has it."""

_EPSILON = 1e-6
_TAG_BARS = 2


def with_tag(sheet: LeadSheet, style: Style) -> LeadSheet:
    """Return the sheet with the two bars before its last one again, and a last chord."""
    last = sheet.bars[-1]
    together, bars = said_again(sheet, len(sheet.bars) - 1 - _TAG_BARS, len(sheet.bars) - 1)
    spans = together.chords[len(sheet.chords) :]
    return extended(together, style, (*bars, Bar(bars[-1].offset, last.beats)), spans)


def said_again(sheet: LeadSheet, first: int, stop: int) -> tuple[LeadSheet, tuple[Bar, ...]]:
    """Return the sheet with tune and chords of some bars once more behind its end, and those bars.

    Parameters
    ----------
    sheet : LeadSheet
        Whose own bars stay as they are: the new ones are not among them yet.
    first, stop : int
        Indices of the bars: from the first one up to the other one.
    """
    begin, end = sheet.bars[first].onset, sheet.bars[stop - 1].offset
    shift = sheet.length - begin
    bars = tuple(replace(bar, onset=bar.onset + shift) for bar in sheet.bars[first:stop])
    again = tuple(
        cut(replace(note, onset=note.onset + shift, weight=QUOTED), bars[-1].offset)
        for note in sheet.melody
        if begin <= note.onset < end
    )
    spans = tuple(
        replace(span, onset=max(span.onset, begin) + shift,
                duration=min(span.offset, end) - max(span.onset, begin))
        for span in sheet.chords
        if span.offset > begin + _EPSILON and span.onset < end - _EPSILON
    )  # fmt: skip
    closed = tuple(cut(note, sheet.length) for note in sheet.melody)
    return replace(sheet, melody=(*closed, *again), chords=(*sheet.chords, *spans)), bars


def cut(note: LineNote, end: float) -> LineNote:
    """Return a note that does not last beyond an end."""
    return replace(note, duration=min(note.duration, end - note.onset))


def extended(
    sheet: LeadSheet,
    style: Style,
    bars: tuple[Bar, ...],
    inside: tuple[ChordSpan, ...],
    rest: Chord | None = None,
) -> LeadSheet:
    """Return the sheet with an ending of such bars, in whose last one the last chord is held.

    Parameters
    ----------
    inside : tuple[ChordSpan, ...]
        Chords of the ending that are there already.
    rest : Chord, optional
        On which it comes to rest; the piece's own last chord unless given.
    """
    begin, final = bars[0].onset, bars[-1]
    spans = sheet.chords
    own = [span.chord for span in sheet.chords if span.onset < begin - _EPSILON]
    if own:
        chord = last_chord(rest or own[-1], sheet.key_at(final.onset), style)
        spans = (*spans, ChordSpan(final.onset, float(final.beats), chord, "T"))
    melody = sheet.melody
    if melody:
        source = [note for note in melody if note.onset < begin][-1:] or [melody[-1]]
        if inside:
            pitch = nearest_borne(source[0].pitch, spans[-1].chord)
            extra = LineNote(final.onset, final.beats, pitch, QUOTED, source[0].velocity)
            melody = (*melody, extra)
        elif source[0].offset > begin - sheet.bars[-1].beats:
            kept = replace(source[0], duration=final.offset - source[0].onset)
            melody = (*melody[:-1], kept)
    return replace(
        sheet,
        bars=(*sheet.bars, *bars),
        chords=spans,
        melody=melody,
        phrases=(*sheet.phrases, Phrase(begin, final.offset - begin, "ending")),
    )


def nearest_borne(pitch: int, chord: Chord) -> int:
    """Return a pitch, or the nearest one of a chord's triad if the chord does not bear it."""
    if pitch % 12 not in avoid_notes(chord):
        return pitch
    tones = {(chord.root + step) % 12 for step in QUALITIES[chord.quality][:3]}
    return min((each for each in range(pitch - 6, pitch + 7) if each % 12 in tones),
               key=lambda each: abs(each - pitch))  # fmt: skip
