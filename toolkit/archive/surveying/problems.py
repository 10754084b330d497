"""Say what is wrong with a file of a survey, the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["unreadable", "damaged", "notable"]
SEVERITIES: tuple[Severity, ...] = ("unreadable", "damaged", "notable")
"""The worst first."""

_DAMAGE_WORDS = {
    "E_TRUNCATED": "cut short: the header promises more than there is",
    "E_ZERO_SIZE": "the header says there is no audio, but there is",
    "E_WRAPPED": "the header's size is too small for what there is",
    "E_DAMAGED": "cannot be decoded to its end",
}
_CLIPPED_PERCENT, _BADLY_CLIPPED_PERCENT = 0.01, 0.1
_DC = 0.01
_QUIET_DB = -24.0
_DEAD_DB, _UNEQUAL_DB = -80.0, 10.0
_POOR_SNR_DB = 3.0
_HUM_DB = -45.0
_SPEED_PERCENT = 0.5
_LOW_RATE, _FEW_BITS = 32_000, 12


@dataclass(frozen=True)
class Problem:
    """Hold one thing that is wrong: a stable word, how bad, and in words."""

    code: str
    severity: Severity
    words: str


def problems(facts: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return what is wrong with a file, the worst first; nothing for a file in good order.

    Parameters
    ----------
    facts : Mapping
        As `toolkit.archive.surveying.measures.examine` gives them.
    """
    error = facts.get("error")
    if error is not None:
        return (Problem(error["code"], "unreadable", error["message"]),)
    found = [*_file(facts)]
    if facts["measures"]["level_db"] is None:
        words = "silence" if facts["num_samples"] else "no samples"
        found.append(Problem("silent", "notable", words))
    else:
        found += [*_channels(facts), *_levels(facts["measures"]), *_sound(facts)]
    return tuple(sorted(found, key=lambda each: SEVERITIES.index(each.severity)))


def _file(facts: Mapping[str, Any]) -> list[Problem]:
    found = []
    if facts["damage"]:
        words = _DAMAGE_WORDS.get(facts["damage"], "damaged")
        found.append(Problem(facts["damage"], "damaged", words))
    found += [Problem("warning", "notable", words) for words in facts["warnings"]]
    format = facts["format"]
    if format["sample_rate"] < _LOW_RATE:
        rate = f"{format['sample_rate'] / 1000:g} kHz"
        found.append(Problem("low-rate", "notable", f"sampled at {rate} only"))
    if 0 < format["bits"] < _FEW_BITS:
        found.append(Problem("few-bits", "notable", f"{format['bits']} bits only"))
    return found


def _channels(facts: Mapping[str, Any]) -> list[Problem]:
    levels = [-200.0 if each is None else each for each in facts["channel_levels_db"]]
    if len(levels) < 2:
        return []
    quietest, loudest = min(levels), max(levels)
    number = levels.index(quietest) + 1
    if quietest < _DEAD_DB:
        return [Problem("dead-channel", "damaged", f"channel {number} is silent")]
    if loudest - quietest > _UNEQUAL_DB:
        words = f"channel {number} is {loudest - quietest:.0f} dB weaker"
        return [Problem("unequal-channels", "notable", words)]
    if facts["groove"] == "mono":
        return [Problem("same-channels", "notable", "all channels are the same")]
    return []


def _levels(measures: Mapping[str, Any]) -> list[Problem]:
    found = []
    clipped = measures["clipped_percent"] or 0.0
    if clipped > _CLIPPED_PERCENT:
        severity: Severity = "damaged" if clipped > _BADLY_CLIPPED_PERCENT else "notable"
        found.append(Problem("clipped", severity, f"clipped: {clipped:.2f} % of the samples"))
    if abs(measures["dc"] or 0.0) > _DC:
        words = f"mean at {100 * measures['dc']:+.1f} % of full scale"
        found.append(Problem("dc", "notable", words))
    if measures["peak_db"] is not None and measures["peak_db"] < _QUIET_DB:
        found.append(Problem("quiet", "notable", f"peaks at {measures['peak_db']:.0f} dB only"))
    return found


def _sound(facts: Mapping[str, Any]) -> list[Problem]:
    measures = facts["measures"]
    found = []
    if (measures["snr_db"] or 0.0) < _POOR_SNR_DB and measures["noise_floor_db"] is not None:
        found.append(Problem("noisy", "notable", "noise as loud as the music"))
    if measures["hum_db"] is not None and measures["hum_db"] > _HUM_DB:
        words = f"hum of {measures['hum_hz']:.1f} Hz at {measures['hum_db']:.0f} dB"
        found.append(Problem("hum", "notable", words))
    speed = facts["hum_speed_percent"]
    if speed is not None and abs(speed) > _SPEED_PERCENT:
        found.append(Problem("speed", "notable", f"its hum says {speed:+.1f} % of speed"))
    return found
