"""Measure what a recording suffers from, at a cost that its length does not drive up.

Peak, level and DC are those of every sample, in one pass. What is dear is measured on excerpts that
are spread evenly over a long recording, its beginning and end among them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from scipy import fft

from toolkit import chunks
from toolkit.dsp import clicks, clipping, hum, mmse, thumps
from toolkit.dsp.condition import Condition
from toolkit.dsp.groove import find_groove
from toolkit.dsp.noise_floor import NoiseFloor
from toolkit.run import Run
from toolkit.values import Audio, Samples

_Found = TypeVar("_Found")

# Number and seconds of the excerpts: of most measurements, and of the two that cost ten times as
# much. A hum is told from a bass note by how long it lasts, clicks are counted anywhere.
_EXCERPTS = (12, 5.0)
_CLICK_EXCERPTS = (4, 5.0)
_HUM_EXCERPTS = (3, 7.0)
_BLOCK = 2**19
_RUMBLE_HZ = 30.0
# The ratio of music to no noise at all has to be a number.
_LARGEST_RATIO_DB = 120.0


def measure(audio: Audio, run: Run) -> Condition:
    """Return the condition of a recording.

    Parameters
    ----------
    audio : Audio
        Any length, silence and none at all included; may be a memory map.
    run : Run
        Hears of the progress.

    Returns
    -------
    Condition
        Levels are -inf where there is nothing to measure; every other number is finite. Where music
        never pauses, its quietest parts pass for noise: the floor is an upper bound.
    """
    peak, mean_square, dc = _levels(audio, run)
    parts = excerpts(audio, *_EXCERPTS)
    floor = _noise(parts, audio)
    joined = np.concatenate(parts, axis=1) if parts else audio.samples[:, :0]
    clipped_ratio, clip_level = _if_any(joined, clipping.find_clipping, audio, (0.0, 0.0))
    hum_hz, hum_db, prominence_db = _hum(excerpts(audio, *_HUM_EXCERPTS), audio)
    run.tick(audio.duration, audio.duration)
    return Condition(
        duration=audio.duration,
        sample_rate=audio.sample_rate,
        num_channels=audio.num_channels,
        peak_db=_db(peak**2),
        level_db=_db(mean_square),
        noise_floor_db=floor.level_db,
        snr_db=float(np.clip(floor.snr_db, -_LARGEST_RATIO_DB, _LARGEST_RATIO_DB)),
        low_hz=floor.band_hz[0],
        high_hz=floor.band_hz[1],
        clicks_per_second=_mean(clicks.count_clicks, excerpts(audio, *_CLICK_EXCERPTS), audio),
        thumps_per_minute=_mean(thumps.count_thumps, parts, audio),
        rumble_db=_rumble_db(parts, audio.sample_rate),
        dc=dc,
        hum_hz=hum_hz,
        hum_db=hum_db,
        hum_prominence_db=prominence_db,
        clipped_ratio=clipped_ratio,
        clip_level=clip_level,
        groove=find_groove(parts, audio.sample_rate),
    )


def excerpts(audio: Audio, count: int, seconds: float) -> list[Samples]:
    """Return parts that stand for a recording, the beginning and the end among them.

    Parameters
    ----------
    audio : Audio
        Any length; may be a memory map.
    count : int
        How many excerpts of a long recording, > 1.
    seconds : float
        Length of each. A recording no longer than all of them together is returned whole.

    Returns
    -------
    list of np.ndarray, shape (channels, n)
        Copies, in order, apart from each other; empty for an empty recording.
    """
    length = round(seconds * audio.sample_rate)
    if audio.num_samples <= count * length:
        starts, length = [0] if audio.num_samples else [], audio.num_samples
    else:
        last = audio.num_samples - length
        starts = [round(last * index / (count - 1)) for index in range(count)]
    parts = [np.array(audio.samples[:, start : start + length]) for start in starts]
    chunks.release(audio.samples)
    return parts


def _levels(audio: Audio, run: Run) -> tuple[float, float, float]:
    """Return the highest magnitude, the mean square and the mean that is farthest from 0."""
    peak, square, total = 0.0, 0.0, np.zeros(audio.num_channels)
    if not audio.samples.size:
        return 0.0, 0.0, 0.0
    for block in chunks.blocks(audio.samples, size=_BLOCK):
        peak = max(peak, float(block.samples.max()), -float(block.samples.min()))
        # In float32 a product of rows sums pairwise inside the block; the blocks add up in float64.
        square += sum(float(np.dot(row, row)) for row in block.samples)
        total += block.samples.sum(axis=1, dtype=np.float64)
        run.tick(0.5 * block.span.stop / audio.sample_rate, audio.duration)
    means = total / audio.num_samples
    return peak, square / audio.samples.size, float(means[np.argmax(np.abs(means))])


def _noise(parts: list[Samples], audio: Audio) -> NoiseFloor:
    """Return the floor of the channels together."""
    sketches = [mmse.sketch(audio.sample_rate) for _ in range(audio.num_channels)]
    for part in parts:
        for begin in range(0, part.shape[1], _BLOCK):
            mmse.learn_noise(sketches, part[:, begin : begin + _BLOCK], audio.sample_rate)
    floors = [each.estimate() for each in sketches]
    noise = _mean_power([floor.level_db for floor in floors])
    music = _mean_power([floor.level_db + floor.snr_db for floor in floors if _has_noise(floor)])
    heard = [floor.band_hz for floor in floors if floor.band_hz[1] > 0]
    return NoiseFloor(
        np.mean([floor.power for floor in floors], axis=0),
        _db(noise),
        _db(music / noise) if noise else -np.inf,
        max(floor.unrest_db for floor in floors),
        (min(low for low, _ in heard), max(high for _, high in heard)) if heard else (0.0, 0.0),
    )


def _has_noise(floor: NoiseFloor) -> bool:
    return bool(np.isfinite(floor.level_db))


def _hum(parts: list[Samples], audio: Audio) -> tuple[float, float, float]:
    """Return frequency, level and prominence of the hum, medians of the excerpts that have it."""
    found = [_if_any(part, hum.find_hum, audio, (0.0, -np.inf, 0.0)) for part in parts]
    humming = np.array([each for each in found if each[0] > 0])
    # A bass note may pass for hum once; hum is there most of the time.
    if 2 * len(humming) < max(len(found), 1):
        return 0.0, -np.inf, 0.0
    middle = np.median(humming, axis=0)
    return float(middle[0]), float(middle[1]), float(middle[2])


def _rumble_db(parts: list[Samples], sample_rate: int) -> float:
    """Return the RMS below 30 Hz in dB, each excerpt's mean left out."""
    power, count = 0.0, 0
    for part in parts:
        count += part.size
        n_fft = int(fft.next_fast_len(part.shape[1], real=True))
        centered = part - part.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
        last = int(_RUMBLE_HZ * n_fft / sample_rate)
        spectrum = fft.rfft(centered, n_fft, axis=1)[:, 1 : last + 1]
        # Parseval: the sum of squares is 2/n_fft times that of the bins of one sign of frequency.
        power += float(np.sum(np.abs(spectrum.astype(np.complex128)) ** 2)) * 2 / n_fft
    return _db(power / count) if count else -np.inf


def _mean(count: Callable[[Samples, int], float], parts: list[Samples], audio: Audio) -> float:
    """Return the mean of a rate over the excerpts."""
    rates = [count(part, audio.sample_rate) for part in parts]
    return float(np.mean(rates)) if rates else 0.0


def _if_any(
    samples: Samples, find: Callable[[Samples, int], _Found], audio: Audio, otherwise: _Found
) -> _Found:
    return find(samples, audio.sample_rate) if samples.shape[1] else otherwise


def _mean_power(levels_db: list[float]) -> float:
    return float(np.mean([10 ** (level / 10) for level in levels_db])) if levels_db else 0.0


def _db(power: float) -> float:
    return float(10 * np.log10(power)) if power > 1e-30 else -np.inf
