"""Ornament single notes by rule: passing notes, mordents, trills, suspensions, blue notes.

Each move takes a note and its neighbors and returns what is played instead, or nothing where it
does not fit. The note itself keeps its pitch class and most of its time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.style.scales import chord_scale, key_scale

Move = Callable[[LeadSheet, LineNote, LineNote | None, LineNote | None], tuple[LineNote, ...]]
"""(sheet, note, the one before, the one after) to what is played instead; empty for no."""

BLUES_STEPS = (0, 3, 5, 6, 7, 10)

_ORNAMENT = 0.2
_SOFTER = 0.9
_CADENCE_BEATS = 1.5
_LINKED = 0.05


def scale_at(sheet: LeadSheet, beat: float) -> tuple[int, ...]:
    """Return the pitch classes that melodies use at a beat: the chord's scale, or the key's."""
    span, key = sheet.chord_at(max(beat, 0.0)), sheet.key_at(beat)
    return key_scale(key) if span is None else chord_scale(span.chord, key)


def step_from(pitch: int, direction: int, scale: Sequence[int]) -> int:
    """Return the next pitch of a scale upwards (1) or downwards (-1)."""
    near = pitch + direction
    while near % 12 not in scale and abs(near - pitch) < 4:
        near += direction
    return near


def passing(
    sheet: LeadSheet, note: LineNote, before: LineNote | None, after: LineNote | None
) -> tuple[LineNote, ...]:
    """Fill a third or a fourth to the next note by step, in the second half of the note."""
    if after is None or note.duration < 0.5 or after.onset - note.offset > _LINKED:
        return ()
    leap = after.pitch - note.pitch
    if not 3 <= abs(leap) <= 5:
        return ()
    between = step_from(note.pitch, 1 if leap > 0 else -1, scale_at(sheet, note.onset))
    if not min(note.pitch, after.pitch) < between < max(note.pitch, after.pitch):
        return ()
    length = min(note.duration / 2, 0.5)
    return (_shorter(note, length), _ornament(note, note.offset - length, length, between))


def neighbor(
    sheet: LeadSheet, note: LineNote, before: LineNote | None, after: LineNote | None
) -> tuple[LineNote, ...]:
    """Leave a note for its upper neighbor and come back before the next repeats it."""
    if after is None or after.pitch != note.pitch or note.duration < 0.5:
        return ()
    if after.onset - note.offset > _LINKED:
        return ()
    length = min(note.duration / 2, 0.5)
    above = step_from(note.pitch, 1, scale_at(sheet, note.onset))
    return (_shorter(note, length), _ornament(note, note.offset - length, length, above))


def mordent(
    sheet: LeadSheet, note: LineNote, before: LineNote | None, after: LineNote | None
) -> tuple[LineNote, ...]:
    """Touch the lower neighbor right after the beginning."""
    if note.duration < 1.0:
        return ()
    below = step_from(note.pitch, -1, scale_at(sheet, note.onset))
    part = 1 / 6 if sheet.parts == 3 else 1 / 8
    return (
        replace(note, duration=part),
        _ornament(note, note.onset + part, part, below),
        replace(note, onset=note.onset + 2 * part, duration=note.duration - 2 * part),
    )


def trill(
    sheet: LeadSheet, note: LineNote, before: LineNote | None, after: LineNote | None
) -> tuple[LineNote, ...]:
    """Write out a trill with a termination, where a step down follows."""
    falls = after is not None and 1 <= note.pitch - after.pitch <= 2
    if not falls or not _CADENCE_BEATS <= note.duration <= 4 or sheet.tempo > 132:
        return ()
    above, below = (
        step_from(note.pitch, direction, scale_at(sheet, note.onset)) for direction in (1, -1)
    )
    part = 1 / 6 if sheet.parts == 3 else 0.25
    count = round(note.duration / part)
    count -= count % 2
    # The main note opens, so that the tune is heard where it was.
    pitches = [note.pitch if index % 2 == 0 else above for index in range(count)]
    pitches[-2:] = [below, note.pitch]
    shakes = [
        _ornament(note, note.onset + index * part, part, pitches[index])
        for index in range(1, count)
    ]
    return (replace(note, duration=part), *shakes)


def suspension(
    sheet: LeadSheet, note: LineNote, before: LineNote | None, after: LineNote | None
) -> tuple[LineNote, ...]:
    """Hold the note before into a strong beat, and resolve by the step down half a beat late."""
    if before is None or not 1 <= before.pitch - note.pitch <= 2 or note.duration < 1.0:
        return ()
    if note.onset - before.offset > _LINKED:
        return ()
    late = 1 / 3 if sheet.parts == 3 else 0.5
    held = replace(_ornament(note, note.onset, late, before.pitch), velocity=note.velocity)
    return (held, replace(note, onset=note.onset + late, duration=note.duration - late))


def blue_third(
    sheet: LeadSheet, note: LineNote, before: LineNote | None, after: LineNote | None
) -> tuple[LineNote, ...]:
    """Slide into the major third of the key from the minor one."""
    tonic, mode = tonic_and_mode(sheet.key_at(note.onset))
    if mode != "major" or (note.pitch - tonic) % 12 != 4 or note.duration < 0.5:
        return ()
    if before is not None and before.pitch == note.pitch - 1 and note.onset - before.offset < 1:
        return ()  # it is led into so already
    part = 1 / 6
    slide = replace(_ornament(note, note.onset, part, note.pitch - 1), velocity=note.velocity)
    return (slide, replace(note, onset=note.onset + part, duration=note.duration - part))


def repetition(
    sheet: LeadSheet, note: LineNote, before: LineNote | None, after: LineNote | None
) -> tuple[LineNote, ...]:
    """Strike a long note again on its second half."""
    if note.duration < 1.5:
        return ()
    part = 2 / 3 if sheet.parts == 3 else 0.5
    return (
        replace(note, duration=note.duration - part),
        _ornament(note, note.offset - part, part, note.pitch),
    )


def answer(
    sheet: LeadSheet, call: Sequence[LineNote], begin: float, end: float
) -> tuple[LineNote, ...]:
    """Return the rhythm of a call again in a rest, its notes moved into the blues scale.

    Parameters
    ----------
    sheet : LeadSheet
        Whose keys hold.
    call : sequence of LineNote
        The last notes before the rest.
    begin, end : float
        The rest, in beats; the answer begins on its first whole beat.
    """
    if not call:
        return ()
    first = -(-begin // 1)
    tonic, _ = tonic_and_mode(sheet.key_at(begin))
    scale = [(tonic + step) % 12 for step in BLUES_STEPS]
    result = []
    for note in call:
        onset = first + note.onset - call[0].onset
        length = min(note.duration, 0.5)
        if onset + length > end + 1e-6:
            break
        pitch = note.pitch if note.pitch % 12 in scale else step_from(note.pitch, -1, scale)
        result.append(_ornament(note, onset, length, pitch))
    return tuple(result)


def _shorter(note: LineNote, length: float) -> LineNote:
    return replace(note, duration=note.duration - length)


def _ornament(note: LineNote, onset: float, duration: float, pitch: int) -> LineNote:
    return LineNote(onset, duration, pitch, _ORNAMENT, note.velocity * _SOFTER)
