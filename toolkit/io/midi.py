"""Read and write Standard MIDI Files.

**Written** is a type 1 file: a conductor track with tempo map, meters, keys and chords (as
markers), then a track for each program, or for each part, with its name. Drums are on channel 10.
The 15 other channels of a port serve 15 of them; the sixteenth begins a second port, announced by a
``midi_port`` event, on which the channels are used again. With pitch bends each of several notes
that sound together needs a channel of its own, so a program becomes a track for each voice.

At one tick the pedal moves first (up before down), then notes end, then bends, then notes begin: a
note that ends as the pedal goes down is held, as on a piano.

**Read** is any file of type 0 or 1, whatever tracks and channels it uses. Notes that begin again
before they ended are paired in order.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.io.atomic import replacing
from toolkit.io.midi_lanes import Lane, lanes
from toolkit.io.midi_reader import collect
from toolkit.io.pitch_names import MINOR_TONICS, PITCH_CLASSES, pitch_class
from toolkit.io.timeline import Timeline, follow
from toolkit.values import DRUMS, Notes

RESOLUTION = 960
"""Ticks a quarter note: half a tick is 0.26 ms at 120 quarters a minute."""

_HINT = "give a Standard MIDI File of type 0 or 1"
_BEND_RANGE = 12


def write(
    path: Path,
    notes: Notes,
    *,
    parts: Mapping[str, Notes] | None = None,
    bends: bool = False,
    force: bool = False,
) -> str:
    """Write notes as a MIDI file and return its sha256.

    Parameters
    ----------
    path : Path
        Appears whole or not at all.
    notes : Notes
        May be empty.
    parts : Mapping[str, Notes], optional
        The same notes by who plays them, for a track each; else each program has one.
    bends : bool
        Whether to write the notes' bends, as pitch wheel over ±12 semitones.
    force : bool
        Whether to replace an existing file.

    Raises
    ------
    UsageError, ResourceError
        As `toolkit.io.atomic.replacing`.
    """
    data = encode(notes, parts=parts, bends=bends)
    with replacing(path, force=force) as sink:
        sink.write(data)
    return sink.sha256


def read(path: Path) -> Notes:
    """Return the notes of a MIDI file.

    Raises
    ------
    InputError
        If it cannot be opened, is no MIDI file, or is broken.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", "check the name") from error
    try:
        return decode(data)
    except InputError as error:
        raise InputError(f"{path.name}: {error.message}", error.hint, code=error.code) from error


def is_midi(path: Path) -> bool:
    """Return whether a file begins as a Standard MIDI File does."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"MThd"


def decode(data: bytes) -> Notes:
    """Return the notes in the bytes of a MIDI file.

    Raises
    ------
    InputError
        If they are none, or broken.
    """
    import mido

    if data[:4] != b"MThd":
        raise InputError("this is no MIDI file", _HINT, code="E_FORMAT")
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except (EOFError, OSError, ValueError, IndexError, KeyError, TypeError) as error:
        raise InputError(f"broken MIDI file: {_reason(error)}", _HINT, code="E_DAMAGED") from error
    except mido.KeySignatureError as error:
        raise InputError(f"broken MIDI file: {error}", _HINT, code="E_DAMAGED") from error
    if file.type not in (0, 1) or file.ticks_per_beat == 0:
        raise InputError(
            f"MIDI file of type {file.type}, {file.ticks_per_beat} ticks a quarter note",
            _HINT,
            code="E_FORMAT",
        )
    return collect(file)


def _reason(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "it ends too early"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def encode(notes: Notes, *, parts: Mapping[str, Notes] | None = None, bends: bool = False) -> bytes:
    """Return the bytes of a MIDI file with these notes.

    A note lasts a tick at least; one that still sounds when the same pitch of the same track
    begins again ends there, since MIDI cannot say which of the two ends first.
    """
    import mido

    line = follow(notes, RESOLUTION)
    file = mido.MidiFile(type=1, ticks_per_beat=RESOLUTION)
    file.tracks.append(_track(_conduct(notes, line)))
    for lane in lanes(notes, line, bends=bends, parts=parts):
        file.tracks.append(_track(_play(lane, line, bends=bends)))
    sink = io.BytesIO()
    file.save(file=sink)
    return sink.getvalue()


def _conduct(notes: Notes, line: Timeline) -> list[tuple[int, int, Any]]:
    from mido import MetaMessage

    events: list[tuple[int, int, Any]] = [(0, 0, MetaMessage("track_name", name="Conductor"))]
    for _, tick, microseconds in line.segments:
        events.append((tick, 1, MetaMessage("set_tempo", tempo=microseconds)))
    for time, numerator, denominator in notes.meters:
        message = MetaMessage("time_signature", numerator=numerator, denominator=denominator)
        events.append((line.tick(time), 2, message))
    for time, name in notes.keys:
        events.append((line.tick(time), 3, MetaMessage("key_signature", key=_key(name))))
    for time, symbol in notes.chords:
        text = symbol.encode("latin-1", "replace").decode("latin-1")
        events.append((line.tick(time), 4, MetaMessage("marker", text=text)))
    return events


def _play(lane: Lane, line: Timeline, *, bends: bool) -> list[tuple[int, int, Any]]:
    from mido import Message, MetaMessage

    channel = lane.channel
    events: list[tuple[int, int, Any]] = [(0, 0, MetaMessage("track_name", name=lane.name))]
    if lane.port:
        events.append((0, 0, MetaMessage("midi_port", port=lane.port)))
    if lane.program != DRUMS:
        events.append((0, 0, Message("program_change", channel=channel, program=lane.program)))
    for down, up in lane.pedal:
        for tick, value in ((down, 127), (up, 0)):
            message = Message("control_change", channel=channel, control=64, value=value)
            # Up sorts before down: of two spans that meet, the first ends first.
            events.append((tick, 1 + (value > 0), message))
    if bends and lane.has_bends:
        events += _bend_range(channel)
    for on, off, note in lane.notes:
        velocity = min(max(round(note.velocity * 127), 1), 127)
        begin = Message("note_on", channel=channel, note=note.pitch, velocity=velocity)
        events.append((on, 5, begin))
        events.append((off, 3, Message("note_off", channel=channel, note=note.pitch)))
        if bends and lane.has_bends:
            # The wheel stays where it was left, so every note says where it wants it.
            for time, semitones in note.bends or ((note.onset, 0.0),):
                tick = min(max(line.tick(time), on), off)
                value = min(max(round(semitones / _BEND_RANGE * 8192), -8192), 8191)
                events.append((tick, 4, Message("pitchwheel", channel=channel, pitch=value)))
    return events


def _bend_range(channel: int) -> list[tuple[int, int, Any]]:
    """Return the registered parameter 0 (MIDI 1.0, 1983): how far the wheel bends."""
    from mido import Message

    pairs = ((101, 0), (100, 0), (6, _BEND_RANGE), (38, 0))
    return [
        (0, 0, Message("control_change", channel=channel, control=control, value=value))
        for control, value in pairs
    ]


def _track(events: list[tuple[int, int, Any]]) -> Any:
    import mido

    track, former = mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - former))
        former = tick
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track


def _key(name: str) -> str:
    """Return a key such as ``F# minor`` as the library wants it, spelled with few accidentals."""
    tonic, _, mode = name.partition(" ")
    pitch = pitch_class(tonic[0].upper() + tonic[1:])
    return MINOR_TONICS[pitch] + "m" if mode.startswith("min") else PITCH_CLASSES[pitch]
