"""Choose the tempo of a style for a piece, and rewrite the piece so that its tune keeps its speed.

A slow piece does not become a fast one by turning a knob: the band counts twice as many beats in
the same time instead (double time), or half as many (half time). A slow compound beat may fall into
its three parts, which then are the beats.
"""

from __future__ import annotations

import math
from dataclasses import replace

from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase

_TOLERATED = 1.6
"""Up to this ratio a tune bears being played faster or slower."""


def choose_tempo(
    sheet: LeadSheet, span: tuple[float, float], asked: float | None = None
) -> tuple[float, float]:
    """Return a tempo, and the number of new beats that each beat of the sheet becomes.

    Parameters
    ----------
    sheet : LeadSheet
        With its own tempo.
    span : tuple[float, float]
        Slowest and fastest tempo of the style, in beats a minute.
    asked : float, optional
        The tempo that the user wants.

    Returns
    -------
    tuple[float, float]
        Tempo in beats a minute, and a factor: 1 where the tune's speed changes by no more than
        a ratio of 1.6, else the one of 1/2, 1, 2 (and 3 in compound meters) that changes it least.
    """
    slow, fast = span if asked is None else (asked, asked)

    def tempo(factor: float) -> float:
        return min(max(sheet.tempo * factor, slow), fast)

    def change(factor: float) -> float:
        return abs(math.log(tempo(factor) / (sheet.tempo * factor)))

    if change(1.0) <= math.log(_TOLERATED):
        return tempo(1.0), 1.0
    factors = [1.0, *((3.0,) if sheet.parts == 3 else (2.0,))]
    if len({bar.beats for bar in sheet.bars}) == 1:
        factors.append(0.5)
    best = min(factors, key=change)
    return tempo(best), best


def shortest_held(sheet: LeadSheet, span: tuple[float, float]) -> float:
    """Return how many beats of a sheet become one beat at a tempo of a style, 1 at most."""
    return min(1 / choose_tempo(sheet, span)[1], 1.0)


def rescaled(sheet: LeadSheet, factor: float, tempo: float) -> LeadSheet:
    """Return the sheet at another tempo with every beat written as so many new beats.

    Parameters
    ----------
    sheet : LeadSheet
        Its bars have to be of one length for factors below 1.
    factor : float
        1/2 joins bars in pairs, the last one being filled up to a whole bar; 2 makes two bars of
        one, and so does 3, whose beats are the parts of a compound beat.
    tempo : float
        Beats a minute of the result.

    Raises
    ------
    ValueError
        If bars of different lengths are to be joined.
    """
    if factor == 1.0:
        return replace(sheet, tempo=tempo)
    bars = _joined(sheet.bars) if factor < 1 else _split(sheet.bars, round(factor))
    return replace(
        sheet,
        bars=bars,
        melody=_lines(sheet.melody, factor),
        bass=_lines(sheet.bass, factor),
        inner=_lines(sheet.inner, factor),
        chords=tuple(_chord(span, factor) for span in sheet.chords),
        keys=tuple((beat * factor, key) for beat, key in sheet.keys),
        phrases=_phrases(sheet.phrases, factor, bars[-1].offset),
        tempo=tempo,
        parts=2 if factor == 3.0 else sheet.parts,
    )


def _lines(notes: tuple[LineNote, ...], factor: float) -> tuple[LineNote, ...]:
    return tuple(
        replace(note, onset=note.onset * factor, duration=note.duration * factor) for note in notes
    )


def _chord(span: ChordSpan, factor: float) -> ChordSpan:
    return replace(span, onset=span.onset * factor, duration=span.duration * factor)


def _phrases(phrases: tuple[Phrase, ...], factor: float, end: float) -> tuple[Phrase, ...]:
    scaled = [
        replace(each, onset=each.onset * factor, duration=each.duration * factor)
        for each in phrases
    ]
    if scaled:  # a bar that was filled up belongs to the last phrase
        scaled[-1] = replace(scaled[-1], duration=end - scaled[-1].onset)
    return tuple(scaled)


def _joined(bars: tuple[Bar, ...]) -> tuple[Bar, ...]:
    beats = bars[0].beats
    if any(bar.beats != beats for bar in bars):
        raise ValueError("bars of different lengths cannot be joined in pairs")
    return tuple(Bar(float(index * beats), beats) for index in range(math.ceil(len(bars) / 2)))


def _split(bars: tuple[Bar, ...], factor: int) -> tuple[Bar, ...]:
    """Return each bar twice with its beats, or in thirds: 6/8 becomes two bars of three."""
    result = []
    for bar in bars:
        count, beats = (2, bar.beats) if factor == 2 else (bar.beats, 3)
        result += [Bar(bar.onset * factor + index * beats, beats) for index in range(count)]
    return tuple(result)
