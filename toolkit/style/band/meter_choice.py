"""Put a piece into the meter of a style: a tune in two or four becomes a waltz.

Half a bar becomes a bar of three whose first beat is twice as long as its last one, which is how
marches have been turned into waltzes since there were both; what falls on a beat stays on one. The
parts of compound beats become beats: a bar of 6/8 is two bars of a quick waltz already.
"""

from __future__ import annotations

from dataclasses import replace

from toolkit.style.band.tempo_choice import rescaled
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase


def in_meter(sheet: LeadSheet, beats: int) -> LeadSheet:
    """Return the sheet in bars of so many beats, at the tempo that keeps its bars' speed.

    Parameters
    ----------
    sheet : LeadSheet
        In any meter.
    beats : int
        3, or 0 for the sheet's own meter.

    Returns
    -------
    LeadSheet
        The sheet itself where its bars are of three beats already, or do not fall into halves.

    Raises
    ------
    ValueError
        If `beats` is neither 0 nor 3.
    """
    if beats not in (0, 3):
        raise ValueError(f"no piece is put into bars of {beats} beats, only of 3")
    if beats == 0 or sheet.beats_per_bar == 3:
        return sheet
    if sheet.parts == 3:
        return rescaled(sheet, 3.0, 3 * sheet.tempo)
    if any(bar.beats % 2 for bar in sheet.bars):
        return sheet
    return _in_three(sheet)


def _in_three(sheet: LeadSheet) -> LeadSheet:
    phrases = [
        Phrase(_moved(each.onset), _moved(each.offset) - _moved(each.onset), each.label)
        for each in sheet.phrases
    ]
    count = sum(bar.beats for bar in sheet.bars) // 2
    return replace(
        sheet,
        bars=tuple(Bar(3.0 * index, 3) for index in range(count)),
        melody=_lines(sheet.melody),
        bass=_lines(sheet.bass),
        inner=_lines(sheet.inner),
        chords=tuple(_chord(span) for span in sheet.chords),
        keys=tuple((_moved(beat), key) for beat, key in sheet.keys),
        phrases=tuple(phrases),
        tempo=1.5 * sheet.tempo,
    )


def _moved(beat: float) -> float:
    """Return where a beat of two falls in three.

    Examples
    --------
    >>> [_moved(beat) for beat in (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0)]
    [-1.0, 0.0, 1.0, 2.0, 2.5, 3.0]
    """
    half, within = divmod(beat, 2.0)
    return 3.0 * half + (2.0 * within if within < 1.0 else within + 1.0)


def _lines(notes: tuple[LineNote, ...]) -> tuple[LineNote, ...]:
    return tuple(
        replace(note, onset=_moved(note.onset), duration=_moved(note.offset) - _moved(note.onset))
        for note in notes
    )


def _chord(span: ChordSpan) -> ChordSpan:
    onset = _moved(span.onset)
    return replace(span, onset=onset, duration=_moved(span.offset) - onset)
