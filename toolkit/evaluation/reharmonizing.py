"""Measure how much a reharmonization keeps, on charts with a made-up tune of chord tones."""

from __future__ import annotations

import numpy as np

from toolkit.style.harmony.changes import Changes
from toolkit.style.harmony.functions import function
from toolkit.style.harmony.melody_fit import clashes
from toolkit.style.harmony.reharmonize import reharmonize
from toolkit.style.key import KEYS
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase

_PHRASE_BARS = 8
_LENGTHS = (0.5, 1.0, 1.0, 2.0)
_LOW, _HIGH = 58, 80
_STEP = 3.0


def sheet_of(chart: Changes, rng: np.random.Generator, tempo: float = 120.0) -> LeadSheet:
    """Return a chart as a lead sheet with a tune of chord tones, in phrases of eight bars."""
    beats = chart.beats
    last = chart.chords[-1]
    count = int(np.ceil((last.onset + last.duration) / beats - 1e-6))
    phrases = tuple(
        Phrase(float(bar * beats), float(min(_PHRASE_BARS, count - bar) * beats))
        for bar in range(0, count, _PHRASE_BARS)
    )
    return LeadSheet(
        tuple(Bar(float(bar * beats), beats) for bar in range(count)),
        tuple(_tune(chart, rng)),
        tuple(ChordSpan(each.onset, each.duration, each.chord) for each in chart.chords),
        keys=((0.0, KEYS[chart.tonic + 12 * chart.minor]),),
        phrases=phrases,
        tempo=tempo,
    )


def kept(source: LeadSheet, done: LeadSheet) -> dict[str, float]:
    """Return what of a sheet's harmony is kept in another, and how much more there is.

    Returns
    -------
    dict[str, float]
        Shares: ``roots`` of the bars that begin with the same root, ``functions`` of the beats with
        the same function, ``extended`` of the chords; ``rate``, chords for each of the source;
        ``clashes`` of weighty melody notes, a bar.
    """
    beats = [float(beat) for beat in range(int(source.length))]
    pairs = [(beat, source.chord_at(beat), done.chord_at(beat)) for beat in beats]
    known = [(beat, old, new) for beat, old, new in pairs if old is not None and new is not None]
    starts = {round(bar.onset, 3) for bar in source.bars}
    roots = [old.chord.root == new.chord.root for beat, old, new in known if beat in starts]
    same = [_function(source, old) == new.function for _, old, new in known]
    return {
        "roots": float(np.mean(roots)),
        "functions": float(np.mean(same)),
        "extended": float(np.mean([span.chord.is_extended for span in done.chords])),
        "rate": len(done.chords) / len(source.chords),
        "clashes": len(clashes(done)) / len(source.bars),
    }


def measured(
    chart: Changes, amount: float, seed: int, palette: str = "jazz", color: float = 0.95
) -> dict[str, float]:
    """Return what a reharmonization of a chart by some amount keeps, see `kept`."""
    source = sheet_of(chart, np.random.default_rng(seed))
    rng = np.random.default_rng([seed, 1])
    done = reharmonize(source, amount=amount, palette=palette, color=color, rng=rng)
    return kept(source, done)


def _function(sheet: LeadSheet, span: ChordSpan) -> str:
    index = sheet.chords.index(span) + 1
    following = sheet.chords[index].chord if index < len(sheet.chords) else None
    return function(span.chord, sheet.key_at(span.onset), following)


def _tune(chart: Changes, rng: np.random.Generator) -> list[LineNote]:
    notes: list[LineNote] = []
    pitch = (_LOW + _HIGH) // 2
    for each in chart.chords:
        tones = [one for one in range(_LOW, _HIGH) if one % 12 in each.chord.pitch_classes]
        onset, end = each.onset, each.onset + each.duration
        while onset < end - 1e-6:
            length = min(float(rng.choice(_LENGTHS)), end - onset)
            aim = pitch + float(rng.normal(0, _STEP))
            pitch = tones[int(np.abs(np.array(tones) - aim).argmin())]
            notes.append(LineNote(onset, length, pitch))
            onset += length
    return notes
