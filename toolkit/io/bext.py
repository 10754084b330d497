"""The broadcast extension chunk ``bext`` (EBU Tech 3285, version 2, 2011), kept up to date.

A derivative keeps its source's description, gains one line of CodingHistory (EBU R 98, 1999), and
must not keep what has become false: the unique identifier (UMID) of another essence, the loudness
of another signal, a time reference counted in another sample rate.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from toolkit.dsp.loudness import Loudness
from toolkit.io.format import Format

FIXED_SIZE = 602
_TIME_REFERENCE = slice(338, 346)
_VERSION = slice(346, 348)
_UMID = slice(348, 412)
_LOUDNESS = slice(412, 422)
_UNSET = 0x7FFF
_MODES = {1: "mono", 2: "stereo"}


@dataclass(frozen=True)
class Bext:
    """Read the fields of a ``bext`` payload that a listener may want to see."""

    payload: bytes

    @property
    def version(self) -> int:
        """Return the version, 0 to 2."""
        return int.from_bytes(self.payload[_VERSION], "little")

    @property
    def coding_history(self) -> str:
        """Return the history of codings, a line each."""
        return _text(self.payload[FIXED_SIZE:])

    @property
    def time_reference(self) -> int:
        """Return the first sample's count since midnight."""
        return int.from_bytes(self.payload[_TIME_REFERENCE], "little")

    def fields(self) -> dict[str, str | int]:
        """Return what a catalog wants: version, descriptions, time reference, history."""
        return {
            "version": self.version,
            **self.tags(),
            "time_reference": self.time_reference,
            "coding_history": self.coding_history,
        }

    def tags(self) -> dict[str, str]:
        """Return the descriptive fields that are filled in."""
        fields = {
            "description": self.payload[:256],
            "originator": self.payload[256:288],
            "originator_reference": self.payload[288:320],
            "origination_date": self.payload[320:330],
            "origination_time": self.payload[330:338],
        }
        return {name: text for name, raw in fields.items() if (text := _text(raw))}


def updated(
    payload: bytes, line: str, *, loudness: Loudness | None, offset: float, ratio: float
) -> bytes:
    """Return a ``bext`` payload as a derivative carries it.

    Parameters
    ----------
    payload : bytes
        The source's, at least `FIXED_SIZE` bytes.
    line : str
        Of `history_line`, without an end of line.
    loudness : Loudness, optional
        Of the new signal; written when the chunk has version 2.
    offset : float
        Samples of the source left out at its beginning; added to the time reference.
    ratio : float
        New sample rate over old one.
    """
    fixed = bytearray(payload[:FIXED_SIZE])
    version = int.from_bytes(fixed[_VERSION], "little")
    time = int.from_bytes(fixed[_TIME_REFERENCE], "little")
    # An integer stays one: at ratio 1 without an offset the field is copied, however large.
    if offset or ratio != 1:
        time = min(round((time + offset) * ratio), 2**64 - 1)
    fixed[_TIME_REFERENCE] = time.to_bytes(8, "little")
    if version >= 1:
        fixed[_UMID] = bytes(64)
    if version >= 2:
        fixed[_LOUDNESS] = _packed(loudness)
    history = payload[FIXED_SIZE:].rstrip(b"\0")
    if history and not history.endswith((b"\r\n", b"\n")):
        history += b"\r\n"
    return bytes(fixed) + history + line.encode("ascii", "replace") + b"\r\n"


def history_line(format: Format, text: str) -> str:
    """Return one line of CodingHistory for a linear file.

    Commas separate fields, so none is left in `text`; a line ends only at its end.

    Examples
    --------
    >>> history_line(Format("wav", "pcm_s24", 96000, 2, 24), "tonearm 0.1.0; restore, gently")
    'A=PCM,F=96000,W=24,M=stereo,T=tonearm 0.1.0; restore; gently'
    """
    text = " ".join(text.replace(",", ";").split())
    mode = _MODES.get(format.num_channels, "multichannel")
    bits = format.bits
    return f"A=PCM,F={format.sample_rate},W={bits},M={mode},T={text}"


def _packed(loudness: Loudness | None) -> bytes:
    values = (
        [math.nan] * 5
        if loudness is None
        else [
            loudness.integrated_lufs,
            loudness.range_lu,
            loudness.true_peak_db,
            loudness.momentary_max,
            loudness.short_term_max,
        ]
    )
    return struct.pack("<5h", *map(_hundredths, values))


def _hundredths(value: float) -> int:
    """Return a level as the chunk stores it; silence and what was not measured are unset."""
    return round(value * 100) if -327.68 <= value <= 327.66 else _UNSET


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("utf-8", "replace").strip()
