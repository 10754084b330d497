"""A recording's condition in plain words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.dsp.condition import Condition


def found(condition: Condition) -> list[str]:
    """Return what was measured as short lines, the general first."""
    lines = [
        f"{condition.duration:.1f} s, {condition.sample_rate / 1000:g} kHz, "
        f"{condition.num_channels} ch, groove {condition.groove}"
    ]
    if not math.isfinite(condition.level_db):
        return [*lines, "silence"]
    lines.append(f"level {condition.level_db:.1f} dB, peak {condition.peak_db:.1f} dB")
    lines.append(_noise(condition))
    lines.append(f"clicks {condition.clicks_per_second:.1f} a second")
    lines.append(
        f"thumps {condition.thumps_per_minute:.0f} a minute, rumble {_db(condition.rumble_db)}, "
        f"DC {condition.dc:+.5f}"
    )
    if condition.hum_hz:
        lines.append(
            f"hum {condition.hum_hz:.2f} Hz at {_db(condition.hum_db)}, "
            f"{condition.hum_prominence_db:.0f} dB above its surroundings"
        )
    else:
        lines.append("no hum")
    if condition.clipped_ratio:
        lines.append(
            f"clipped at {20 * math.log10(condition.clip_level):.1f} dB, "
            f"{100 * condition.clipped_ratio:.2f} % of the samples"
        )
    else:
        lines.append("no clipping")
    return lines


def _noise(condition: Condition) -> str:
    if not math.isfinite(condition.noise_floor_db):
        return "no noise floor found"
    return (
        f"noise floor {condition.noise_floor_db:.1f} dB, music {condition.snr_db:.1f} dB above it "
        f"from {condition.low_hz:.0f} to {condition.high_hz:.0f} Hz"
    )


def _db(level: float) -> str:
    return f"{level:.1f} dB" if math.isfinite(level) else "none"
