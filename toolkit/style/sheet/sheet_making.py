"""Make a lead sheet of notes: grid, voices, keys, chords and phrases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from toolkit.errors import InputError
from toolkit.run import Run
from toolkit.style.lead_sheet import Bar, LeadSheet, LineNote
from toolkit.style.listening import swing
from toolkit.style.sheet import snapping
from toolkit.style.sheet.note_context import note_table
from toolkit.style.sheet.phrases import phrases
from toolkit.style.sheet.sheet_chords import sheet_chords, sheet_keys
from toolkit.style.sheet.sheet_grid import Grid, grid
from toolkit.style.sheet.tune_line import plain, single_line, weighed
from toolkit.style.sheet.voice_tagging import Voices, voices
from toolkit.values import DRUMS, Note, Notes

Array = npt.NDArray[np.float64]

_USUAL = (0.06, 0.94)
_UNEVEN = 1.45
_FEW_NOTES, _ON_GRID, _SHORT_SECONDS = 16, 0.7, 0.15


def make_sheet(notes: Notes, *, title: str = "", run: Run | None = None) -> LeadSheet:
    """Return the lead sheet of a piece.

    Parameters
    ----------
    notes : Notes
        A performance or a score; drums do not count. Its tempo map, meters, keys and chords are
        used where they are there and fit, else found.
    title : str
        Of the piece.
    run : Run, optional
        Is told what was found.

    Returns
    -------
    LeadSheet
        Beat 0 is the first downbeat; a pickup lies before it.

    Raises
    ------
    InputError
        If there is no pitched note.

    Examples
    --------
    >>> sheet = make_sheet(Notes((Note(0.5, 1.0, 60),)))
    >>> len(sheet.bars), [note.pitch for note in sheet.melody]
    (1, [60])
    """
    kept = tuple(note for note in notes if note.program != DRUMS and note.offset > note.onset)
    if not kept:
        raise InputError(
            "there are no pitched notes to make a lead sheet of",
            "give music with a tune or chords, not drums, speech or silence",
            code="E_EMPTY",
        )
    found = grid(notes)
    pitched = replace(notes, notes=kept)
    onset, duration = _on_grid(pitched, found)
    melody, bass, inner, tagged = _voices(pitched, onset, duration, found)
    alone = tagged.source == "only voice"
    keys = sheet_keys(pitched, found, alone=alone)
    beats = _in_beats(pitched, onset, duration)
    sheet = LeadSheet(
        bars=found.bars,
        melody=melody,
        chords=sheet_chords(pitched, beats, found, keys, melody if alone else ()),
        bass=bass,
        inner=inner,
        keys=keys,
        tempo=round(found.tempo, 2),
        parts=found.parts,
        title=title,
        melody_confidence=round(tagged.confidence, 3),
    )
    sheet = replace(sheet, phrases=phrases(sheet))
    if run is not None:
        run.report(
            melody_from=tagged.source,
            **_findings(sheet),
            **_uneven(found),
            **_doubtful(pitched, found),
        )
    return sheet


def _on_grid(notes: Notes, found: Grid) -> tuple[Array, Array]:
    """Return onsets and durations in beats, swing taken out, at parts of beats."""
    onset = found.at([note.onset for note in notes])
    offset = found.at([note.offset for note in notes])
    if found.parts == 2:
        ratio = swing.swing_ratio(notes, found.time(np.arange(np.ceil(found.bars[-1].offset) + 1)))
        if snapping.is_swung(onset, ratio):
            onset, offset = snapping.unswung(onset, ratio), snapping.unswung(offset, ratio)
    return snapping.snap(onset, offset, found.parts)


def _voices(
    notes: Notes, onset: Array, duration: Array, found: Grid
) -> tuple[tuple[LineNote, ...], tuple[LineNote, ...], tuple[LineNote, ...], Voices]:
    """Return melody, bass and inner voices, and what is known of how they were found."""
    velocity = np.array([note.velocity for note in notes])
    pitch = np.array([note.pitch for note in notes])
    program = [note.program for note in notes]
    table, order = note_table(onset, onset + duration, pitch, velocity, program)
    tagged = voices(table, _half_bars(found.bars))
    lines = [
        LineNote(
            plain(float(onset[at])),
            plain(float(duration[at])),
            int(pitch[at]),
            1.0,
            round(float(velocity[at]), 2),
        )
        for at in order
    ]
    melody = single_line(_chosen(lines, tagged.melody))
    if tagged.source == "top of figures":
        melody = _held(melody, _half_bars(found.bars))
    bass = single_line(_chosen(lines, tagged.bass), highest=False)
    inner = _chosen(lines, ~(tagged.melody | tagged.bass))
    bars = found.bars
    return (
        weighed(melody, bars, found.parts),
        weighed(bass, bars, found.parts),
        tuple(dict.fromkeys(replace(note, weight=0.3) for note in inner)),
        tagged,
    )


def _held(line: Sequence[LineNote], spans: Array) -> tuple[LineNote, ...]:
    """Return the tops of figures as the voice that they imply: each lasts as long as its figure."""
    ends = np.append(spans[1:], spans[-1] + 2)
    index = np.maximum(np.searchsorted(spans, [note.onset + 1e-6 for note in line]) - 1, 0)
    return tuple(
        replace(note, onset=float(spans[at]), duration=float(ends[at] - spans[at]))
        for note, at in zip(line, index, strict=True)
    )


def _half_bars(bars: Sequence[Bar]) -> Array:
    """Return where bars begin, and the halves of those of an even number of beats."""
    halves = [bar.onset + bar.beats / 2 for bar in bars if bar.beats % 2 == 0 and bar.beats > 2]
    return np.sort([bar.onset for bar in bars] + halves)


def _chosen(lines: list[LineNote], mask: npt.NDArray[np.bool_]) -> list[LineNote]:
    return [lines[index] for index in np.flatnonzero(mask)]


def _in_beats(notes: Notes, onset: Array, duration: Array) -> Notes:
    """Return the notes from beat 0 on, beats for seconds."""
    begin = np.maximum(onset, 0.0)
    end = np.maximum(onset + duration, 0.0)
    kept = [
        Note(float(first), float(last), note.pitch, note.velocity, note.program)
        for note, first, last in zip(notes, begin, end, strict=True)
        if last > first
    ]
    return Notes(tuple(kept))


def _uneven(found: Grid) -> dict[str, float]:
    """Return the slow and the fast tempo of beats that are far from even, nothing of others.

    An arrangement keeps to one tempo, so that a piece with bars counted in eighths between others
    counted in quarters, or one that slows down by half, does not come out as it went.
    """
    edges = found.time(np.arange(0, max(found.bars[-1].offset, 1) + 1))
    tempi = 60 / np.maximum(np.diff(edges), 1e-3)
    slow, fast = (float(each) for each in np.quantile(tempi, _USUAL))
    if fast < _UNEVEN * slow:
        return {}
    return {"slow_beats": round(slow, 1), "fast_beats": round(fast, 1)}


def _doubtful(notes: Notes, found: Grid) -> dict[str, float]:
    """Return how long notes are and how many keep to the beat, if both are rather like speech.

    Of three spoken texts, notes were heard of 0.1 s, 59 to 63 % of them near parts of beats; of
    four recordings of a piano and a choir, of 0.3 to 0.5 s, 79 % and more of them.
    """
    share = snapping.on_grid_share(found.at([note.onset for note in notes]))
    seconds = float(np.median([note.offset - note.onset for note in notes]))
    if len(notes) < _FEW_NOTES or share >= _ON_GRID or seconds >= _SHORT_SECONDS:
        return {}
    return {"near_a_beat": round(share, 2), "usual_note_seconds": round(seconds, 2)}


def _findings(sheet: LeadSheet) -> dict[str, object]:
    return {
        "bars": len(sheet.bars),
        "beats_per_bar": sheet.beats_per_bar,
        "tempo": sheet.tempo,
        "key": sheet.keys[0][1],
        "melody_notes": len(sheet.melody),
        "melody_confidence": sheet.melody_confidence,
        "chords": len(sheet.chords),
        "form": " ".join(phrase.label for phrase in sheet.phrases),
    }
