"""Put an introduction before a piece and an ending after it.

An introduction sets key, tempo and groove before the tune: a turnaround (I vi ii V), a vamp of two
chords, the changes of the tune's last bars, or a pedal on the dominant. An ending plays the last
cadence once more and lets the last chord ring. A style of a file has those of the file.
"""

from __future__ import annotations

import math
from dataclasses import replace

from toolkit.style.band import borrowed_form
from toolkit.style.band.ending import QUOTED, cut, extended, with_tag
from toolkit.style.band.energy import FRAME
from toolkit.style.band.frame_chords import intro_chords, lead_in
from toolkit.style.harmony.giving_way import give_way
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.style import BORROWED, Style

_INTRO_BARS = 4
_SHORT_PIECE = 8
_EPSILON = 1e-6


def framed(sheet: LeadSheet, style: Style) -> tuple[LeadSheet, tuple[float, float]]:
    """Return the piece with the style's introduction and ending, and where the piece itself lies.

    Parameters
    ----------
    sheet : LeadSheet
        A pickup may lie before its beat 0.
    style : Style
        Its `form` says which introduction and which ending, its palette how they are colored.

    Returns
    -------
    tuple[LeadSheet, tuple[float, float]]
        The sheet, in which nothing lies before beat 0, with phrases ``intro`` and ``ending`` where
        there are such; and the first and the last beat of the piece.
    """
    front = _intro(sheet, style)
    start = front[-1].offset if front else 0.0
    body = _moved(sheet, start, front)
    body = _with_intro_music(body, style, front)
    end = body.length
    return _with_ending(body, style, start), (start, end)


def held_from(sheet: LeadSheet) -> float:
    """Return the beat of the last chord, which all hold to the end; the end if nothing is held.

    It is the last bar of a phrase labeled ``ending``.
    """
    if sheet.phrases and sheet.phrases[-1].label == "ending":
        return sheet.bars[-1].onset
    return sheet.length


def intro_bars(style: Style) -> int:
    """Return how many bars a style's introduction has before a piece that is long enough."""
    if style.form.intro == "none":
        return 0
    own = borrowed_form.opening(style)
    return style.form.intro_bars or (_INTRO_BARS if own is None else len(own.bars))


def _intro(sheet: LeadSheet, style: Style) -> tuple[Bar, ...]:
    """Return the bars before the piece: long enough for an introduction, and for any pickup."""
    count = intro_bars(style)
    if style.form.intro == BORROWED:
        count = min(count, borrowed_form.most_bars(len(sheet.bars)))
    elif len(sheet.bars) < _SHORT_PIECE:
        count = min(count, _INTRO_BARS // 2)
    beats = sheet.beats_per_bar
    pickup = -min([0.0, *(note.onset for note in _all_notes(sheet))])
    count = max(count, math.ceil(pickup / beats - 1e-9))
    return tuple(Bar(float(index * beats), beats) for index in range(count))


def _all_notes(sheet: LeadSheet) -> tuple[LineNote, ...]:
    return (*sheet.melody, *sheet.bass, *sheet.inner)


def _moved(sheet: LeadSheet, start: float, front: tuple[Bar, ...]) -> LeadSheet:
    """Return the sheet so many beats later behind the given bars."""

    def later(notes: tuple[LineNote, ...]) -> tuple[LineNote, ...]:
        return tuple(replace(note, onset=note.onset + start) for note in notes)

    bars = (*front, *(replace(bar, onset=bar.onset + start) for bar in sheet.bars))
    return replace(
        sheet,
        bars=bars,
        melody=later(sheet.melody),
        bass=later(sheet.bass),
        inner=later(sheet.inner),
        chords=tuple(_fit(sheet.chords, start, bars[-1].offset)),
        keys=((0.0, sheet.keys[0][1]), *((beat + start, key) for beat, key in sheet.keys[1:])),
        phrases=_phrases(sheet, start),
    )


def _fit(chords: tuple[ChordSpan, ...], start: float, end: float) -> list[ChordSpan]:
    """Return chords so many beats later, cut to what lies between beat 0 and the end."""
    result = []
    for span in chords:
        onset = max(span.onset + start, 0.0)
        offset = min(span.offset + start, end)
        if offset > onset + 1e-6:
            result.append(replace(span, onset=onset, duration=offset - onset))
    return result


def _phrases(sheet: LeadSheet, start: float) -> tuple[Phrase, ...]:
    """Return the phrases so many beats later, the first one from the first bar of the piece."""
    own = sheet.phrases or (Phrase(0.0, sheet.length),)
    moved = [
        Phrase(max(each.onset, 0.0) + start, each.offset - max(each.onset, 0.0), each.label)
        for each in own
        if each.offset > 1e-6 and each.label not in FRAME
    ] or [Phrase(start, sheet.length)]
    moved[0] = replace(moved[0], onset=start, duration=moved[0].offset - start)
    before = (Phrase(0.0, start, "intro"),) if start else ()
    return (*before, *moved)


def _with_intro_music(sheet: LeadSheet, style: Style, front: tuple[Bar, ...]) -> LeadSheet:
    """Return the sheet with chords, and for ``last-phrase`` the tune's end, in its introduction."""
    if style.form.intro == "none" or not front:
        return sheet
    start = front[-1].offset
    pickup = min([start, *(note.onset for note in sheet.melody)])
    composed: tuple[ChordSpan, ...] = ()
    if style.form.intro == "last-phrase":
        quoted, spans = _last_bars(sheet, front)
        if spans and _rests_on_tonic(sheet, spans, front[-1]):
            before = tuple(span for span in spans if span.onset < front[-1].onset - _EPSILON)
            composed = lead_in(sheet, style, front[-1])
            spans = (*_until(before, front[-1].onset), *composed)
            pickup = min(pickup, front[-1].onset)
        melody = tuple(cut(note, pickup) for note in quoted if note.onset < pickup - 0.2)
    else:
        own = style.form.intro == BORROWED
        find = borrowed_form.opening_spans if own else intro_chords
        composed = spans = find(sheet, style, front)
        melody = ()
    later = tuple(span for span in sheet.chords if span.onset >= start - 1e-6)
    made = replace(sheet, melody=(*melody, *sheet.melody), chords=(*spans, *later))
    quoted_or_own = [index for index, span in enumerate(made.chords) if span not in composed]
    return give_way(made, quoted_or_own)


def _rests_on_tonic(sheet: LeadSheet, spans: tuple[ChordSpan, ...], last: Bar) -> bool:
    """Return whether the quoted end has come to rest, so that something has to lead on."""
    root, _ = tonic_and_mode(sheet.keys[0][1])
    return all(span.chord.root == root for span in spans if span.offset > last.onset + _EPSILON)


def _until(spans: tuple[ChordSpan, ...], end: float) -> tuple[ChordSpan, ...]:
    return tuple(replace(span, duration=min(span.duration, end - span.onset)) for span in spans)


def _last_bars(
    sheet: LeadSheet, front: tuple[Bar, ...]
) -> tuple[tuple[LineNote, ...], tuple[ChordSpan, ...]]:
    """Return melody and chords of the piece's last bars, moved to its beginning."""
    begin = sheet.length - front[-1].offset
    melody = tuple(
        replace(note, onset=note.onset - begin, weight=QUOTED)
        for note in sheet.melody
        if note.onset >= begin
    )
    return melody, tuple(_fit(sheet.chords, -begin, front[-1].offset))


def _with_ending(sheet: LeadSheet, style: Style, start: float) -> LeadSheet:
    """Return the sheet with the style's ending behind it."""
    if style.form.ending == "none":
        return sheet
    if style.form.ending == BORROWED:
        return borrowed_form.with_closing(sheet, style, start)
    end = sheet.length
    if style.form.ending == "tag" and len(sheet.bars) - sheet.bar_at(start) >= 4:
        return with_tag(sheet, style)
    final = Bar(end, sheet.bars[-1].beats)
    return extended(sheet, style, (final,), ())
