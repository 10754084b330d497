"""Clean up heard notes: what a transcriber writes that no player played.

``clean`` takes out notes too short to be played, makes one of two notes of a pitch that begin
within 30 ms of each other, and drops ghosts: a note an octave above another that begins with it,
ends no later and is half as sure is the other's overtone. (With a twelfth and two octaves, or with
notes a little surer, as many true notes as ghosts were dropped from rendered piano music.) Notes
that are all sure, as written ones are, keep their octaves.

``score`` goes on for the eye rather than the ear: notes of a chord begin together, and the little
rests between the notes of a line are closed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from toolkit.values import DRUMS, Note, Notes

PROFILES = ("raw", "clean", "score")

_SHORTEST = 0.03
_REPEATED = 0.03
_TOGETHER = 0.03
_OCTAVE = 12
_GHOST_SURENESS = 0.55
_CHORD_SPREAD = 0.035
_CLOSED_REST = 0.08


def clean_up(notes: Notes, profile: str) -> Notes:
    """Return the notes cleaned up by a profile of `PROFILES`; drums keep all of theirs.

    Raises
    ------
    ValueError
        If there is no such profile.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile={profile!r} is not one of {', '.join(PROFILES)}")
    if profile == "raw":
        return notes
    drums = [note for note in notes if note.program == DRUMS]
    pitched = [note for note in notes if note.program != DRUMS]
    pitched = _without_ghosts(_joined(pitched))
    pitched = [note for note in pitched if note.offset - note.onset >= _SHORTEST]
    if profile == "score":
        pitched = _closed(_together(pitched))
    return replace(notes, notes=tuple(pitched + drums))


def _joined(notes: Sequence[Note]) -> list[Note]:
    """Return the notes, those of one pitch that begin within 30 ms of each other made one."""
    last: dict[tuple[int, int], int] = {}
    joined: list[Note] = []
    for note in notes:
        place = last.get((note.program, note.pitch))
        if place is not None and note.onset - joined[place].onset < _REPEATED:
            former = joined[place]
            joined[place] = replace(
                former,
                offset=max(former.offset, note.offset),
                velocity=max(former.velocity, note.velocity),
            )
            continue
        last[note.program, note.pitch] = len(joined)
        joined.append(note)
    return joined


def _without_ghosts(notes: Sequence[Note]) -> list[Note]:
    onsets = [note.onset for note in notes]
    kept = []
    for note in notes:
        near = notes[
            bisect_left(onsets, note.onset - _TOGETHER) : bisect_right(
                onsets, note.onset + _TOGETHER
            )
        ]
        if not any(_is_overtone(note, below) for below in near):
            kept.append(note)
    return kept


def _is_overtone(note: Note, below: Note) -> bool:
    return (
        note.program == below.program
        and note.pitch - below.pitch == _OCTAVE
        and note.confidence < _GHOST_SURENESS * below.confidence
        and note.offset <= below.offset + _TOGETHER
    )


def _together(notes: Sequence[Note]) -> list[Note]:
    """Return the notes, those of one program that begin within 35 ms moved to the first's onset."""
    first: dict[int, float] = {}
    moved = []
    for note in sorted(notes, key=lambda each: each.onset):
        begin = first.get(note.program)
        if begin is None or note.onset - begin > _CHORD_SPREAD:
            begin = first[note.program] = note.onset
        moved.append(replace(note, onset=begin))
    return moved


def _closed(notes: Sequence[Note]) -> list[Note]:
    """Return the notes, each prolonged to the next onset of its program if that is very near."""
    onsets: dict[int, list[float]] = {}
    for note in notes:
        onsets.setdefault(note.program, []).append(note.onset)
    closed = []
    for note in notes:
        own = onsets[note.program]
        place = bisect_left(own, note.offset)
        gap = own[place] - note.offset if place < len(own) else 0.0
        closed.append(replace(note, offset=own[place]) if 0 < gap <= _CLOSED_REST else note)
    return closed
