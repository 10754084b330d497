"""Say how much is to happen where, so that a band follows the form instead of looping."""

from __future__ import annotations

from bisect import bisect_left

from toolkit.style.lead_sheet import LeadSheet, LineNote, Phrase

FADING = "fading"
"""Label of an ending that runs on to its last bar line, without a last chord."""

FRAME = ("intro", "ending", FADING)
"""Labels of phrases that are not the piece's own."""

_FIRST, _LAST = 0.35, 0.8
_REPEAT = 0.08
_CONTRAST = -0.06
_WITHIN = 0.12
_LOUDNESS = 0.6
_FRAME = {"intro": 0.35, "ending": 0.45, FADING: 0.45}


def energy(sheet: LeadSheet, beat: float) -> float:
    """Return how much is to happen at a beat, 0..1.

    It rises from the first phrase to the last, more where music returns and less where something
    new begins midway, follows the source's own loudness, and rises within each phrase towards its
    end; introduction and ending are quiet.

    Parameters
    ----------
    sheet : LeadSheet
        With phrases; without any the whole is one.
    beat : float
        Position in beats.
    """
    phrase = sheet.phrase_at(beat)
    if phrase.label in FRAME:
        return _FRAME[phrase.label]
    body = [each for each in sheet.phrases if each.label not in FRAME] or [phrase]
    begin, length = body[0].onset, body[-1].onset - body[0].onset
    within = min(max((beat - phrase.onset) / max(phrase.duration, 1e-9), 0.0), 1.0)
    share = (phrase.onset - begin) / length if length > 0 else within
    level = _FIRST + (_LAST - _FIRST) * share + _WITHIN * (within - 0.5)
    level += _novelty(phrase, body) + _LOUDNESS * _louder(sheet, phrase)
    return float(min(max(level, 0.0), 1.0))


def _novelty(phrase: Phrase, body: list[Phrase]) -> float:
    """Return what a phrase adds as a return, or takes away as the first of a new section."""
    before = [each.label for each in body if each.onset < phrase.onset]
    if phrase.label in before:
        return _REPEAT
    return _CONTRAST if before else 0.0


def _louder(sheet: LeadSheet, phrase: Phrase) -> float:
    """Return by how much the phrase's melody is louder than the whole melody, at most 0.15.

    Players ask at every bar, so that a long piece is judged by a sample of its notes.
    """
    first = bisect_left(sheet.melody, phrase.onset, key=lambda note: note.onset)
    last = bisect_left(sheet.melody, phrase.offset, key=lambda note: note.onset)
    if first == last:
        return 0.0
    return min(max(_mean(sheet.melody[first:last]) - _mean(sheet.melody), -0.15), 0.15)


def _mean(notes: tuple[LineNote, ...]) -> float:
    """Return the mean velocity of some 64 notes, evenly chosen."""
    chosen = notes[:: max(len(notes) // 64, 1)]
    return sum(note.velocity for note in chosen) / len(chosen)
