"""Spread notes over MIDI channels: a lane is what one track plays on one channel of one port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from toolkit.io.instruments import instrument_name
from toolkit.io.timeline import Timeline
from toolkit.values import DRUMS, Note, Notes

_DRUM_CHANNEL = 9
_CHANNELS = tuple(channel for channel in range(16) if channel != _DRUM_CHANNEL)
_PIANOS = range(8)

Timed = tuple[int, int, Note]
"""First tick, last tick, note."""


@dataclass(frozen=True)
class Lane:
    """Hold what one track plays.

    Parameters
    ----------
    name : str
        Of the track.
    program, port, channel : int
        Where it is played; the channel is 0..15.
    notes : tuple[Timed, ...]
        In order; no two of one pitch overlap.
    pedal : tuple[tuple[int, int], ...]
        Ticks (down, up), ascending, apart or touching.
    """

    name: str
    program: int
    port: int
    channel: int
    notes: tuple[Timed, ...]
    pedal: tuple[tuple[int, int], ...] = ()

    @property
    def has_bends(self) -> bool:
        """Return whether any of the notes is bent."""
        return any(note.bends for _, _, note in self.notes)


@dataclass(frozen=True)
class _Player:
    """Hold what one instrument plays before it is spread over channels."""

    name: str
    program: int
    notes: list[Note]
    pedal: tuple[tuple[float, float], ...]


def lanes(
    notes: Notes, line: Timeline, *, bends: bool, parts: Mapping[str, Notes] | None = None
) -> list[Lane]:
    """Return the lanes of a performance.

    Parameters
    ----------
    parts : Mapping[str, Notes], optional
        The same notes by who plays them, each of which gets a lane of its own, in order. Else each
        program does: melodic ones in order, drums last.
    """
    found: list[Lane] = []
    for player in _by_program(notes) if parts is None else _by_part(parts):
        timed = _apart(player.notes, line)
        is_drums = player.program == DRUMS
        split = bends and not is_drums and any(note.bends for note in player.notes)
        held = _joined(player.pedal, line)
        for voice, own in enumerate(_voices(timed) if split else [timed]):
            name = player.name + (f" {voice + 1}" if voice else "")
            number = sum(lane.program != DRUMS for lane in found)
            port, place = divmod(number, len(_CHANNELS))
            where = (0, _DRUM_CHANNEL) if is_drums else (port, _CHANNELS[place])
            found.append(Lane(name, player.program, *where, tuple(own), held))
    return found


def _by_program(notes: Notes) -> list[_Player]:
    """Return a player for each program.

    The pedal goes to the pianos, or to all melodic ones where there is no piano.
    """
    found: dict[int, list[Note]] = defaultdict(list)
    for note in notes:
        found[note.program].append(note)
    if notes.pedal and not set(found) - {DRUMS}:
        found[0] = []
    has_piano = any(program in _PIANOS for program in found)
    players = []
    for program in sorted(found):
        is_held = program in _PIANOS or not (has_piano or program == DRUMS)
        pedal = notes.pedal if is_held else ()
        players.append(_Player(instrument_name(program), program, found[program], pedal))
    return players


def _by_part(parts: Mapping[str, Notes]) -> list[_Player]:
    """Return a player for each part, and for each program of one that changes instruments."""
    players = []
    for name, own in parts.items():
        programs = sorted({note.program for note in own})
        for program in programs:
            called = name if len(programs) == 1 else f"{name}, {instrument_name(program)}"
            notes = [note for note in own if note.program == program]
            players.append(_Player(called, program, notes, () if program == DRUMS else own.pedal))
    return players


def _apart(notes: list[Note], line: Timeline) -> list[Timed]:
    """Return notes with their ticks, each ending at the latest where its pitch begins again."""
    ends: dict[int, int] = {}
    timed: list[Timed] = []
    for note in sorted(notes, key=lambda each: (each.onset, each.offset), reverse=True):
        on = line.tick(note.onset)
        off = max(line.tick(note.offset), on + 1)
        follower = ends.get(note.pitch)
        if follower == on:
            continue
        timed.append((on, off if follower is None else min(off, follower), note))
        ends[note.pitch] = on
    return timed[::-1]


def _voices(timed: list[Timed]) -> list[list[Timed]]:
    """Return the notes in as few groups as possible in each of which no two sound together."""
    voices: list[list[Timed]] = []
    for each in timed:
        free = next((voice for voice in voices if voice[-1][1] <= each[0]), None)
        if free is None:
            voices.append([each])
        else:
            free.append(each)
    return voices


def _joined(spans: tuple[tuple[float, float], ...], line: Timeline) -> tuple[tuple[int, int], ...]:
    """Return the pedal's spans in ticks, those that overlap made one, empty ones left out."""
    joined: list[tuple[int, int]] = []
    for down, up in sorted((line.tick(down), line.tick(up)) for down, up in spans):
        if joined and down < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(up, joined[-1][1]))
        elif up > down:
            joined.append((down, up))
    return tuple(joined)
