"""Put the introduction and the ending of a reference around another piece.

Length, players, loudness and what is done at the very end are the reference's; its chords are
brought into the piece's key. In a key of the other mode each chord becomes the one on the same
degree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from toolkit.errors import UsageError
from toolkit.style.arrangement import Part, Tone
from toolkit.style.band.ending import extended, said_again
from toolkit.style.band.energy import FADING
from toolkit.style.band.other_mode import in_key
from toolkit.style.borrowed.frames import Closing, FrameBar, Opening
from toolkit.style.borrowed.pattern_bars import PatternBar
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, Phrase
from toolkit.style.style import BORROWED, Style

_SECTION = 4
_LEAST_BEATS = 0.1
_EPSILON = 1e-6
_NAMES = {"introduction": "intro", "ending": "ending"}

_Frame = TypeVar("_Frame", Opening, Closing)


def opening(style: Style) -> Opening | None:
    """Return the introduction that a style has borrowed, None if it has one of its own or none.

    Raises
    ------
    UsageError
        If the style asks for one and has borrowed none.
    """
    found = style.borrowed.opening if style.borrowed is not None else None
    return _asked_for(found, style, "introduction", style.form.intro)


def closing(style: Style) -> Closing | None:
    """Return the ending that a style has borrowed, None if it has one of its own or none.

    Raises
    ------
    UsageError
        If the style asks for one and has borrowed none.
    """
    found = style.borrowed.closing if style.borrowed is not None else None
    return _asked_for(found, style, "ending", style.form.ending)


def opening_spans(sheet: LeadSheet, style: Style, front: Sequence[Bar]) -> tuple[ChordSpan, ...]:
    """Return the chords of a borrowed introduction, in the sheet's first key.

    Parameters
    ----------
    front : sequence of Bar
        Of the introduction. If they are more than the reference has, its own begin again.
    """
    found = opening(style)
    if found is None:
        return ()
    rows = _aligned(found.bars, len(front))
    return _spans(rows, front, found.mode, sheet.keys[0][1])


def with_closing(sheet: LeadSheet, style: Style, start: float) -> LeadSheet:
    """Return a sheet with the style's borrowed ending behind it.

    Parameters
    ----------
    start : float
        Where the piece begins, behind its introduction.
    """
    found = closing(style)
    if found is None:
        return sheet
    most = most_bars(len(sheet.bars) - sheet.bar_at(start))
    end, made = sheet.length, sheet
    bars: tuple[Bar, ...] = ()
    # What leads to a last chord is said again, up to where that chord is to come.
    stop = len(sheet.bars) - (found.final is not None)
    if found.again and stop:
        made, bars = said_again(sheet, max(stop - min(found.again, most), 0), stop)
    at = bars[-1].offset if bars else end
    own = found.bars[-most:]
    beats = sheet.beats_per_bar
    added = tuple(Bar(at + index * beats, beats) for index in range(len(own)))
    spans = _spans(own, added, found.mode, sheet.key_at(end))
    made = replace(made, chords=(*made.chords, *spans))
    bars = (*bars, *added)
    if found.final is not None:
        final = Bar(bars[-1].offset if bars else end, beats)
        inside = made.chords[len(sheet.chords) :]
        # Where the reference goes on after its tune, it also says where that leads.
        last = _spans((found.final,), (final,), found.mode, sheet.key_at(end)) if own else ()
        rest = last[0].chord if last else None
        return extended(made, style, (*bars, final), inside, rest)
    return replace(
        made,
        bars=(*sheet.bars, *bars),
        phrases=(*sheet.phrases, Phrase(end, bars[-1].offset - end, FADING)),
    )


def most_bars(count: int) -> int:
    """Return how long an introduction or an ending may be around a piece of so many bars.

    A quarter of it, but four bars of a piece that has eight, and half of a shorter one.
    """
    return max(count // 4, min(_SECTION, count // 2), 1)


def patterns_around(style: Style, sheet: LeadSheet) -> dict[int, PatternBar]:
    """Return what is played in bars of a borrowed introduction or ending, by their index.

    Parameters
    ----------
    sheet : LeadSheet
        With both around the piece, as `toolkit.style.band.form.framed` makes it.
    """
    found: dict[int, PatternBar] = {}
    labels = [phrase.label for phrase in sheet.phrases] or [""]
    before = opening(style)
    if before is not None and labels[0] == "intro":
        count = sheet.bar_at(sheet.phrases[0].offset)
        rows = _aligned(before.bars, count)
        found |= {index: row.played for index, row in enumerate(rows)}
    after = closing(style)
    if after is not None and labels[-1] in ("ending", FADING):
        first = sheet.bar_at(sheet.phrases[-1].onset)
        stop = len(sheet.bars) - (after.final is not None)
        room = min(stop - first, len(after.bars))
        own = after.bars[len(after.bars) - room :]
        found |= {stop - room + index: row.played for index, row in enumerate(own)}
        if after.final is not None:
            found[stop] = after.final.played
    return found


def slowed(style: Style, sheet: LeadSheet, tempo: float) -> list[tuple[float, float]]:
    """Return (beat, tempo) where a borrowed ending slows down, ascending."""
    found = closing(style)
    shares = found.slower if found is not None else ()
    bars = sheet.bars[-len(shares) :] if 0 < len(shares) < len(sheet.bars) else ()
    return [(bar.onset, tempo * share) for bar, share in zip(bars, shares, strict=bool(bars))]


def finished(part: Part, style: Style, sheet: LeadSheet) -> Part:
    """Return a part whose last chord is as short, or whose end as soft, as a borrowed ending's."""
    found = closing(style)
    if found is None or not sheet.phrases:
        return part
    last = sheet.phrases[-1]
    if found.last == "stop":
        begin = sheet.bars[-1].onset
        return replace(
            part,
            tones=tuple(_stopped(tone, begin, found.beats) for tone in part.tones),
            pedal=tuple((down, min(up, begin + found.beats)) for down, up in part.pedal
                        if down < begin + found.beats),
        )  # fmt: skip
    if found.softer < 1 and last.label == FADING:
        return replace(part, tones=tuple(_faded(tone, last, found.softer) for tone in part.tones))
    return part


def _stopped(tone: Tone, begin: float, beats: float) -> Tone:
    if tone.offset <= begin + beats:
        return tone
    return replace(tone, duration=max(begin + beats - tone.onset, _LEAST_BEATS))


def _faded(tone: Tone, last: Phrase, softer: float) -> Tone:
    """Return a tone as soft as its place in a fading phrase is: evenly so in decibels."""
    through = min(max((tone.onset - last.onset) / max(last.duration, _EPSILON), 0.0), 1.0)
    return replace(tone, velocity=tone.velocity * softer**through)


def _aligned(bars: Sequence[FrameBar], count: int) -> list[FrameBar]:
    """Return so many bars, the last one the last; where they do not suffice they come again."""
    return [bars[(index - count) % len(bars)] for index in range(count)]


def _spans(
    rows: Sequence[FrameBar], bars: Sequence[Bar], mode: str, key: str
) -> tuple[ChordSpan, ...]:
    """Return the chords of bars of a frame in a key, on whole beats; equal ones become one."""
    spans: list[ChordSpan] = []
    for row, bar in zip(rows, bars, strict=True):
        scale = bar.beats / row.played.beats
        places = [float(round(place * scale)) for place, _ in row.chords]
        ends = [*places[1:], float(bar.beats)]
        for (_, symbol), place, end in zip(row.chords, places, ends, strict=True):
            chord = in_key(parse(symbol), mode, key)
            length = min(end, float(bar.beats)) - place
            before = spans[-1] if spans else None
            if length < 1.0 - _EPSILON:
                continue
            goes_on = before is not None and abs(before.offset - bar.onset - place) < _EPSILON
            if before is not None and goes_on and before.chord == chord:
                spans[-1] = replace(before, duration=before.duration + length)
            else:
                spans.append(ChordSpan(bar.onset + place, length, chord))
    return tuple(spans)


def _asked_for(found: _Frame | None, style: Style, what: str, kind: str) -> _Frame | None:
    """Return what the style has borrowed if its kind says so."""
    if kind != BORROWED:
        return None
    if found is None:
        name = _NAMES[what]
        raise UsageError(
            f'{style.name} has {name} = "{BORROWED}" but has borrowed no {what}',
            "choose another one, such as none",
        )
    return found
