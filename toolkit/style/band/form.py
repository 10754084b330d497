"""Put an introduction before a piece and an ending after it.

An introduction sets key, tempo and groove before the tune: a turnaround (I vi ii V), a vamp of two
chords, the changes of the tune's last bars, or a pedal on the dominant. An ending plays the last
cadence once more and lets the last chord ring.
"""

from __future__ import annotations

import math
from dataclasses import replace

from toolkit.style.band.energy import FRAME
from toolkit.style.band.frame_chords import intro_chords, last_chord, lead_in
from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.harmony.giving_way import give_way
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.scales import avoid_notes
from toolkit.style.style import Style

_INTRO_BARS = 4
_SHORT_PIECE = 8
_EPSILON = 1e-6
_QUOTED = 0.4
"""Weight of quoted melody: below that of any anchor, since it is not where the source has it."""


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


def _intro(sheet: LeadSheet, style: Style) -> tuple[Bar, ...]:
    """Return the bars before the piece: long enough for an introduction, and for any pickup."""
    count = 0
    if style.form.intro != "none":
        count = _INTRO_BARS if len(sheet.bars) >= _SHORT_PIECE else _INTRO_BARS // 2
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
        melody = tuple(_cut(note, pickup) for note in quoted if note.onset < pickup - 0.2)
    else:
        composed = spans = intro_chords(sheet, style, front)
        melody = ()
    own = tuple(span for span in sheet.chords if span.onset >= start - 1e-6)
    made = replace(sheet, melody=(*melody, *sheet.melody), chords=(*spans, *own))
    quoted_or_own = [index for index, span in enumerate(made.chords) if span not in composed]
    return give_way(made, quoted_or_own)


def _rests_on_tonic(sheet: LeadSheet, spans: tuple[ChordSpan, ...], last: Bar) -> bool:
    """Return whether the quoted end has come to rest, so that something has to lead on."""
    root, _ = tonic_and_mode(sheet.keys[0][1])
    return all(span.chord.root == root for span in spans if span.offset > last.onset + _EPSILON)


def _until(spans: tuple[ChordSpan, ...], end: float) -> tuple[ChordSpan, ...]:
    return tuple(replace(span, duration=min(span.duration, end - span.onset)) for span in spans)


def _cut(note: LineNote, end: float) -> LineNote:
    return replace(note, duration=min(note.duration, end - note.onset))


def _last_bars(
    sheet: LeadSheet, front: tuple[Bar, ...]
) -> tuple[tuple[LineNote, ...], tuple[ChordSpan, ...]]:
    """Return melody and chords of the piece's last bars, moved to its beginning."""
    begin = sheet.length - front[-1].offset
    melody = tuple(
        replace(note, onset=note.onset - begin, weight=_QUOTED)
        for note in sheet.melody
        if note.onset >= begin
    )
    return melody, tuple(_fit(sheet.chords, -begin, front[-1].offset))


def _with_ending(sheet: LeadSheet, style: Style, start: float) -> LeadSheet:
    """Return the sheet with the style's ending behind it."""
    if style.form.ending == "none":
        return sheet
    end = sheet.length
    if style.form.ending == "tag" and len(sheet.bars) - sheet.bar_at(start) >= 4:
        return _with_tag(sheet, style)
    final = Bar(end, sheet.bars[-1].beats)
    return _extended(sheet, style, (final,), ())


def _with_tag(sheet: LeadSheet, style: Style) -> LeadSheet:
    """Return the sheet with the two bars before its last one again, and a last chord."""
    last = sheet.bars[-1]
    cadence = sheet.bars[-3:-1]
    shift = sheet.length - cadence[0].onset
    bars = tuple(replace(bar, onset=bar.onset + shift) for bar in cadence)
    again = tuple(
        _cut(replace(note, onset=note.onset + shift, weight=_QUOTED), bars[-1].offset)
        for note in sheet.melody
        if cadence[0].onset <= note.onset < last.onset
    )
    spans = tuple(
        replace(span, onset=max(span.onset, cadence[0].onset) + shift,
                duration=min(span.offset, last.onset) - max(span.onset, cadence[0].onset))
        for span in sheet.chords
        if span.offset > cadence[0].onset + 1e-6 and span.onset < last.onset - 1e-6
    )  # fmt: skip
    closed = replace(sheet, melody=tuple(_cut(note, sheet.length) for note in sheet.melody))
    together = replace(closed, melody=(*closed.melody, *again), chords=(*sheet.chords, *spans))
    return _extended(together, style, (*bars, Bar(bars[-1].offset, last.beats)), spans)


def _extended(
    sheet: LeadSheet, style: Style, bars: tuple[Bar, ...], inside: tuple[ChordSpan, ...]
) -> LeadSheet:
    """Return the sheet with an ending of such bars, in whose last one the last chord is held.

    Parameters
    ----------
    inside : tuple[ChordSpan, ...]
        Chords of the ending that are there already.
    """
    begin, final = bars[0].onset, bars[-1]
    spans = sheet.chords
    own = [span.chord for span in sheet.chords if span.onset < begin - _EPSILON]
    if own:
        chord = last_chord(own[-1], sheet.key_at(final.onset), style)
        spans = (*spans, ChordSpan(final.onset, float(final.beats), chord, "T"))
    melody = sheet.melody
    if melody:
        source = [note for note in melody if note.onset < begin][-1:] or [melody[-1]]
        if inside:
            pitch = _nearest(source[0].pitch, spans[-1].chord)
            extra = LineNote(final.onset, final.beats, pitch, _QUOTED, source[0].velocity)
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


def _nearest(pitch: int, chord: Chord) -> int:
    """Return a pitch, or the nearest one of a chord's triad if the chord does not bear it."""
    if pitch % 12 not in avoid_notes(chord):
        return pitch
    tones = {(chord.root + step) % 12 for step in QUALITIES[chord.quality][:3]}
    return min((each for each in range(pitch - 6, pitch + 7) if each % 12 in tones),
               key=lambda each: abs(each - pitch))  # fmt: skip
