"""Take a reference apart into patterns: each bar of each part, relative to the chords under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from toolkit.style.arrangement import Tone
from toolkit.style.borrowed.degrees import ROOT, degree_of
from toolkit.style.borrowed.framing import closing_of, opening_of
from toolkit.style.borrowed.hearing import Heard, HeardPart
from toolkit.style.borrowed.pattern_bars import PatternBar, PatternTone, rounded
from toolkit.style.borrowed.patterns import Borrowed
from toolkit.style.borrowed.situations import situations
from toolkit.style.chord import Chord
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import LeadSheet
from toolkit.values import DRUMS

_MOST_BARS = 128
_LEADS_WITHIN = 1.01
_STEPS = (1, 2)
_USUAL = 0.7
_SOFTEST, _LOUDEST = 0.08, 1.0
_LONGEST_BARS = 1.0
_TIED_BEATS = 1.0
_EPSILON = 1e-6


def take(heard: Heard, source: str = "", sha256: str = "") -> Borrowed:
    """Return the first 128 bars of a reference as patterns, and how it begins and ends.

    Parameters
    ----------
    heard : Heard
        Of `toolkit.style.borrowed.hearing`.
    source, sha256 : str
        Name and hash of its file.
    """
    sheet = heard.sheet
    about = situations(sheet)
    by_bar: list[dict[str, tuple[PatternTone, ...]]] = [{} for _ in sheet.bars]
    for part in heard.parts:
        found = _patterns(part, sheet)
        for index, tones in found.items():
            by_bar[index][part.name] = tuple(tones)
    bars = [
        PatternBar(bar.beats, tuple(np.round(row, 3).tolist()), parts)
        for bar, row, parts in zip(sheet.bars, about, by_bar, strict=True)
    ]
    first = next((index for index, bar in enumerate(bars) if bar.parts), 0)
    last = max((index for index, bar in enumerate(bars) if bar.parts), default=0)
    return Borrowed(
        source,
        sha256,
        tuple(bars[first : last + 1][:_MOST_BARS]),
        opening_of(heard, bars),
        closing_of(heard, bars),
    )


def _patterns(part: HeardPart, sheet: LeadSheet) -> dict[int, list[PatternTone]]:
    """Return a part's patterns by the bar's index."""
    mean = float(np.mean([tone.velocity for tone in part.tones]))
    center = part.center
    found: dict[int, list[PatternTone]] = {}
    pairs = zip(part.tones, _approaches(part, sheet), strict=True)
    pieces = [(piece, step) for tone, step in pairs for piece in _by_bars(tone, sheet)]
    for tone, approach in pieces:
        index = sheet.bar_at(tone.onset)
        bar = sheet.bars[index]
        if tone.onset >= bar.offset - _EPSILON:
            continue
        velocity = float(np.clip(_USUAL * tone.velocity / max(mean, 0.01), _SOFTEST, _LOUDEST))
        place = tone.onset - bar.onset
        length = min(tone.duration, _LONGEST_BARS * bar.beats)
        if part.program == DRUMS:
            made = PatternTone(place, length, tone.pitch, velocity=velocity)
        else:
            chord = _chord(sheet, tone.onset)
            root = nearest(chord.root, center)
            made = PatternTone(
                place,
                length,
                degree_of(tone.pitch, chord),
                (tone.pitch - root) // 12,
                tone.pitch - center,
                velocity,
                approach,
            )
        found.setdefault(index, []).append(rounded(made))
    return found


def _by_bars(tone: Tone, sheet: LeadSheet) -> Iterator[Tone]:
    """Yield a tone in pieces where it is held over bar lines, as pads are.

    What begins in the second half of a bar is an anticipation and stays whole.
    """
    bar = sheet.bars[sheet.bar_at(tone.onset)]
    rest = tone.offset - bar.offset
    early = tone.onset < bar.onset + bar.beats / 2
    if not early or rest < _TIED_BEATS or bar.offset >= sheet.length - _EPSILON:
        yield tone
        return
    yield replace(tone, duration=bar.offset - tone.onset)
    yield from _by_bars(replace(tone, onset=bar.offset, duration=rest), sheet)


def nearest(pitch_class: int, center: float) -> int:
    """Return the pitch of a class that is nearest to a center, the lower one of two."""
    low = int(np.ceil(center - 6 - _EPSILON))
    return low + (pitch_class - low) % 12


def _chord(sheet: LeadSheet, beat: float) -> Chord:
    """Return the chord at a beat; where there is none, that of the tonic."""
    span = sheet.chord_at(beat)
    if span is not None:
        return span.chord
    tonic, mode = tonic_and_mode(sheet.key_at(beat))
    return Chord(tonic, "" if mode == "major" else "m")


def _approaches(part: HeardPart, sheet: LeadSheet) -> Sequence[int]:
    """Return for each tone by which step it leads to another chord's root, 0 if it does not.

    Only a bass leads so, with its last tone before the chord changes.
    """
    if part.role != "bass":
        return [0] * len(part.tones)
    nexts: list[Tone | None] = [*part.tones[1:], None]
    found = []
    for tone, after in zip(part.tones, nexts, strict=True):
        step = 0
        if after is not None and 0 < after.onset - tone.onset <= _LEADS_WITHIN:
            step = tone.pitch - after.pitch
        found.append(step if abs(step) in _STEPS and _leads(sheet, tone, after) else 0)
    return found


def _leads(sheet: LeadSheet, tone: Tone, after: Tone | None) -> bool:
    here = sheet.chord_at(tone.onset)
    there = sheet.chord_at(after.onset) if after is not None else None
    if here is None or there is None or after is None or here is there:
        return False
    begins_it = tone.onset <= here.onset + _EPSILON
    return not begins_it and degree_of(after.pitch, there.chord) == ROOT
