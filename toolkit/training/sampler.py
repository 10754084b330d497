"""Play notes with single tones, recorded or computed: more instruments than SoundFonts have.

An instrument is any function from a note to the tone that comes nearest to it. The tone is read
faster or slower until it has the note's pitch, round its loop while the note is held, and dies away
once it is released.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from toolkit.dsp import resample
from toolkit.values import Note

SAMPLE_RATE = 22050

# MIDI leaves open what a velocity is worth: between its square, as in SoundFonts, and a line.
_VELOCITY_EXPONENT = 1.6
_LONGEST_RELEASE = 4.0
_ANTI_CLICK_SECONDS = 0.002

Mono = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Tone:
    """Hold one tone at 22.05 kHz.

    Parameters
    ----------
    samples : np.ndarray, shape (n,), float32
        From its attack.
    pitch : float, optional
        MIDI number of its pitch, with a fraction where it is out of tune; None for a drum, which is
        never transposed and rings on whatever its note's end is.
    loop : tuple[float, float], optional
        Samples (first, end) that repeat for as long as the note is held.
    decibels : tuple[tuple[float, float], ...]
        (seconds held, level in dB), ascending: an envelope on top of the tone's own.
    release : float
        Seconds in which a released tone falls by 60 dB, > 0.
    """

    samples: Mono
    pitch: float | None = None
    loop: tuple[float, float] | None = None
    decibels: tuple[tuple[float, float], ...] = ()
    release: float = 0.3


Instrument = Callable[[Note], Tone | None]
"""Gives a note's tone, or None where the instrument has none for it."""


def play(notes: Iterable[Note], instrument: Instrument, num_samples: int) -> Mono:
    """Return some notes as an instrument plays them, of any peak.

    Parameters
    ----------
    notes : iterable of Note
        What begins after the end is not heard.
    instrument : callable
        See `Instrument`.
    num_samples : int
        At 22.05 kHz.
    """
    out = np.zeros(num_samples, np.float32)
    for note in notes:
        first = round(note.onset * SAMPLE_RATE)
        tone = instrument(note)
        if tone is None or first >= num_samples:
            continue
        sound = sounding(tone, note.pitch, note.offset - note.onset)[: num_samples - first]
        out[first : first + len(sound)] += sound * np.float32(note.velocity**_VELOCITY_EXPONENT)
    return out


def sounding(tone: Tone, pitch: int, held: float) -> Mono:
    """Return a tone at a MIDI pitch, its key released after some seconds."""
    if tone.pitch is None:
        return tone.samples
    ratio = 2 ** ((pitch - tone.pitch) / 12)
    length = round((held + min(tone.release, _LONGEST_RELEASE)) * SAMPLE_RATE)
    position = np.arange(length) * ratio
    if tone.loop is not None:
        first, end = tone.loop
        beyond = position >= end
        position[beyond] = first + (position[beyond] - first) % (end - first)
    position = position[position < len(tone.samples) - 1]
    sound = np.interp(position, np.arange(len(tone.samples)), tone.samples)
    time = np.arange(len(sound)) / SAMPLE_RATE
    level_db = -60 / tone.release * np.maximum(time - held, 0)
    if tone.decibels:
        at, levels = zip(*tone.decibels, strict=True)
        level_db += np.interp(time, at, levels)
    sound *= 10 ** (level_db / 20)
    fade = min(round(_ANTI_CLICK_SECONDS * SAMPLE_RATE), len(sound))
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade)
    return np.asarray(sound, np.float32)


def load(path: Path, *, longest: float = 6.0) -> Mono:
    """Return the beginning of a recorded tone as mono at 22.05 kHz, its peak 1 unless silent.

    Parameters
    ----------
    path : Path
        Any format that `soundfile` reads.
    longest : float
        Seconds.
    """
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples[: round(longest * rate)].T.mean(axis=0, keepdims=True, dtype=np.float32)
    if rate != SAMPLE_RATE:
        mono = resample.resample(mono, rate, SAMPLE_RATE)
    return np.asarray(mono[0] / max(float(np.abs(mono).max(initial=0.0)), 1e-4), np.float32)


def nearest(tones: dict[int, Tone], pitch: int) -> Tone:
    """Return the tone of a sampled instrument that has to be moved the least."""
    return tones[min(tones, key=lambda root: abs(root - pitch))]
