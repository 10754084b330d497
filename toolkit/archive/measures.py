"""Measure a recording before and after its restoration, side by side."""

from __future__ import annotations

from math import inf, isfinite, log10
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit import chunks
from toolkit.dsp.condition import Condition
from toolkit.provenance import finite

if TYPE_CHECKING:
    from toolkit.restore import Diagnosis
    from toolkit.run import Run
    from toolkit.values import Audio

_BLOCK = 2**19
# What the library that measures loudness takes, in Hz.
_LOUDNESS_RATES = (4_000, 768_000)


def compare(before: Audio, after: Audio, diagnosis: Diagnosis, run: Run) -> dict[str, Any]:
    """Return what was measured before and after as plain data that JSON can hold.

    Parameters
    ----------
    before, after : Audio
        Any length, silence and none at all included; may be memory maps.
    diagnosis : Diagnosis
        Its condition, where there is one, is that of `before` and is not measured again.
    run : Run
        Hears of the progress.

    Returns
    -------
    dict
        ``before`` and ``after``, as `describe` gives them, and ``removed_db``: the RMS of what was
        taken away relative to full scale, None where the two cannot be subtracted (another rate,
        length or number of channels) or nothing was.
    """
    return {
        "before": describe(before, diagnosis.condition, run),
        "after": describe(after, None, run),
        "removed_db": _rounded(_removed_db(before, after), 2),
    }


def describe(audio: Audio, condition: Condition | None, run: Run) -> dict[str, Any]:
    """Return the measures of one recording, None where there is nothing to measure.

    Parameters
    ----------
    condition : Condition, optional
        Of this recording; measured if it is not known.

    Returns
    -------
    dict
        ``duration`` (s), ``peak_db``, ``true_peak_db`` (dBTP), ``level_db`` (RMS), ``lufs``
        (integrated), ``range_lu``, ``dc``, ``clipped_percent``, ``noise_floor_db``, ``snr_db``,
        ``clicks_per_minute``, ``thumps_per_minute``, ``rumble_db``, ``hum_hz`` and ``hum_db`` (None
        where nothing hums), ``low_hz`` and ``high_hz`` (the band in which music stands above the
        noise).
    """
    from toolkit.dsp.measure import measure

    found = condition if condition is not None else measure(audio, run)
    hums = found.hum_hz > 0
    measures: dict[str, Any] = {
        "duration": _rounded(found.duration, 3),
        "peak_db": _rounded(found.peak_db, 2),
        "level_db": _rounded(found.level_db, 2),
        **_loudness(audio),
        "dc": _rounded(found.dc, 6),
        "clipped_percent": _rounded(100 * found.clipped_ratio, 4),
        "noise_floor_db": _rounded(found.noise_floor_db, 2),
        "snr_db": _rounded(found.snr_db if isfinite(found.noise_floor_db) else -inf, 2),
        "clicks_per_minute": _rounded(60 * found.clicks_per_second, 1),
        "thumps_per_minute": _rounded(found.thumps_per_minute, 1),
        "rumble_db": _rounded(found.rumble_db, 2),
        "hum_hz": _rounded(found.hum_hz, 2) if hums else None,
        "hum_db": _rounded(found.hum_db, 2) if hums else None,
        "low_hz": _rounded(found.low_hz, 0),
        "high_hz": _rounded(found.high_hz, 0),
    }
    return measures


def _loudness(audio: Audio) -> dict[str, float | None]:
    from toolkit.dsp.loudness import MAX_CHANNELS, measure_loudness

    low, high = _LOUDNESS_RATES
    if not (1 <= audio.num_channels <= MAX_CHANNELS and low <= audio.sample_rate <= high):
        return {"true_peak_db": None, "lufs": None, "range_lu": None}
    found = measure_loudness(audio.samples, audio.sample_rate)
    return {
        "true_peak_db": _rounded(found.true_peak_db, 2),
        "lufs": _rounded(found.integrated_lufs, 2),
        "range_lu": _rounded(found.range_lu, 2),
    }


def _removed_db(before: Audio, after: Audio) -> float:
    """Return the RMS of the difference in dB, -inf where there is none."""
    if before.sample_rate != after.sample_rate or before.samples.shape != after.samples.shape:
        return -inf
    square = 0.0
    for block in chunks.blocks(before.samples, size=_BLOCK):
        removed = block.samples - after.samples[:, block.span]
        square += sum(float(np.dot(row, row)) for row in removed)
        chunks.release(after.samples)
    return 10 * log10(square / before.samples.size) if square > 0 else -inf


def _rounded(value: float, digits: int) -> float | None:
    """Return a number as JSON can hold it: without digits that mean nothing, None for infinity."""
    plain: float | None = finite(float(value))
    return None if plain is None else round(plain, digits) + 0.0
