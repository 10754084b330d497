"""What a recording suffers from, as numbers: the measurements that set a pipeline's strengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Groove = Literal["mono", "stereo", "mono in stereo"]


@dataclass(frozen=True)
class Condition:
    """Hold the measured state of one recording.

    Levels are in dB relative to full scale, RMS, unless said otherwise.

    Parameters
    ----------
    duration, sample_rate, num_channels
        Length in seconds, rate in Hz, number of channels.
    peak_db : float
        Highest sample.
    level_db : float
        RMS of the whole, -inf for silence.
    noise_floor_db : float
        RMS of the stationary broadband noise under the music.
    snr_db : float
        Level of the music above that noise.
    low_hz, high_hz : float
        The band in which music stands above the noise.
    clicks_per_second : float
        Impulses detected, all channels merged.
    thumps_per_minute : float
        Low-frequency transients (groove damage exciting the arm).
    rumble_db : float
        RMS below 30 Hz, DC left out.
    dc : float
        Mean of the samples, full scale 1.
    hum_hz : float
        Fundamental of the mains hum, 0 when there is none.
    hum_db : float
        Level of the hum's harmonics together, -inf when there is none.
    hum_prominence_db : float
        Median height of those harmonics above their spectral surroundings.
    clipped_ratio : float
        Share of samples that sit on a flat top, 0..1.
    clip_level : float
        Where the flat tops are, full scale 1; 0 when there are none.
    groove : {'mono', 'stereo', 'mono in stereo'}
        A mono groove played with a stereo pickup has its music in the sum alone.
    """

    duration: float
    sample_rate: int
    num_channels: int
    peak_db: float
    level_db: float
    noise_floor_db: float
    snr_db: float
    low_hz: float
    high_hz: float
    clicks_per_second: float
    thumps_per_minute: float
    rumble_db: float
    dc: float
    hum_hz: float
    hum_db: float
    hum_prominence_db: float
    clipped_ratio: float
    clip_level: float
    groove: Groove
