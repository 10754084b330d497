"""Read the songs of OpenMSX, a GPL-2 set of game music that Debian packages as MIDI files.

They are compositions for several instruments that nobody's training has rendered, and are used for
measuring only. Nothing of them is stored here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.adapters import debian
from toolkit.errors import UsageError
from toolkit.values import DRUMS, Note, Notes

PACKAGE = "openttd-openmsx"

_DRUM_CHANNEL = 9
_VOLUME, _EXPRESSION = 7, 11
_DEFAULT_VOLUME = 100
_SHORTEST = 0.02


@dataclass
class _Channel:
    """Hold what a channel is set to, and the (onset, velocity, volume) of keys that are down."""

    program: int
    volume: int = _DEFAULT_VOLUME
    expression: int = 127
    down: dict[int, list[tuple[float, float, float]]] = field(default_factory=dict)

    @property
    def gain(self) -> float:
        """Return the channel's amplitude: General MIDI has it rise with the square of both."""
        return (self.volume / 127) ** 2 * (self.expression / 127) ** 2


def songs() -> tuple[str, ...]:
    """Return the names of all songs, sorted.

    Raises
    ------
    ToolkitError
        If the package cannot be had.
    """
    return tuple(sorted(path.stem for path in _files()))


def read(name: str) -> Notes:
    """Return a song's notes, with the volume of their channel in their velocity.

    Synthesizers sound a note with an amplitude in proportion to its velocity. So each velocity is
    multiplied by the channel's gain when the note begins, relative to the largest gain in the
    song. Later changes of volume, bends and pedals are left out.

    Parameters
    ----------
    name : str
        One of `songs`.

    Raises
    ------
    UsageError
        If there is no song of that name.
    """
    import mido

    for path in _files():
        if path.stem == name:
            return notes_of(mido.MidiFile(path, clip=True))
    raise UsageError(f"OpenMSX has no song {name!r}", f"it has: {', '.join(songs())}")


def notes_of(messages: Iterable[Any]) -> Notes:
    """Return the notes of mido's messages, whose times are seconds since the one before."""
    channels = {number: _Channel(DRUMS if number == _DRUM_CHANNEL else 0) for number in range(16)}
    found: list[tuple[Note, float]] = []
    now = 0.0
    for message in messages:
        now += message.time
        if message.type == "program_change" and message.channel != _DRUM_CHANNEL:
            channels[message.channel].program = message.program
        elif message.type == "control_change":
            _set(channels[message.channel], message.control, message.value)
        elif message.type == "note_on" and message.velocity:
            channel = channels[message.channel]
            begun = now, message.velocity / 127, channel.gain
            channel.down.setdefault(message.note, []).append(begun)
        elif message.type in ("note_on", "note_off"):
            found += _ended(channels[message.channel], message.note, now)
    loudest = max((gain for _, gain in found), default=1.0)
    return Notes(tuple(_scaled(note, gain / loudest) for note, gain in found if gain))


def _set(channel: _Channel, control: int, value: int) -> None:
    if control == _VOLUME:
        channel.volume = value
    elif control == _EXPRESSION:
        channel.expression = value


def _ended(channel: _Channel, pitch: int, now: float) -> list[tuple[Note, float]]:
    """Return the note that a key's release ends, the first of that pitch, with its gain."""
    begun = channel.down.get(pitch)
    if not begun:
        return []
    onset, velocity, gain = begun.pop(0)
    end = max(now, onset + _SHORTEST)
    return [(Note(onset, end, pitch, velocity, channel.program), gain)]


def _scaled(note: Note, gain: float) -> Note:
    return Note(note.onset, note.offset, note.pitch, note.velocity * gain, note.program)


def _files() -> list[Path]:
    return sorted(debian.fetch(PACKAGE).rglob("*.mid"))
