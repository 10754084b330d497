"""Put keys and chords on the beats of a lead sheet."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toolkit.errors import InputError
from toolkit.style import key
from toolkit.style.chord import Chord, parse
from toolkit.style.harmony.functions import function
from toolkit.style.lead_sheet import Bar, ChordSpan, LineNote
from toolkit.style.listening import chords
from toolkit.style.sheet.sheet_grid import Grid
from toolkit.style.sheet.tune_harmony import tune_chords
from toolkit.style.sheet.tune_line import plain
from toolkit.style.tones import sounding
from toolkit.values import Notes

Keys = tuple[tuple[float, str], ...]

_AS_GOOD = 0.05  # nats for each drawn pitch class
_SHORTEST = 1.0
_ENDS_THERE = 0.12


def sheet_keys(notes: Notes, grid: Grid, *, alone: bool = False) -> Keys:
    """Return keys by the beat from which they hold, the first from beat 0.

    A key signature that the notes carry is believed where it fits about as well as what is found:
    most files say C major whatever they are in. Several signatures are believed.

    Parameters
    ----------
    notes : Notes
        In seconds.
    grid : Grid
        Where the beats are.
    alone : bool
        Whether a single voice says it all, too little to say where it modulates.
    """
    found = _one_key(notes) if alone else key.keys(notes)
    found = found or ((0.0, "C major"),)
    if len(notes.keys) > 1 or (notes.keys and _fits(notes, notes.keys[0][1])):
        found = notes.keys
    starts = {bar.onset for bar in grid.bars}
    kept: dict[float, str] = {}
    for time, name in found:
        beat = max(float(grid.at(time)), 0.0)
        kept[max(start for start in starts if start <= beat + 0.5)] = name
    kept.setdefault(0.0, found[0][1])
    ordered = sorted(kept.items())
    return (
        ordered[0],
        *(each for before, each in itertools.pairwise(ordered) if each[1] != before[1]),
    )


def _one_key(notes: Notes) -> Keys:
    """Return the key that fits the whole, from the beginning.

    Of keys that fit as well the one is chosen whose tonic ends the tune.
    """
    tones = sounding(notes, np.array([0.0, max(notes.duration, 1e-3)]))
    odds = key.likelihoods(tones)[0]
    last = max(notes, key=lambda note: note.onset).pitch % 12
    ends = [key.tonic_and_mode(name)[0] == last for name in key.KEYS]
    return ((0.0, key.KEYS[int(np.argmax(odds + _ENDS_THERE * np.array(ends)))]),)


def _fits(notes: Notes, name: str) -> bool:
    tones = sounding(notes, np.array([0.0, max(notes.duration, 1e-3)]))
    odds = key.likelihoods(tones)[0]
    return name in key.KEYS and bool(odds[key.KEYS.index(name)] >= odds.max() - _AS_GOOD)


def sheet_chords(
    notes: Notes, beats: Notes, grid: Grid, keys: Keys, tune: Sequence[LineNote] = ()
) -> tuple[ChordSpan, ...]:
    """Return the chords within the bars: those that the notes carry, else those that are heard.

    A tune that is alone is harmonized.

    Parameters
    ----------
    notes : Notes
        In seconds; chords beside them, if any, are believed.
    beats : Notes
        The same notes with beats for seconds, from beat 0.
    grid : Grid
        Where the beats are.
    keys : tuple of (beat, key)
        What the functions refer to.
    tune : sequence of LineNote
        The melody, if there is nothing but it.
    """
    if not notes.chords and tune:
        plain = tune_chords(tune, grid.bars, keys[0][1], grid.parts)
        told = [(start, chord.symbol) for start, chord in plain]
    elif notes.chords:
        told = [(round(float(grid.at(time)) * 2) / 2, name) for time, name in notes.chords]
    else:
        told = list(_heard(beats, grid.bars))
    spans = _spans(told, grid.bars[-1].offset)
    return _with_functions(_without_short(spans), keys)


def _heard(beats: Notes, bars: Sequence[Bar]) -> tuple[tuple[float, str], ...]:
    """Return (beat, symbol) by the recognizer; chords change readily at the half of a long bar."""
    number = np.arange(bars[-1].offset + 1)
    places = np.ones(len(number), np.intp)
    for bar in bars:
        places[int(bar.onset)] = 0
        if bar.beats >= 4 and bar.beats % 2 == 0:
            places[int(bar.onset) + bar.beats // 2] = 0
    return chords.chords(beats, number.astype(float), places)


def _spans(told: Sequence[tuple[float, str]], end: float) -> list[ChordSpan]:
    starts = [min(max(plain(beat), 0.0), end) for beat, _ in told]
    names = [name for _, name in told]
    spans: list[ChordSpan] = []
    for start, stop, name in zip(starts, [*starts[1:], end], names, strict=True):
        chord = _chord(name)
        if chord is None or stop - start < 1e-6:
            continue
        if spans and spans[-1].chord == chord and spans[-1].offset >= start - 1e-6:
            spans[-1] = replace(spans[-1], duration=stop - spans[-1].onset)
        else:
            spans.append(ChordSpan(start, stop - start, chord))
    return spans


def _chord(name: str) -> Chord | None:
    """Return a chord, None for no chord and for what a file calls one that cannot be read."""
    if name in ("", chords.NO_CHORD, "N.C.", "X"):
        return None
    try:
        return parse(name)
    except InputError:
        # A marker of a foreign file may say anything; what is no chord says nothing of harmony.
        return None


def _without_short(spans: Sequence[ChordSpan]) -> list[ChordSpan]:
    """Return the chords without those shorter than a beat, over which the one before goes on."""
    kept: list[ChordSpan] = []
    for span in spans:
        joined = kept and kept[-1].offset >= span.onset - 1e-6
        if joined and (span.duration < _SHORTEST - 1e-6 or kept[-1].chord == span.chord):
            kept[-1] = replace(kept[-1], duration=span.offset - kept[-1].onset)
        else:
            kept.append(span)
    return kept


def _with_functions(spans: Sequence[ChordSpan], keys: Keys) -> tuple[ChordSpan, ...]:
    out = []
    following: list[Chord | None] = [*(span.chord for span in spans), None][1:]
    for span, after in zip(spans, following, strict=True):
        name = [name for beat, name in keys if beat <= span.onset + 1e-6][-1]
        out.append(replace(span, function=function(span.chord, name, after)))
    return tuple(out)
