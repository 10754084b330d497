"""Collect notes from the events of a MIDI file, whatever tracks, channels and ports they use."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from toolkit.io.timeline import Timeline, count
from toolkit.values import DRUMS, Note, Notes

_DRUM_CHANNEL = 9
_PEDAL, _DATA, _RPN_HIGH, _RPN_LOW = 64, 6, 101, 100


@dataclass
class _Open:
    tick: int
    velocity: int
    program: int
    bends: list[tuple[int, float]] = field(default_factory=list)


@dataclass
class _Channel:
    """What a channel of a port remembers between events."""

    program: int = 0
    wheel: int = 0
    bend_range: float = 2.0
    parameter: list[int] = field(default_factory=lambda: [127, 127])
    pedal_down: int | None = None
    sounding: dict[int, deque[_Open]] = field(default_factory=lambda: defaultdict(deque))

    @property
    def bend(self) -> float:
        """Return the wheel's position in semitones."""
        return self.wheel / 8192 * self.bend_range


class _Collector:
    def __init__(self, line: Timeline) -> None:
        self._line = line
        self._channels: dict[tuple[int, int], _Channel] = defaultdict(_Channel)
        self.notes: list[Note] = []
        self.pedal: list[tuple[int, int]] = []

    def take(self, tick: int, port: int, message: Any) -> None:
        """Take the next event in order of time."""
        own = self._channels[port, message.channel]
        if message.type == "note_on" and message.velocity > 0:
            self._begin(tick, message, own)
        elif message.type in ("note_on", "note_off"):
            queue = own.sounding[message.note]
            if queue:
                self._end(tick, message.note, queue.popleft())
        elif message.type == "program_change":
            own.program = message.program
        elif message.type == "pitchwheel":
            own.wheel = message.pitch
            for queue in own.sounding.values():
                for each in queue:
                    each.bends.append((tick, own.bend))
        elif message.type == "control_change":
            self._control(tick, message.control, message.value, own)

    def finish(self, tick: int) -> None:
        """End what still sounds at the end of the file."""
        for own in self._channels.values():
            self._control(tick, _PEDAL, 0, own)
            for pitch, queue in own.sounding.items():
                for each in queue:
                    self._end(tick, pitch, each)

    def _begin(self, tick: int, message: Any, own: _Channel) -> None:
        program = DRUMS if message.channel == _DRUM_CHANNEL else own.program
        opened = _Open(tick, message.velocity, program)
        if own.wheel:
            opened.bends.append((tick, own.bend))
        own.sounding[message.note].append(opened)

    def _end(self, tick: int, pitch: int, opened: _Open) -> None:
        begin, end = self._line.time(opened.tick), self._line.time(tick)
        bends = tuple((self._line.time(at), value) for at, value in opened.bends)
        if all(value == 0 for _, value in bends):
            bends = ()
        self.notes.append(Note(begin, end, pitch, opened.velocity / 127, opened.program, bends))

    def _control(self, tick: int, control: int, value: int, own: _Channel) -> None:
        if control == _PEDAL:
            if value >= 64 and own.pedal_down is None:
                own.pedal_down = tick
            elif value < 64 and own.pedal_down is not None:
                self.pedal.append((own.pedal_down, tick))
                own.pedal_down = None
        elif control in (_RPN_HIGH, _RPN_LOW):
            own.parameter[control == _RPN_LOW] = value
        elif control == _DATA and own.parameter == [0, 0]:
            own.bend_range = float(value)


def collect(file: Any) -> Notes:
    """Return the notes of a parsed file (`mido.MidiFile`) of type 0 or 1.

    The pedals of all channels are taken for one. A file that counts ticks in film frames (SMPTE)
    has no tempo map; any other has one, of 120 quarters a minute if it says none.
    """
    events = _events(file)
    is_film = file.ticks_per_beat < 0
    if is_film:
        rate, ticks = -(file.ticks_per_beat >> 8), max(file.ticks_per_beat & 0xFF, 1)
        line = Timeline(rate * ticks, ((0.0, 0, 1_000_000),))
    else:
        tempos = ((at, each.tempo) for at, _, each in events if each.type == "set_tempo")
        line = count(tempos, file.ticks_per_beat)
    collector = _Collector(line)
    for tick, port, message in events:
        if not message.is_meta and hasattr(message, "channel"):
            collector.take(tick, port, message)
    collector.finish(events[-1][0] if events else 0)
    return Notes(
        tuple(collector.notes),
        tempo_map=() if is_film else tuple((at, 60e6 / tempo) for at, _, tempo in line.segments),
        meters=tuple(
            (line.time(tick), each.numerator, each.denominator)
            for tick, _, each in events
            if each.type == "time_signature"
        ),
        keys=tuple(
            (line.time(tick), _key(each.key))
            for tick, _, each in events
            if each.type == "key_signature"
        ),
        pedal=_united(collector.pedal, line),
    )


def _events(file: Any) -> list[tuple[int, int, Any]]:
    """Return (tick, port, message) of all tracks in order of time, then of track."""
    events: list[tuple[int, int, Any]] = []
    for track in file.tracks:
        tick, port = 0, 0
        for message in track:
            tick += message.time
            if message.type == "midi_port":
                port = message.port
            events.append((tick, port, message))
    return sorted(events, key=lambda event: event[0])


def _united(spans: list[tuple[int, int]], line: Timeline) -> tuple[tuple[float, float], ...]:
    united: list[tuple[int, int]] = []
    for down, up in sorted(spans):
        if united and down < united[-1][1]:
            united[-1] = (united[-1][0], max(up, united[-1][1]))
        else:
            united.append((down, up))
    return tuple((line.time(down), line.time(up)) for down, up in united)


def _key(name: str) -> str:
    return f"{name[:-1]} minor" if name.endswith("m") else f"{name} major"
