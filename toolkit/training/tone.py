"""Color clean music as the recording chains of old records did, and let levels drift.

The chain of bands, slopes and equalizers is applied to what the network hears and to what it is to
answer, so that it learns to keep what is there and not to invent what is not. Filters have no
phase, which keeps pairs aligned. After the tone chain of S. Cho et al. 2026, "End-to-End Historical
Music Restoration in Latent Space", but gentler; `toolkit.dsp.tone` has that one.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from toolkit.training.simulation import SAMPLE_RATE, Dice

_OCTAVES = 10


def colored(dice: Dice, music: Tensor, *, narrow: float = 0.55) -> Tensor:
    """Return music [batch, samples] through a random equalizer, many through a band of old times.

    Parameters
    ----------
    narrow : float
        Share whose band is limited.
    """
    batch, num_samples = music.shape
    response = responses(dice, batch, num_samples, narrow=narrow)
    tinted: Tensor = torch.fft.irfft(torch.fft.rfft(music) * response, num_samples)
    return tinted


def responses(
    dice: Dice,
    batch: int,
    num_samples: int,
    *,
    narrow: float = 0.55,
    deviation_db: float = 3.0,
    sample_rate: int = SAMPLE_RATE,
) -> Tensor:
    """Return random gains [batch, num_samples//2 + 1] at the frequencies of a real transform."""
    frequency = torch.fft.rfftfreq(num_samples, 1 / sample_rate, device=dice.device)
    octaves = torch.log2(frequency.clamp_min(1.0) / 40)
    nodes = deviation_db * dice.normal(batch, _OCTAVES) * dice.chance(0.7, batch, 1)
    place = octaves.clamp(0, _OCTAVES - 1)
    left = place.floor().clamp_max(_OCTAVES - 2).long()
    part = place - left
    level = nodes[:, left] * (1 - part) + nodes[:, left + 1] * part
    limited = dice.chance(narrow, batch, 1)
    low, high = dice.log_uniform(25, 400, batch, 1), dice.log_uniform(2500, 14000, batch, 1)
    below = (torch.log2(low / frequency.clamp_min(1.0))).clamp_min(0)
    above = (torch.log2(frequency.clamp_min(1.0) / high)).clamp_min(0)
    slopes = dice.uniform(6, 36, batch, 1), dice.uniform(12, 60, batch, 1)
    fall = (slopes[0] * below + slopes[1] * above).clamp_max(110)
    return 10 ** ((level - torch.where(limited, fall, 0.0)) / 20)


def cut(music: Tensor, edge: float) -> Tensor:
    """Return music [batch, samples] with nothing above a frequency in Hz."""
    num_samples = music.shape[1]
    spectrum = torch.fft.rfft(music)
    spectrum[:, math.ceil(edge * num_samples / SAMPLE_RATE) :] = 0
    below: Tensor = torch.fft.irfft(spectrum, num_samples)
    return below


def drifting_level(dice: Dice, batch: int, num_samples: int) -> Tensor:
    """Return a factor [batch, num_samples] that wanders by some decibels in the course of seconds.

    The level of a side's noise changes with the radius and with the groove's wear.
    """
    points = 2 + math.ceil(num_samples / SAMPLE_RATE / 2)
    depth = 4.0 * dice.chance(0.4, batch, 1) * dice.uniform(0, 1, batch, 1)
    level = torch.nn.functional.interpolate(
        (depth * dice.normal(batch, points))[:, None], num_samples, mode="linear"
    )
    return 10 ** (level[:, 0] / 20)
