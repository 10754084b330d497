"""Lay a pattern over other chords and into a bar of another length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from toolkit.style.arrangement import Tone
from toolkit.style.borrowed.degrees import FIFTH, ROOT, THIRD, pitch_class_of
from toolkit.style.borrowed.pattern_bars import PatternTone
from toolkit.style.borrowed.taking import nearest
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet
from toolkit.style.scales import avoid_notes, chord_scale

_EPSILON = 1e-6
_LONG = 2.0
_WITHIN = 1.0
_SHORTEST = 0.1


@dataclass(frozen=True)
class Placed:
    """Hold a tone of a pattern where it is to be played, and the chord it is played over."""

    onset: float
    duration: float
    tone: PatternTone
    span: ChordSpan
    key: str


def in_bar(tones: Sequence[PatternTone], beats: int, wanted: int) -> tuple[PatternTone, ...]:
    """Return a bar's tones for a bar of another number of beats.

    A longer bar repeats the pattern and fills up with its last beats; a shorter one leaves the last
    beats out.

    Examples
    --------
    >>> waltz = [PatternTone(float(beat), 1.0, beat) for beat in range(3)]
    >>> [(tone.onset, tone.degree) for tone in in_bar(waltz, 3, 4)]
    [(0.0, 0), (1.0, 1), (2.0, 2), (3.0, 2)]
    >>> [tone.onset for tone in in_bar(waltz, 3, 2)]
    [0.0, 1.0]
    """
    if beats == wanted:
        return tuple(tones)
    whole, rest = divmod(wanted, beats)
    found = [
        replace(tone, onset=tone.onset + turn * beats) for turn in range(whole) for tone in tones
    ]
    if whole:
        moved = whole * beats - (beats - rest)
        found += [
            replace(tone, onset=tone.onset + moved)
            for tone in tones
            if tone.onset >= beats - rest - _EPSILON
        ]
    else:
        found = [
            replace(tone, duration=min(tone.duration, wanted - tone.onset))
            for tone in tones
            if tone.onset < wanted - _EPSILON
        ]
    return tuple(found)


def over_chords(tones: Sequence[PatternTone], bar: Bar, sheet: LeadSheet) -> tuple[Placed, ...]:
    """Return a bar's tones with the chords that they fall on; nothing where there is no chord.

    A long tone is struck again where a chord begins that lasts.
    """
    found: list[Placed] = []
    for tone in tones:
        found += _held(tone, bar.onset + tone.onset, tone.duration, sheet)
    return tuple(sorted(found, key=lambda each: each.onset))


def _held(tone: PatternTone, onset: float, duration: float, sheet: LeadSheet) -> Iterator[Placed]:
    span = sheet.chord_at(onset)
    if span is None or onset >= sheet.length - _EPSILON:
        return
    length = min(duration, sheet.length - onset)
    rest = onset + length - span.offset
    if length < _LONG or min(rest, span.offset - onset) < _WITHIN - _EPSILON:
        yield Placed(onset, length, tone, span, sheet.key_at(onset))
        return
    yield Placed(onset, span.offset - onset, tone, span, sheet.key_at(onset))
    again = replace(tone, onset=tone.onset + span.offset - onset, approach=0)
    yield from _held(again, span.offset, rest, sheet)


def with_roots(placed: Sequence[Placed], bar: Bar, sheet: LeadSheet) -> tuple[Placed, ...]:
    """Return a bass's bar with the root where a chord begins, as the pattern could not know.

    On a downbeat any tone of the chord may stay, as an inversion; within the bar the root is put
    there if nothing is struck near.
    """
    result = list(placed)
    for span in sheet.chords:
        if not bar.onset - _EPSILON <= span.onset < bar.offset - _EPSILON or not placed:
            continue
        until = span.onset + min(_WITHIN, span.duration / 2)
        near = [each for each in result if span.onset - _EPSILON <= each.onset < until]
        first = near[0] if near else None
        on_one = span.onset <= bar.onset + _EPSILON
        allowed = (ROOT, THIRD, FIFTH) if on_one else (ROOT,)
        if first is not None and first.tone.degree not in allowed:
            result[result.index(first)] = replace(
                first, tone=replace(first.tone, degree=ROOT, approach=0)
            )
        if first is None and not on_one:
            length = min(_WITHIN, span.duration)
            made = PatternTone(span.onset - bar.onset, length, ROOT)
            result.append(Placed(span.onset, length, made, span, sheet.key_at(span.onset)))
    return tuple(sorted(result, key=lambda each: each.onset))


def chord_tone(placed: Placed, center: float) -> Tone:
    """Return a tone at about the height that it has in the reference."""
    wanted = pitch_class_of(placed.tone.degree, placed.span.chord, placed.key, placed.duration)
    pitch = nearest(wanted, center + placed.tone.height)
    return Tone(placed.onset, placed.duration, pitch, placed.tone.velocity)


def bass_line(placed: Sequence[Placed], center: float, low: int, high: int) -> list[Tone]:
    """Return a bass's tones: as far above the root as in the reference, approaches as approaches.

    Parameters
    ----------
    placed : sequence of Placed
        Of the whole piece, ascending.
    center : float
        Middle of the register.
    low, high : int
        Range, an octave at least.
    """
    tones = []
    for each in placed:
        chord = each.span.chord
        if each.tone.degree == ROOT and chord.bass is not None:
            wanted = chord.bass
        else:
            wanted = pitch_class_of(each.tone.degree, chord, each.key, each.duration)
        root = nearest(chord.root, center)
        pitch = root + 12 * each.tone.octave + (wanted - chord.root) % 12
        tones.append(Tone(each.onset, each.duration, _folded(pitch, low, high), each.tone.velocity))
    for index in range(len(placed) - 2, -1, -1):
        here, after = placed[index], placed[index + 1]
        leads = here.span is not after.span and after.onset - here.onset <= _WITHIN + _EPSILON
        pitch = tones[index + 1].pitch + here.tone.approach
        if here.tone.approach and leads and low <= pitch <= high:
            tones[index] = replace(tones[index], pitch=pitch)
    return tones


def _folded(pitch: int, low: int, high: int) -> int:
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch


def let_go(tones: Sequence[Tone], sheet: LeadSheet) -> list[Tone]:
    """Return tones that end where a chord begins in whose scale they are not, or that avoids them.

    What its own chord avoids is cut to less than a beat.
    """
    kept = []
    for tone in tones:
        end = tone.offset
        for span in sheet.chords:
            if span.offset <= tone.onset + _EPSILON or span.onset >= tone.offset - _EPSILON:
                continue
            avoided = tone.pitch % 12 in avoid_notes(span.chord)
            own = span.onset <= tone.onset + _EPSILON
            foreign = tone.pitch % 12 not in chord_scale(span.chord, sheet.key_at(span.onset))
            if own and avoided:
                end = min(end, tone.onset + 0.9 * _WITHIN)
            elif not own and (avoided or foreign):
                end = min(end, span.onset)
        if end - tone.onset >= _SHORTEST:
            kept.append(replace(tone, duration=end - tone.onset))
    return kept
