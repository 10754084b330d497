"""Play the tune: in the instrument's range, phrase by phrase, with breath.

Options: ``harmony`` (of `toolkit.style.band.harmonizing.KINDS`, ``none`` unless given) puts tones
under it where the energy reaches ``harmony_from`` (0.55); ``doubling`` (semitones) adds the whole
line again, such as 12 for octaves; ``when`` (``always`` or ``loud``) rests in quiet phrases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest

from toolkit.style.arrangement import Tone
from toolkit.style.band.hands import fastest_repeat, played_by_one, without_restrikes
from toolkit.style.band.harmonizing import chord_under, under
from toolkit.style.band.octaves import into_range
from toolkit.style.band.playability import is_monophonic
from toolkit.style.band.players.comp import is_rich
from toolkit.style.band.playing import Played, Scene
from toolkit.style.lead_sheet import LeadSheet, LineNote

ANCHOR_WEIGHT = 0.5
"""From which weight on a note of the melody has to stay where it is."""

_BREATH = 0.25
_TIED = 0.02
_LOUD = 0.5


def play(scene: Scene) -> Played:
    """Return the melody of a scene: its own notes at their own times, octaves apart."""
    seat, options = scene.seat, scene.seat.options
    notes = line(scene.sheet, seat.low, seat.high, scene.tempo)
    if options.get("when", "always") == "loud":
        notes = tuple(note for note in notes if scene.energy(note.onset) >= _LOUD)
    if is_monophonic(seat.program):
        notes = breathing(notes, scene.sheet)
        return Played(tuple(melody_tone(note) for note in notes))
    tones: list[Tone] = []
    for note in notes:
        tones += _with_harmony(scene, note)
    return Played(without_restrikes(played_by_one(tones), fastest_repeat(scene.tempo)))


def melody_tone(note: LineNote) -> Tone:
    """Return a note of the melody as a tone, an anchor if it is structural."""
    return Tone(note.onset, note.duration, note.pitch, note.velocity, note.weight >= ANCHOR_WEIGHT)


def line(
    sheet: LeadSheet, low: int, high: int, tempo: float, center: float | None = None
) -> tuple[LineNote, ...]:
    """Return a sheet's melody in a range: one note at a time, no repeat faster than a hand can.

    Parameters
    ----------
    sheet : LeadSheet
        Whose melody is meant.
    low, high : int
        MIDI numbers.
    tempo : float
        Beats a minute.
    center : float, optional
        Where the line is best.
    """
    inside = [note for note in sheet.melody if note.offset > 0 and note.duration > 0]
    cut = [
        replace(note, duration=min(note.duration, after.onset - note.onset))
        for note, after in pairwise(inside)
        if after.onset > note.onset + _TIED
    ]
    fastest = fastest_repeat(tempo)
    kept: list[LineNote] = []
    for note in [*cut, *inside[-1:]]:
        if kept and note.pitch == kept[-1].pitch and note.onset - kept[-1].onset < fastest:
            kept[-1] = replace(kept[-1], duration=note.offset - kept[-1].onset)
        else:
            kept.append(note)
    return into_range(kept, sheet, low, high, center)


def breathing(notes: Sequence[LineNote], sheet: LeadSheet) -> tuple[LineNote, ...]:
    """Return a line with a breath at the end of each phrase, and before long rests none."""
    done = []
    for note, after in zip_longest(notes, notes[1:]):
        if after is None:
            done.append(note)
            continue
        ends = sheet.phrase_at(note.onset) != sheet.phrase_at(after.onset)
        longest = after.onset - note.onset - (_BREATH if ends else 0.0)
        done.append(replace(note, duration=min(note.duration, max(longest, note.duration / 2))))
    return tuple(done)


def _with_harmony(scene: Scene, note: LineNote) -> list[Tone]:
    """Return a note and what is played under it."""
    options, tone = scene.seat.options, melody_tone(note)
    kind = str(options.get("harmony", "none"))
    if scene.energy(note.onset) < float(options.get("harmony_from", 0.55)):
        kind = "none"
    if note.duration < 0.5 and kind in ("drop2", "block", "shell"):
        kind = "none"
    chord, end = chord_under(scene.sheet, note)
    pitches = under(
        note.pitch,
        chord,
        scene.sheet.key_at(note.onset),
        kind,
        low=scene.seat.low,
        rich=is_rich(scene),
    )
    length = end - tone.onset
    below = [Tone(tone.onset, length, pitch, tone.velocity * 0.85) for pitch in pitches]
    doubled = note.pitch + int(options.get("doubling", 0))
    if doubled != note.pitch and scene.seat.low <= doubled <= scene.seat.high:
        below.append(Tone(tone.onset, tone.duration, doubled, tone.velocity * 0.8))
    return [*below, tone]
