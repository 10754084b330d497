"""Find out all that a survey says of one file: what it is, what it holds, what it suffers from."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit import chunks
from toolkit.archive.measures import describe
from toolkit.archive.surveying import era
from toolkit.errors import InputError
from toolkit.run import Run
from toolkit.values import Audio

if TYPE_CHECKING:
    from toolkit.io.audio_file import Recording

_BLOCK = 2**19
# Of long recordings the middle is listened to for key, tempo and tuning.
_HEARD_SECONDS = 180.0
_LEAST_HEARD_SECONDS = 4.0
# A hum within this share of a nominal frequency may be that frequency at another speed.
_HUM_RANGE = 0.08
_MAINS_HZ = (50.0, 60.0)
# What makes a file damaged rather than useless: what there is of it can still be measured.
_DAMAGED = ("E_TRUNCATED", "E_ZERO_SIZE", "E_WRAPPED", "E_DAMAGED")


@dataclass(frozen=True)
class Found:
    """Hold what one file's content told.

    Parameters
    ----------
    facts : dict
        Plain data that JSON can hold; see `examine`.
    peaks : bytes
        Its fingerprint's, empty where there is none.
    """

    facts: dict[str, Any]
    peaks: bytes = b""


def examine(path: Path, run: Run) -> Found:
    """Return what a file's content tells; a file that cannot be read is told by its error.

    Parameters
    ----------
    path : Path
        Any file; only read.
    run : Run
        Gives scratch space.

    Returns
    -------
    Found
        Facts: ``format`` (container, encoding, rate, channels, bits), ``num_samples``,
        ``duration`` (s), ``samples_sha256`` (of the decoded samples, whatever the container),
        ``warnings``, ``damage`` (an error code, or empty), ``channel_levels_db``, ``measures`` (as
        `toolkit.archive.measures.describe`), ``groove``, ``media``, ``hum_speed_percent`` (by how
        much the hum is off 50 or 60 Hz, None without a hum), ``tuning_cents``, ``key``, ``tempo``.
        Of a file that cannot be read: ``error`` with ``code``, ``message`` and ``hint`` alone.
    """
    try:
        recording, damage = _read(path, run)
    except InputError as error:
        # The file may move; only its name is its own.
        message = error.message.replace(str(path), path.name)
        said = {"code": error.code, "message": message, "hint": error.hint}
        return Found({"error": said})
    from toolkit.dsp.fingerprint import fingerprint

    audio = recording.audio
    facts = {
        "format": asdict(recording.format),
        "num_samples": audio.num_samples,
        "duration": round(audio.duration, 3),
        "warnings": list(recording.warnings),
        "damage": damage,
        **_samples(audio),
        **_condition(audio, run),
        **_music(audio),
    }
    return Found(facts, fingerprint(audio).to_bytes())


def _read(path: Path, run: Run) -> tuple[Recording, str]:
    """Return what there is of a file, and the code of what is wrong with it."""
    from toolkit.io import audio_file

    try:
        return audio_file.read(path, run), ""
    except InputError as error:
        if error.code not in _DAMAGED:
            raise
        return audio_file.read(path, run, accept_truncated=True), error.code


def _samples(audio: Audio) -> dict[str, Any]:
    """Return the hash of the samples and each channel's level."""
    digest = hashlib.sha256(f"{audio.sample_rate} {audio.num_channels}\n".encode())
    power = np.zeros(audio.num_channels)
    for block in chunks.blocks(audio.samples, size=_BLOCK):
        digest.update(np.ascontiguousarray(block.samples.T, "<f4").tobytes())
        power += [float(np.dot(row, row)) for row in block.samples]
    mean = power / max(audio.num_samples, 1)
    levels = [round(10 * math.log10(each), 1) if each > 1e-20 else None for each in mean]
    return {"samples_sha256": digest.hexdigest(), "channel_levels_db": levels}


def _condition(audio: Audio, run: Run) -> dict[str, Any]:
    from toolkit.dsp.measure import measure

    condition = measure(audio, run)
    return {
        "measures": describe(audio, condition, run),
        "groove": condition.groove,
        "media": era.plain(era.guess_media(condition)),
        "hum_speed_percent": hum_speed_percent(condition.hum_hz),
    }


def hum_speed_percent(hum_hz: float) -> float | None:
    """Return how much too fast a recording plays if its hum was 50 or 60 Hz, in percent.

    None where there is no hum or it is more than 8 % off both. A hum that the transfer added says
    nothing about the recording, and gives 0.
    """
    nearest = min(_MAINS_HZ, key=lambda mains: abs(math.log(max(hum_hz, 1.0) / mains)))
    off = hum_hz / nearest - 1
    return round(100 * off, 2) + 0.0 if abs(off) <= _HUM_RANGE else None


def _music(audio: Audio) -> dict[str, Any]:
    """Return tuning, key and tempo of the middle of a recording; None where nothing is heard."""
    from toolkit.style.listening import overview

    half = round(_HEARD_SECONDS * audio.sample_rate / 2)
    middle = audio.num_samples // 2
    part = audio.with_samples(audio.samples[:, max(middle - half, 0) : middle + half])
    nothing = {"tuning_cents": None, "key": None, "tempo": None}
    if part.duration < _LEAST_HEARD_SECONDS or not part.samples.any():
        return nothing
    plain = overview.of_audio(part).plain()
    return {name: plain[name] for name in nothing}
