"""Write lead sheets as text that a musician can edit, and read them again.

A sheet is a head of ``name: value`` lines and up to four sections. Lines that begin with ``#`` are
remarks; empty lines do not count. Numbers are decimals or fractions, ``1.5`` or ``1/3``, in beats.

Head
    ``title``; ``tempo`` in beats a minute; ``meter``, the beats of a bar; ``parts`` of a beat, 2 or
    3; ``key``, one or several as ``0 C major, 32 G major`` by the beat from which they hold;
    ``confidence`` of the melody. ``phrases`` as ``A 0 16, B 16 8`` (label, beat, length) is needed
    only where phrases do not begin at bar lines.
``[chords]``
    Bars between ``|``. A line that begins with a label begins a phrase: ``A | Dm7 G7 | Cmaj7 |``;
    a line without one goes on with it. The chords of a bar share it evenly, or say how many beats
    they last: ``Dm7:3 G7:1``; those that do not say share the rest. ``%`` lets the chord before go
    on, ``N`` is silence of harmony. A bar of other length than the meter begins with it:
    ``(2) G7``. ``Dm7{S}`` says a function other than the one that key and chord imply, ``{}`` that
    there is none. A line with the label ``pickup`` has what comes before the first bar.
``[melody]``, ``[bass]``, ``[inner]``
    A line for each bar that has notes: ``5 | C5 1 1/2, Eb5 1.5 2 w.8 v.55``, which is bar 5 with
    name, beat in the bar counted from 1, length, and, where they are not 1 and 0.7, weight and
    velocity. Notes before the first bar are at bar 1 and beats of 0 and below: ``1 | G4 0 1``.

What is written is read back exactly, but that what is within 1e-12 of a plain fraction becomes it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction

from toolkit.io.pitch_names import PITCH_CLASSES
from toolkit.style.harmony.functions import function
from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.style.sheet.sheet_reading import read

__all__ = ["read", "write"]

_REMARKS = """\
# A lead sheet of tonearm; edit it and start again with: tonearm reimagine --lead-sheet FILE
# Chords: bars between |, a label begins a phrase; chords share a bar evenly or say their beats,
# Dm7:3 G7:1; % goes on with the chord before, N is none, (2) begins a bar of 2 beats.
# Melody: bar | name, beat in the bar from 1, beats it lasts, w weight, v velocity; commas between.
"""
_BARS_A_LINE = 4
_AS_GOOD_AS = Fraction(1, 10**12)


def write(sheet: LeadSheet) -> str:
    """Return a sheet as text.

    Parameters
    ----------
    sheet : LeadSheet
        Chords have to lie within its bars or before the first one; what lies beyond the last bar
        is left out.
    """
    lines = [_REMARKS, *_head(sheet), "", "[chords]", *_chords(sheet)]
    for name in ("melody", "bass", "inner"):
        voice: tuple[LineNote, ...] = getattr(sheet, name)
        if voice:
            lines += ["", f"[{name}]", *_voice(sheet, voice)]
    return "\n".join(lines) + "\n"


def _head(sheet: LeadSheet) -> Iterator[str]:
    yield f"title: {' '.join(sheet.title.split())}"
    yield f"tempo: {_number(sheet.tempo)}"
    yield f"meter: {sheet.beats_per_bar}"
    yield f"parts: {sheet.parts}"
    yield "key: " + ", ".join(f"{_number(beat)} {name}" for beat, name in sheet.keys)
    yield f"confidence: {_number(sheet.melody_confidence)}"
    if sheet.phrases and not _at_bar_lines(sheet):
        yield "phrases: " + ", ".join(
            f"{each.label} {_number(each.onset)} {_number(each.duration)}" for each in sheet.phrases
        )


def _at_bar_lines(sheet: LeadSheet) -> bool:
    """Return whether the phrases follow from the bars at which they begin."""
    lines = {_exact(bar.onset) for bar in sheet.bars}
    edges = [_exact(each.onset) for each in sheet.phrases]
    ends = [_exact(each.onset) + _exact(each.duration) for each in sheet.phrases]
    return (
        bool(edges)
        and edges[0] == 0
        and all(edge in lines for edge in edges)
        and ends == [*edges[1:], _exact(sheet.length)]
    )


def _chords(sheet: LeadSheet) -> Iterator[str]:
    labels = {_exact(each.onset): each.label for each in sheet.phrases}
    labels = labels if sheet.phrases and _at_bar_lines(sheet) else {}
    width = max([len(label) for label in labels.values()], default=0)
    pieces = _pieces(sheet)
    first = min([start for start, _, _ in pieces], default=Fraction(0))
    if first < 0:
        yield f"pickup | {_bar(pieces, first, Fraction(0), written=True)} |"
    line: list[str] = []
    begins = ""
    for bar in sheet.bars:
        start = _exact(bar.onset)
        if line and (len(line) == _BARS_A_LINE or start in labels):
            yield f"{begins:{width}} | {' | '.join(line)} |".rstrip()
            line, begins = [], ""
        begins = labels.get(start, begins)
        odd = bar.beats != sheet.beats_per_bar
        line.append(_bar(pieces, start, start + bar.beats, written=odd))
    yield f"{begins:{width}} | {' | '.join(line)} |"


def _pieces(sheet: LeadSheet) -> list[tuple[Fraction, Fraction, str]]:
    """Return spans and gaps as (start, end, what is written), ascending."""
    following = [*(span.chord for span in sheet.chords), None][1:]
    found = []
    for span, after in zip(sheet.chords, following, strict=True):
        start = _exact(span.onset)
        implied = function(span.chord, sheet.key_at(span.onset), after)
        mark = "" if span.function == implied else f"{{{span.function}}}"
        found.append((start, start + _exact(span.duration), span.chord.symbol + mark))
    return found


def _bar(
    pieces: Sequence[tuple[Fraction, Fraction, str]],
    start: Fraction,
    end: Fraction,
    *,
    written: bool,
) -> str:
    """Return what stands between the lines of one bar."""
    inside: list[tuple[str, Fraction]] = []
    at = start
    for begin, stop, name in pieces:
        if stop <= start or begin >= end:
            continue
        if begin > at:
            inside.append(("N", begin - at))
        begun, ended = max(begin, start), min(stop, end)
        inside.append((name if begin >= start else "%", ended - begun))
        at = ended
    if at < end:
        inside.append(("N", end - at))
    even = len({length for _, length in inside}) == 1
    names = [name if even else f"{name}:{_fraction(length)}" for name, length in inside]
    return " ".join([f"({_fraction(end - start)})"] * written + names)


def _voice(sheet: LeadSheet, voice: Sequence[LineNote]) -> Iterator[str]:
    bars: dict[int, list[str]] = {}
    starts = [bar.onset for bar in sheet.bars]
    for note in voice:
        index = max(bisect_right(starts, note.onset + 1e-6) - 1, 0)
        place = _exact(note.onset) - _exact(sheet.bars[index].onset) + 1
        text = f"{pitch_name(note.pitch)} {_fraction(place)} {_number(note.duration)}"
        text += "" if note.weight == 1.0 else f" w{_number(note.weight)}"
        text += "" if note.velocity == 0.7 else f" v{_number(note.velocity)}"
        bars.setdefault(index, []).append(text)
    for index in sorted(bars):
        yield f"{index + 1} | {', '.join(bars[index])}"


def pitch_name(pitch: int) -> str:
    """Return the name of a MIDI number, 60 being C4."""
    return f"{PITCH_CLASSES[pitch % 12]}{pitch // 12 - 1}"


def _exact(value: float) -> Fraction:
    """Return a number as the plainest fraction that it can be meant to be, else as it is.

    Sums of thirds are off by the last digit; left so, neighbors would overlap by as much.
    """
    near = Fraction(value).limit_denominator(960)
    return near if abs(near - Fraction(value)) < _AS_GOOD_AS else Fraction(repr(float(value)))


def _number(value: float) -> str:
    return _fraction(_exact(value))


def _fraction(value: Fraction) -> str:
    """Return a fraction, as a decimal where that is short and exact."""
    if value.denominator == 1:
        return str(value.numerator)
    text = repr(float(value))
    return (
        text
        if "e" not in text and Fraction(text) == value
        else f"{value.numerator}/{value.denominator}"
    )
