"""Find out how a reference begins before its tune, and how it ends.

A piece that merely starts or breaks off, as loops and excerpts do, has neither: what is found has
to stand out from what the reference does elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from toolkit.style.arrangement import Tone
from toolkit.style.borrowed.ending_signs import faded, said_again, slower
from toolkit.style.borrowed.frames import Closing, FrameBar, Opening
from toolkit.style.borrowed.hearing import Heard
from toolkit.style.borrowed.pattern_bars import PatternBar
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import Bar, LeadSheet
from toolkit.values import DRUMS

_MOST_BARS = 16
_FEWEST_LEFT = 4
_MOSTLY = 0.5
_TOGETHER = 0.26
_ON_ONE = 1.0
_SHORTEST_HELD = 2.0
_USUALLY_BUSY = 0.7
_LONGER = 1.6
_STEP = 0.25
_FEWEST_AFTER = 2


def opening_of(heard: Heard, bars: Sequence[PatternBar]) -> Opening | None:
    """Return the bars before the tune, None where it begins at once.

    Where nobody has the tune alone, they are the bars before all play together.

    Parameters
    ----------
    heard : Heard
        The reference.
    bars : sequence of PatternBar
        Of its whole sheet, one for each bar.
    """
    begin = _first_of_tune(heard) if heard.tune else _first_full(bars)
    first = next((index for index, bar in enumerate(bars) if bar.parts), begin)
    found = range(first, begin)
    played = sum(bool(bars[index].parts) for index in found)
    if not found or played < _MOSTLY * len(found) or len(bars) - begin < _FEWEST_LEFT:
        return None
    kept = found[-_MOST_BARS:]
    # The key is that of the tune: what leads to it may still be on its way there.
    key = heard.sheet.key_at(heard.sheet.bars[begin].onset)
    return Opening(_framed(kept, heard.sheet, bars, key), tonic_and_mode(key)[1])


def _first_of_tune(heard: Heard) -> int:
    """Return the first bar of the tune; a pickup of less than half a bar is none of it."""
    onset = heard.tune[0].onset
    index = heard.sheet.bar_at(onset)
    bar = heard.sheet.bars[index]
    return index + (onset >= bar.onset + bar.beats / 2)


def _first_full(bars: Sequence[PatternBar]) -> int:
    """Return the first bar in which as many play as usually, and from which on they do."""
    counts = np.array([len(bar.parts) for bar in bars])
    usual = float(np.median(counts[counts > 0])) if counts.any() else 0.0
    if usual < 2:
        return 0
    full = counts >= usual
    together = np.flatnonzero(full[:-1] & full[1:])
    begin = int(together[0]) if len(together) else 0
    return begin if begin <= _MOST_BARS else 0


def closing_of(heard: Heard, bars: Sequence[PatternBar]) -> Closing | None:
    """Return how a reference ends, None where it is merely over.

    Parameters
    ----------
    heard, bars
        As in `opening_of`.
    """
    sheet = heard.sheet
    tones = _all(heard)
    if not tones or len(bars) < 2 * _FEWEST_LEFT:
        return None
    last = _last_chord(sheet, tones)
    slowing = slower(heard.tempi[: last.bar + 1])
    fading, softer = faded(sheet, [tone for part in heard.parts for tone in part.tones], last.bar)
    kind = last.kind or ("hold" if slowing else "run")
    if fading and kind == "stop":
        # The last soft stroke of a fade is no chord that ends a piece.
        kind = "run"
    after = range(_after_tune(heard, last.bar), last.bar + (not last.on_one))
    key = sheet.key_at(sheet.bars[last.bar].onset)
    own = _framed(after[-_MOST_BARS:], sheet, bars, key)
    if not (last.kind or slowing or fading or len(own) >= _FEWEST_AFTER):
        return None
    tune = heard.tune or _tune(sheet)
    again = 0 if own else fading if kind == "run" else said_again(sheet, tune, last.bar)
    return Closing(
        last=kind,
        bars=own,
        mode=tonic_and_mode(key)[1],
        final=None if kind == "run" else _struck(sheet, bars[last.bar], last, key),
        beats=last.lasts,
        slower=() if kind == "run" else slowing,
        softer=softer if kind == "run" else 1.0,
        again=again,
    )


@dataclass(frozen=True)
class _Last:
    """Hold the last chord: its kind (empty if it is none), bar, place in it, and length in beats.

    `on_one` says whether it begins its bar; what precedes it there is music otherwise.
    """

    kind: str
    bar: int
    place: float
    lasts: float
    on_one: bool


def _last_chord(sheet: LeadSheet, tones: Sequence[Tone]) -> _Last:
    attack = max(tone.onset for tone in tones)
    index = sheet.bar_at(attack)
    bar = sheet.bars[index]
    struck = [tone for tone in tones if tone.onset >= attack - _TOGETHER]
    lasts = max(tone.offset for tone in struck) - attack
    place = max(min(tone.onset for tone in struck) - bar.onset, 0.0)
    on_one = place < _ON_ONE
    kind = ""
    if lasts >= max(_SHORTEST_HELD, bar.beats / 2) and lasts >= _LONGER * _usual_pause(
        sheet, tones
    ):
        kind = "hold"
    elif on_one and lasts < _SHORTEST_HELD and _busy(sheet, tones, index) >= _USUALLY_BUSY:
        kind = "stop"
    return _Last(kind, index, place, round(float(min(max(lasts, _STEP), bar.beats)), 3), on_one)


def _usual_pause(sheet: LeadSheet, tones: Sequence[Tone]) -> float:
    """Return the longest time without an attack that most bars have, in beats."""
    onsets = np.unique([tone.onset for tone in tones])
    pauses = np.diff(onsets)
    at = np.array([sheet.bar_at(float(onset)) for onset in onsets[:-1]])
    longest = [float(pauses[at == index].max()) for index in np.unique(at)]
    return float(np.median(longest)) if longest else 0.0


def _busy(sheet: LeadSheet, tones: Sequence[Tone], before: int) -> float:
    """Return the share of bars in which somebody plays after the first beat."""
    later = {
        index
        for tone in tones
        for index in (sheet.bar_at(tone.onset),)
        if index < before and tone.onset >= sheet.bars[index].onset + _ON_ONE
    }
    return len(later) / max(before, 1)


def _all(heard: Heard) -> list[Tone]:
    """Return what everybody plays, the tune too; drums last no longer than they sound."""
    own = [
        replace(tone, duration=_STEP) if part.program == DRUMS else tone
        for part in heard.parts
        for tone in part.tones
    ]
    return [*own, *(heard.tune or _tune(heard.sheet))]


def _tune(sheet: LeadSheet) -> tuple[Tone, ...]:
    return tuple(Tone(n.onset, n.duration, n.pitch, n.velocity) for n in sheet.melody)


def _after_tune(heard: Heard, last: int) -> int:
    """Return the first bar after the tune has ended, where somebody has it; else the last bar."""
    if not heard.tune:
        return last
    return min(heard.sheet.bar_at(heard.tune[-1].onset) + 1, last + 1)


def _struck(sheet: LeadSheet, bar: PatternBar, last: _Last, key: str) -> FrameBar:
    """Return a bar in which nothing but its last chord is struck, on its first beat."""
    begin = last.place - _TOGETHER
    parts = {
        name: tuple(
            replace(tone, onset=0.0, duration=min(tone.duration, float(bar.beats)))
            for tone in tones
            if tone.onset >= begin
        )
        for name, tones in bar.parts.items()
    }
    chords = _chords(sheet, sheet.bars[last.bar], key)
    return FrameBar(
        replace(bar, parts={name: tones for name, tones in parts.items() if tones}),
        tuple((0.0, symbol) for _, symbol in chords[-1:]),
    )


def _framed(
    indices: Sequence[int], sheet: LeadSheet, bars: Sequence[PatternBar], key: str
) -> tuple[FrameBar, ...]:
    return tuple(FrameBar(bars[index], _chords(sheet, sheet.bars[index], key)) for index in indices)


def _chords(sheet: LeadSheet, bar: Bar, key: str) -> tuple[tuple[float, str], ...]:
    """Return where chords begin in a bar, and which: as if the key were that of C."""
    tonic, _ = tonic_and_mode(key)
    return tuple(
        (round(max(span.onset - bar.onset, 0.0), 3), span.chord.transposed(-tonic).harte)
        for span in sheet.chords
        if span.offset > bar.onset + _STEP and span.onset < bar.offset - _STEP
    )
