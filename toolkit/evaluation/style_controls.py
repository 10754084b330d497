"""Versions of a piece that a good metric has to tell from good ones: the controls of a table."""

from __future__ import annotations

from dataclasses import replace

from toolkit.adapters import mma
from toolkit.evaluation.versions import ONSET, Version, of_sheet, played
from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.performing import swing_feel
from toolkit.values import DRUMS, Notes

_TEMPO = 140.0
_GROOVES = {3: "stdlib:JazzWaltz", 5: "stdlib:Jazz54"}
_SWING = "stdlib:Swing"
_THIRDS = {"dim": "dim", "dim7": "dim", "m7b5": "dim", "aug": "aug", "aug7": "aug"}
_SPELLED = {"": "", "m": "m", "dim": "dim", "aug": "aug"}


def swing_only(sheet: LeadSheet) -> Version:
    """Return the source itself, whose second eighths come as late as a soloist's."""
    same = of_sheet(sheet)
    ratio = float(swing_feel.soloist_ratio(sheet.tempo))
    parts = {}
    for role, table in same.parts.items():
        moved = table.copy()
        moved[:, ONSET] = swing_feel.swung(table[:, ONSET], ratio / (1 + ratio))
        parts[role] = moved
    return replace(same, parts=parts)


def template(sheet: LeadSheet) -> Version:
    """Return what an arranger keyboard would: the tune as it is over a swing loop with triads.

    Raises
    ------
    ToolkitError
        If MMA cannot be had.
    """
    plain = replace(
        sheet, chords=tuple(replace(span, chord=triad(span.chord)) for span in sheet.chords)
    )
    beats = sheet.beats_per_bar
    chart = [_bar(plain, bar.onset, beats) for bar in sheet.bars]
    notes = mma.accompany(chart, _GROOVES.get(beats, _SWING), _TEMPO)
    pitched = [note for note in notes if note.program != DRUMS]
    bass = tuple(note for note in pitched if 32 <= note.program < 40)
    others = tuple(note for note in pitched if not 32 <= note.program < 40)
    parts = {
        role: played(Notes(each, tempo_map=((0.0, _TEMPO),)))
        for role, each in (
            ("bass", bass),
            ("chords", others),
            ("drums", tuple(note for note in notes if note.program == DRUMS)),
        )
    }
    same = of_sheet(plain)
    return replace(same, parts={**parts, "melody": same.parts["melody"]}, tempo=_TEMPO)


def triad(chord: Chord) -> Chord:
    """Return the triad of a chord.

    Examples
    --------
    >>> triad(Chord(2, "m7", ("9",))).symbol
    'Dm'
    """
    minor = "m" if 3 in QUALITIES[chord.quality] and 4 not in QUALITIES[chord.quality] else ""
    return Chord(chord.root, _THIRDS.get(chord.quality, minor))


def _bar(sheet: LeadSheet, onset: float, beats: int) -> str:
    """Return a bar's chords as MMA reads them: two at most, the second one in its middle."""
    names = []
    for at in (onset, onset + beats // 2) if beats == 4 else (onset,):
        span = sheet.chord_at(at)
        names.append("z" if span is None else _spelled(span.chord))
    if len(set(names)) == 1:
        return names[0]
    return f"{names[0]} / {names[1]} /"


def _spelled(chord: Chord) -> str:
    bare = Chord(chord.root)
    return bare.symbol + _SPELLED[chord.quality]
