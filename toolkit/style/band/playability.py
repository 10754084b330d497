"""Find what nobody could play, or nobody would: the hard limits of hands, lungs and instruments.

Ranges are those of common orchestration manuals (S. Adler, "The Study of Orchestration", 1982),
at sounding pitch, with the notes that good players reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from toolkit.style.arrangement import Part, Tone
from toolkit.style.band.hands import MAX_NOTES, MAX_SPAN, fits_hands
from toolkit.style.band.tune import Tune
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.scales import avoid_notes
from toolkit.values import DRUMS

_EPSILON = 1e-3
_OVERLAP = 0.03
_SHORTEST_REPEAT = 0.07
_GUITAR_STRINGS = 6
_SECTION = 4

RANGES: dict[range, tuple[int, int]] = {
    range(8): (21, 108),
    range(24, 32): (38, 88),
    range(32, 40): (24, 67),
    range(40, 41): (55, 103),
    range(41, 42): (48, 91),
    range(42, 43): (36, 81),
    range(43, 44): (24, 67),
    range(46, 47): (23, 104),
    range(47, 48): (36, 60),
    range(56, 57): (52, 86),
    range(57, 58): (34, 77),
    range(58, 59): (26, 65),
    range(59, 60): (52, 86),
    range(60, 61): (34, 79),
    range(64, 65): (56, 91),
    range(65, 66): (49, 85),
    range(66, 67): (42, 80),
    range(67, 68): (36, 73),
    range(68, 69): (58, 93),
    range(69, 70): (52, 84),
    range(70, 71): (34, 76),
    range(71, 72): (50, 96),
    range(72, 73): (72, 108),
    range(73, 74): (59, 98),
}
"""Lowest and highest MIDI number by General MIDI programs; all others play 0..127."""

_KEYBOARDS = frozenset({*range(24), 46})
_GUITARS = frozenset(range(24, 32))
_ROLLED = frozenset({47})
_MONOPHONIC = frozenset({*range(32, 38), *range(56, 61), *range(64, 80)})


def violations(part: Part, sheet: LeadSheet, tempo: float | None = None) -> tuple[str, ...]:
    """Return what is unplayable or unbearable in a part, one line each; empty if it is in order.

    Parameters
    ----------
    part : Part
        Hands, strings and breath follow from its program; drums are always in order.
    sheet : LeadSheet
        What is played, whose chords say which notes are to be avoided.
    tempo : float, optional
        Beats a minute, for the speed of repeated notes; the sheet's own unless given.
    """
    if part.program == DRUMS:
        return ()
    found = list(_out_of_range(part))
    if part.program not in _ROLLED:
        found += _too_fast(part, tempo or sheet.tempo)
    if part.program in _KEYBOARDS:
        found += _out_of_hand(part)
    elif part.program in _GUITARS:
        found += _too_many(part, _GUITAR_STRINGS, "strings")
    elif part.program in _MONOPHONIC:
        # Chords on one wind program are a section's: a player each.
        players = _SECTION if part.role == "chords" else 1
        found += _too_many(part, players, "at a time")
    return (*found, *_avoided(part, sheet))


def playable_range(program: int) -> tuple[int, int]:
    """Return the lowest and highest MIDI number of an instrument by its program."""
    return next((ends for programs, ends in RANGES.items() if program in programs), (0, 127))


def is_monophonic(program: int) -> bool:
    """Return whether an instrument plays one note at a time."""
    return program in _MONOPHONIC


def _out_of_range(part: Part) -> Iterator[str]:
    low, high = playable_range(part.program)
    for tone in part.tones:
        if not low <= tone.pitch <= high:
            yield f"beat {tone.onset:.2f}: {tone.pitch} is outside {low}..{high}"


def _too_fast(part: Part, tempo: float) -> Iterator[str]:
    onsets: dict[int, list[float]] = defaultdict(list)
    for tone in part.tones:
        onsets[tone.pitch].append(tone.onset)
    for pitch, each in onsets.items():
        for before, after in pairwise(each):
            if (after - before) * 60 / tempo < _SHORTEST_REPEAT:
                yield f"beat {after:.2f}: {pitch} again after {after - before:.3f} beats"


def _sounding(tones: Sequence[Tone]) -> Iterator[tuple[float, list[int]]]:
    """Yield every onset with the pitches held then; what ends within a moment is let go."""
    held: list[Tone] = []
    for index, tone in enumerate(tones):
        held = [each for each in held if each.offset > tone.onset + _OVERLAP]
        held.append(tone)
        last = index + 1 == len(tones) or tones[index + 1].onset > tone.onset + _EPSILON
        if last:
            yield tone.onset, [each.pitch for each in held]


def _out_of_hand(part: Part) -> Iterator[str]:
    for onset, pitches in _sounding(part.tones):
        if not fits_hands(pitches):
            yield (
                f"beat {onset:.2f}: {sorted(pitches)} needs more than two hands of {MAX_NOTES} "
                f"notes and {MAX_SPAN} semitones"
            )


def _too_many(part: Part, most: int, what: str) -> Iterator[str]:
    for onset, pitches in _sounding(part.tones):
        if len(pitches) > most:
            yield f"beat {onset:.2f}: {len(pitches)} notes, but {most} {what}"


def _avoided(part: Part, sheet: LeadSheet) -> Iterator[str]:
    """Yield avoid-notes that accompany a chord for a beat; the tune's own notes are its affair."""
    tune = Tune.of(sheet)
    for tone in part.tones:
        # A bass walks from root to root: only what it stays on belongs to the harmony.
        longest = 2.0 if part.role == "bass" or tone.pitch < 48 else 1.0
        for onset, offset, avoided in _chords_under(tone, sheet):
            overlap = min(tone.offset, offset) - max(tone.onset, onset)
            if overlap < longest - _EPSILON or tone.pitch % 12 not in avoided:
                continue
            own = {pitch % 12 for pitch, _ in tune.held(tone.onset, tone.offset)}
            if tone.pitch % 12 not in own:
                yield f"beat {tone.onset:.2f}: {tone.pitch} is held against its chord"


def _chords_under(tone: Tone, sheet: LeadSheet) -> Iterator[tuple[float, float, frozenset[int]]]:
    at = tone.onset
    while at < tone.offset - _EPSILON:
        span = sheet.chord_at(at)
        if span is None:
            at += 0.5
            continue
        yield span.onset, span.offset, avoid_notes(span.chord)
        at = span.offset
