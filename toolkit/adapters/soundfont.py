"""Play notes with a SoundFont, through TinySoundFont."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from toolkit import chunks
from toolkit.errors import ToolkitError
from toolkit.values import DRUMS, Audio, Note, Notes, Samples

_DRUM_CHANNEL = 9
_NUM_CHANNELS = 16
_FADE_SECONDS = 0.25
_BLOCK = 2**18


def general_midi() -> Path:
    """Return the small General MIDI SoundFont that comes with the `pretty_midi` package.

    Raises
    ------
    ToolkitError
        If the package is not installed.
    """
    try:
        import pretty_midi
    except ImportError as error:
        raise _missing("pretty_midi") from error
    return Path(pretty_midi.__file__).with_name("TimGM6mb.sf2")


def play(
    notes: Notes,
    *,
    sample_rate: int = 44100,
    soundfont: Path | None = None,
    tail: float = 1.0,
    sustain: tuple[tuple[float, float], ...] = (),
    kit: int = 0,
) -> Audio:
    """Render notes as stereo audio.

    Parameters
    ----------
    notes : Notes
        Each note's ``program`` is its General MIDI program 0..127, or `DRUMS`.
    sample_rate : int
        In Hz.
    soundfont : Path, optional
        An SF2 or SF3 file; `general_midi` by default.
    tail : float
        Seconds that are rendered after the last note's end.
    sustain : tuple[tuple[float, float], ...]
        Spans (down, up) in seconds during which the sustain pedal is held.
    kit : int
        Which drum kit plays `DRUMS`, by its program number in the SoundFont's percussion bank; the
        standard one where it has none of that number.

    Returns
    -------
    Audio
        Stereo, ``notes.duration + tail`` seconds long; not limited to full scale.

    Raises
    ------
    ToolkitError
        If `tinysoundfont` is not installed.
    ValueError
        If the notes need more than 15 different programs.
    """
    return Player(soundfont or general_midi(), sample_rate).play(
        notes, tail=tail, sustain=sustain, kit=kit
    )


class Player:
    """Keep a SoundFont loaded, which for a compressed one takes longer than playing a song.

    Parameters
    ----------
    soundfont : Path
        An SF2 or SF3 file.
    sample_rate : int
        In Hz.

    Raises
    ------
    ToolkitError
        If `tinysoundfont` is not installed.
    """

    def __init__(self, soundfont: Path, sample_rate: int) -> None:
        try:
            import tinysoundfont
        except ImportError as error:
            raise _missing("tinysoundfont") from error
        self.sample_rate = sample_rate
        self._synth = tinysoundfont.Synth(samplerate=sample_rate)
        self._font = self._synth.sfload(str(soundfont))

    def play(
        self,
        notes: Notes,
        *,
        tail: float = 1.0,
        sustain: tuple[tuple[float, float], ...] = (),
        kit: int = 0,
    ) -> Audio:
        """Render notes as `toolkit.adapters.soundfont.play` does."""
        samples = np.zeros((2, round((notes.duration + tail) * self.sample_rate)), np.float32)
        self.play_into(samples, notes, sustain=sustain, kit=kit)
        return Audio(samples, self.sample_rate)

    def play_into(
        self,
        out: Samples,
        notes: Notes,
        *,
        sustain: tuple[tuple[float, float], ...] = (),
        kit: int = 0,
    ) -> None:
        """Render notes into an array of shape (2, any), which may be a memory map."""
        _play(self._synth, self._font, self.sample_rate, notes, out, sustain, kit)


def _play(
    synth: Any,
    font: int,
    sample_rate: int,
    notes: Notes,
    out: Samples,
    sustain: tuple[tuple[float, float], ...],
    kit: int,
) -> None:
    # What an earlier song left sounding ends, as does its pedal, before this one begins.
    for channel in range(_NUM_CHANNELS):
        synth.control_change(channel, 64, 0)
        synth.sounds_off(channel)
    synth.generate_simple(round(_FADE_SECONDS * sample_rate))
    channels = _channels(notes)
    for program, channel in channels.items():
        drums = program == DRUMS
        number = (kit if synth.sfpreset_name(font, DRUMS, kit) else 0) if drums else program
        synth.program_select(channel, font, DRUMS if drums else 0, number, drums)
    events = _events(notes, channels, sustain)
    released = 0
    for first, last, calls in _spans(events, sample_rate, out.shape[1]):
        for name, *arguments in calls:
            getattr(synth, name)(*arguments)
        for at in range(first, last, _BLOCK):
            until = min(at + _BLOCK, last)
            block = synth.generate_simple(until - at)
            out[:, at:until] = np.frombuffer(block, np.float32).reshape(-1, 2).T
        if last - released >= _BLOCK:
            chunks.release(out)
            released = last


def _channels(notes: Notes) -> dict[int, int]:
    """Give each program a MIDI channel; the tenth belongs to the drums."""
    melodic = sorted({note.program for note in notes if note.program != DRUMS})
    free = [channel for channel in range(_NUM_CHANNELS) if channel != _DRUM_CHANNEL]
    if len(melodic) > len(free):
        raise ValueError(f"{len(melodic)} programs are more than a synthesizer's {len(free)}")
    return dict(zip(melodic, free, strict=False)) | {DRUMS: _DRUM_CHANNEL}


def _events(
    notes: Notes, channels: dict[int, int], sustain: tuple[tuple[float, float], ...]
) -> list[tuple[float, int, tuple[Any, ...]]]:
    """Return (time, order, call) sorted; notes end before others begin, pedal moves in between."""
    events: list[tuple[float, int, tuple[Any, ...]]] = []
    for note in notes:
        channel = channels[note.program]
        events.append((note.onset, 2, ("noteon", channel, note.pitch, _velocity(note))))
        events.append((note.offset, 0, ("noteoff", channel, note.pitch)))
    for down, up in sustain:
        for channel in channels.values():
            events.append((down, 1, ("control_change", channel, 64, 127)))
            events.append((up, 1, ("control_change", channel, 64, 0)))
    return sorted(events, key=lambda event: event[:2])


def _velocity(note: Note) -> int:
    return max(1, round(note.velocity * 127))


def _spans(
    events: list[tuple[float, int, tuple[Any, ...]]], sample_rate: int, num_samples: int
) -> Iterator[tuple[int, int, list[tuple[Any, ...]]]]:
    """Yield (first sample, end, calls before it), covering the whole length."""
    at, calls = 0, list[tuple[Any, ...]]()
    for time, _, call in events:
        position = min(round(time * sample_rate), num_samples)
        if position > at:
            yield at, position, calls
            at, calls = position, []
        calls.append(call)
    yield at, num_samples, calls


def _missing(package: str) -> ToolkitError:
    return ToolkitError(f"{package} is not installed", "install it with: uv sync")
