"""Read Gravis Ultrasound patches: a General MIDI bank whose recordings are its own.

A patch file holds a header of 129 bytes, an instrument of 63, a layer of 47, and samples: 96 bytes
of description and the numbers. Envelopes have six stages, each a level of 0..255 to go to and a
rate: two bits say how far to shift the other six. A level of 255 is 36 dB above one of 0 (Gravis,
"Ultrasound Low-Level ToolKit", 1994).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from toolkit.adapters import debian
from toolkit.dsp import resample
from toolkit.errors import ToolkitError
from toolkit.training.sampler import SAMPLE_RATE, Instrument, Mono, Tone
from toolkit.values import DRUMS, Note

_MAGIC = b"GF1PATCH1"
_FIRST_SAMPLE = 129 + 63 + 47
_NUM_SAMPLES_AT = 129 + 63 + 6
_HEADER = struct.Struct("<7xBIIIHIIIHB6B6B6xBHH36x")
_WIDE, _UNSIGNED, _LOOPED, _TO_AND_FRO, _ENVELOPED = 1, 2, 4, 8, 64
# A step of one level at rate 1 takes 2^13 samples at 44.1 kHz.
_STEP_SECONDS = 2**13 / 44100
_RANGE_DB = 36.0
_SLOWEST = 20.0
_NAME = re.compile(r"(\d{3})_.*\.pat")


@dataclass(frozen=True)
class Zone:
    """Hold one sample of a patch, and up to which MIDI pitch it is meant to be used."""

    highest: float
    tone: Tone


def read_patch(data: bytes) -> tuple[Zone, ...]:
    """Return the samples of a patch, lowest first.

    Raises
    ------
    ToolkitError
        If it is no patch, or is cut short.
    """
    if not data.startswith(_MAGIC):
        raise ToolkitError("this is no Gravis patch", "unpack the package again")
    zones, at = [], _FIRST_SAMPLE
    try:
        for _ in range(data[_NUM_SAMPLES_AT]):
            zone, at = _zone(data, at)
            zones.append(zone)
    except (struct.error, ValueError, IndexError) as error:
        raise ToolkitError(
            f"a Gravis patch is cut short: {error}", "unpack the package again"
        ) from error
    return tuple(sorted(zones, key=lambda zone: zone.highest))


def instrument(package: str, program: int) -> Instrument | None:
    """Return an instrument of a bank, or None where the bank has none of this program.

    Parameters
    ----------
    package : str
        Debian's, with files ``Tone_000/NNN_name.pat`` and ``Drum_000/NNN_name.pat``.
    program : int
        General MIDI program, or `DRUMS`.
    """
    if program == DRUMS:
        kit = {number: _zones(path)[0].tone for number, path in _files(package, "Drum_000").items()}
        return lambda note: kit.get(note.pitch)
    path = _files(package, "Tone_000").get(program)
    if path is None:
        return None
    zones = _zones(path)

    def tone(note: Note) -> Tone:
        return next((zone.tone for zone in zones if note.pitch <= zone.highest), zones[-1].tone)

    return tone


@lru_cache(maxsize=8)
def _files(package: str, folder: str) -> dict[int, Path]:
    found = {}
    for path in sorted(debian.fetch(package).rglob(f"{folder}/*.pat")):
        if match := _NAME.fullmatch(path.name):
            found[int(match[1])] = path
    return found


@lru_cache(maxsize=256)
def _zones(path: Path) -> tuple[Zone, ...]:
    unpitched = path.parent.name.startswith("Drum")
    zones = read_patch(path.read_bytes())
    return tuple(Zone(z.highest, Tone(z.tone.samples)) for z in zones) if unpitched else zones


def _zone(data: bytes, at: int) -> tuple[Zone, int]:
    head = _HEADER.unpack_from(data, at)
    fractions, size, first, end, rate, _low, high, root = head[:8]
    modes = head[22]
    begin = at + _HEADER.size
    wide = 2 if modes & _WIDE else 1
    numbers = np.frombuffer(data[begin : begin + size], f"<i{wide}", size // wide)
    if modes & _UNSIGNED:
        numbers = numbers ^ np.array(-(1 << (8 * wide - 1)), numbers.dtype)
    samples = np.asarray(numbers / (1 << (8 * wide - 1)), np.float32)
    loop = None
    if modes & _LOOPED:
        loop = (first / wide + (fractions & 15) / 16, end / wide + (fractions >> 4) / 16)
    if loop and modes & _TO_AND_FRO:
        samples, loop = _unfolded(samples, loop)
    scale = SAMPLE_RATE / rate
    decibels, release = _envelope(head[10:16], head[16:22]) if modes & _ENVELOPED else ((), 0.1)
    tone = Tone(
        resample.resample(samples[None], rate, SAMPLE_RATE)[0],
        pitch=_pitch(root),
        loop=loop and (loop[0] * scale, loop[1] * scale),
        decibels=decibels,
        release=release,
    )
    return Zone(_pitch(high), tone), begin + size


def _unfolded(samples: Mono, loop: tuple[float, float]) -> tuple[Mono, tuple[float, float]]:
    """Return what a loop that is read to and fro is when read forwards only."""
    first, end = int(loop[0]), int(loop[1])
    back = samples[first:end][::-1]
    return np.concatenate([samples[:end], back]), (first, end + len(back))


def _envelope(
    rates: tuple[int, ...], levels: tuple[int, ...]
) -> tuple[tuple[tuple[float, float], ...], float]:
    """Return (seconds, dB) of the three stages of a held note, and seconds of release per 60 dB."""
    seconds, before = 0.0, 0
    held = [(0.0, _level_db(0))]
    for rate, level in zip(rates[:3], levels[:3], strict=True):
        seconds += min(abs(level - before) * _STEP_SECONDS / _speed(rate), _SLOWEST)
        held.append((seconds, _level_db(level)))
        before = level
    fall = 255 * _STEP_SECONDS / _speed(rates[3])
    return tuple(held), float(np.clip(fall * 60 / _RANGE_DB, 0.05, 5.0))


def _speed(rate: int) -> int:
    return max((rate & 63) << (3 * (3 - (rate >> 6))), 1)


def _level_db(level: int) -> float:
    return _RANGE_DB * (level / 255 - 1)


def _pitch(millihertz: int) -> float:
    return 69 + 12 * float(np.log2(max(millihertz, 1) / 440e3))
