"""Read notes of MIDI messages as a synthesizer would hear them, channel by channel.

`toolkit.io.midi` reads files for editing: in ticks, with pedals and bends. Songs that are only to
be rendered or compared are read here in seconds, with the volume that their channels are set to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from toolkit.values import DRUMS, Note

_DRUM_CHANNEL = 9
_VOLUME, _EXPRESSION = 7, 11
_DEFAULT_VOLUME = 100
_SHORTEST = 0.02


@dataclass
class _Channel:
    """Hold what a channel is set to, and the (onset, velocity, gain) of keys that are down."""

    program: int
    volume: int = _DEFAULT_VOLUME
    expression: int = 127
    down: dict[int, list[tuple[float, float, float]]] = field(default_factory=dict)

    @property
    def gain(self) -> float:
        """Return the channel's amplitude: General MIDI has it rise with the square of both."""
        return (self.volume / 127) ** 2 * (self.expression / 127) ** 2

    def set(self, control: int, value: int) -> None:
        if control == _VOLUME:
            self.volume = value
        elif control == _EXPRESSION:
            self.expression = value

    def ended(self, pitch: int, now: float) -> list[tuple[Note, float]]:
        """Return the note that a key's release ends, the first of that pitch, with its gain."""
        begun = self.down.get(pitch)
        if not begun:
            return []
        onset, velocity, gain = begun.pop(0)
        return [(Note(onset, max(now, onset + _SHORTEST), pitch, velocity, self.program), gain)]


def notes_and_gains(messages: Iterable[Any]) -> list[tuple[Note, float]]:
    """Return notes in the order in which they end, each with the gain of its channel as it began.

    Parameters
    ----------
    messages : iterable
        Of mido, whose times are seconds since the one before, such as an opened `mido.MidiFile`.
        Percussion is on channel 10. What has no end is no note; bends and pedals are left out.

    Returns
    -------
    list[tuple[Note, float]]
        A gain is an amplitude 0..1.
    """
    channels = {number: _Channel(DRUMS if number == _DRUM_CHANNEL else 0) for number in range(16)}
    found: list[tuple[Note, float]] = []
    now = 0.0
    for message in messages:
        now += message.time
        if message.type == "program_change" and message.channel != _DRUM_CHANNEL:
            channels[message.channel].program = message.program
        elif message.type == "control_change":
            channels[message.channel].set(message.control, message.value)
        elif message.type == "note_on" and message.velocity:
            channel = channels[message.channel]
            begun = now, message.velocity / 127, channel.gain
            channel.down.setdefault(message.note, []).append(begun)
        elif message.type in ("note_on", "note_off"):
            found += channels[message.channel].ended(message.note, now)
    return found
