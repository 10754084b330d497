"""A mixing desk: faders set by loudness, places in the stereo picture, one room, a ceiling.

Each strip is linear, and the last gain is the same for all, so that the strips' outputs add up to
the mix exactly. Faders: every part is brought to the same loudness (ITU-R BS.1770-4) and then to
its place relative to the others, which is what engineers agree on (B. De Man et al., "Ten years of
automatic mixing", 2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal

from toolkit import chunks
from toolkit.dsp import limiter, room
from toolkit.dsp.integrated_loudness import integrated_loudness
from toolkit.values import Samples

Scratch = Callable[[tuple[int, ...]], Samples]

CEILING_DB = -1.5
"""Of samples; leaves true peaks below -0.5 dB."""

_BLOCK = 2**16
_STRIP_LUFS = -23.0
_ATTEMPTS = 3
_DUCK_SECONDS = 0.22


@dataclass(frozen=True)
class Strip:
    """Hold the settings of one part.

    Parameters
    ----------
    level_db : float
        Loudness beside the other parts.
    pan : float
        -1 left .. 1 right.
    send : float
        Share of the room, 0..1: energy of the room beside that of the direct sound.
    low_cut_hz, high_cut_hz : float
        Where its band begins and ends; 0 for nowhere.
    ducked : bool
        Whether the bass drum presses it down.
    """

    level_db: float = 0.0
    pan: float = 0.0
    send: float = 0.1
    low_cut_hz: float = 0.0
    high_cut_hz: float = 0.0
    ducked: bool = False


@dataclass(frozen=True)
class Console:
    """Hold what is common to all strips.

    Parameters
    ----------
    room_seconds : float
        Reverberation time, 0 for no room.
    lufs : float
        Integrated loudness of the mix.
    duck_db : float
        How far ducked strips go down at each of `hits`.
    hits : tuple[float, ...]
        In seconds.
    """

    room_seconds: float = 1.0
    lufs: float = -16.0
    duck_db: float = 0.0
    hits: tuple[float, ...] = ()


def mix(
    parts: Mapping[str, Samples],
    strips: Mapping[str, Strip],
    console: Console,
    sample_rate: int,
    *,
    scratch: Scratch,
    progress: Callable[[float, float], None] | None = None,
) -> tuple[dict[str, Samples], dict[str, float]]:
    """Return the parts as they are in the mix, and the level each fader came to, in dB.

    Parameters
    ----------
    parts : Mapping[str, np.ndarray], each of shape (2, samples)
        Of the same length; may be memory maps. Silent ones stay silent.
    strips : Mapping[str, Strip]
        By the parts' names.
    scratch : callable
        Makes zeroed arrays, such as ``run.scratch``.
    """
    mixed: dict[str, Samples] = {}
    levels: dict[str, float] = {}
    for place, (name, samples) in enumerate(parts.items()):
        strip = strips[name]
        found = integrated_loudness(samples, sample_rate)
        levels[name] = _STRIP_LUFS - found + strip.level_db if math.isfinite(found) else 0.0
        mixed[name] = _strip(samples, strip, levels[name], console, sample_rate, scratch)
        if progress is not None:
            progress(place + 1, len(parts) + _ATTEMPTS)
    gain = _master(list(mixed.values()), console.lufs, sample_rate, scratch)
    if progress is not None:
        progress(len(parts) + _ATTEMPTS, len(parts) + _ATTEMPTS)
    return mixed, {name: level + gain for name, level in levels.items()}


def _strip(
    samples: Samples,
    strip: Strip,
    level_db: float,
    console: Console,
    sample_rate: int,
    scratch: Scratch,
) -> Samples:
    """Return one part through its strip: filters, fader, ducking, place, room."""
    out = scratch(samples.shape)
    filters = [
        signal.butter(2, cut, kind, fs=sample_rate, output="sos")
        for cut, kind in ((strip.low_cut_hz, "high"), (strip.high_cut_hz, "low"))
        if 0 < cut < 0.45 * sample_rate
    ]
    states = [np.zeros((len(sos), 2, 2)) for sos in filters]
    places = np.sqrt(2) * np.array([[_left(strip.pan)], [_left(-strip.pan)]])
    gains = places * 10 ** (level_db / 20)
    reverb = _Reverb(console.room_seconds, strip.send, sample_rate)
    for block in chunks.blocks(samples, size=_BLOCK):
        sound = block.samples.astype(np.float64)
        for index, sos in enumerate(filters):
            sound, states[index] = signal.sosfilt(sos, sound, axis=1, zi=states[index])
        if strip.ducked and console.duck_db:
            at = np.arange(block.span.start, block.span.stop) / sample_rate
            sound *= _ducking(at, console.hits, console.duck_db)
        sound = gains * sound
        out[:, block.span] = sound + reverb(sound)
        chunks.release(out)
    return out


def _left(pan: float) -> float:
    """Return the gain of the left channel that keeps the power of both together."""
    return math.cos((min(max(pan, -1.0), 1.0) + 1) * math.pi / 4)


def _ducking(
    seconds: npt.NDArray[np.float64], hits: Sequence[float], depth_db: float
) -> npt.NDArray[np.float64]:
    """Return a gain that falls at each hit and comes back as half a cosine."""
    times = np.asarray(hits, float)
    if not len(times):
        return np.ones(len(seconds))
    index = np.searchsorted(times, seconds, side="right") - 1
    since = np.where(index >= 0, seconds - times[np.maximum(index, 0)], np.inf)
    phase = np.clip(since / _DUCK_SECONDS, 0, 1)
    return np.asarray(10 ** (-depth_db * (0.5 + 0.5 * np.cos(np.pi * phase)) / 20))


class _Reverb:
    """Answer to blocks in turn: overlap-add convolution of their mono sum with a room."""

    def __init__(self, seconds: float, send: float, sample_rate: int) -> None:
        self._active = seconds > 0 and send > 0
        self._response = (
            math.sqrt(send) * room.impulse_response(seconds, sample_rate)
            if self._active
            else np.zeros((2, 1), np.float32)
        )
        self._tail = np.zeros((2, self._response.shape[1] - 1))

    def __call__(self, sound: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if not self._active:
            return np.zeros_like(sound)
        mono = sound.mean(axis=0, keepdims=True)
        wet = signal.oaconvolve(np.repeat(mono, 2, axis=0), self._response, axes=1)
        length, tail = sound.shape[1], self._tail.shape[1]
        wet[:, :tail] += self._tail[:, : wet.shape[1]]
        self._tail = wet[:, length:]
        return np.asarray(wet[:, :length])


def _master(parts: list[Samples], lufs: float, sample_rate: int, scratch: Scratch) -> float:
    """Bring the sum of parts to a loudness below the ceiling, in place; return the gain in dB."""
    total = scratch(parts[0].shape)
    for block in chunks.blocks(total, size=_BLOCK):
        for samples in parts:
            total[:, block.span] += samples[:, block.span]
            chunks.release(samples)
        chunks.release(total)
    found = integrated_loudness(total, sample_rate)
    if not math.isfinite(found):
        return 0.0
    wanted_db = lufs - found
    # Limiting takes loudness away again; what it took is given back before the next attempt.
    limited = scratch(total.shape)
    for _attempt in range(_ATTEMPTS):
        for span, gain in _gains(total, wanted_db, sample_rate):
            limited[:, span] = total[:, span] * gain
            chunks.release(limited)
        missing = lufs - integrated_loudness(limited, sample_rate)
        if abs(missing) < 0.1:
            break
        wanted_db += missing
    for span, gain in _gains(total, wanted_db, sample_rate):
        for samples in parts:
            samples[:, span] *= gain
            chunks.release(samples)
    return wanted_db


def _gains(total: Samples, level_db: float, sample_rate: int) -> Iterator[tuple[slice, Samples]]:
    level = np.float32(10 ** (level_db / 20))
    for block in chunks.blocks(total, size=_BLOCK, context=limiter.context(sample_rate)):
        gain = limiter.limiting_gain(block.samples * level, sample_rate, ceiling_db=CEILING_DB)
        yield block.span, level * gain[block.keep]
