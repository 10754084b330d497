"""Damage whole batches at once on an accelerator: the torch twin of the `degrade-*` stages.

The laws are those of `toolkit.dsp.surface_noise`, `toolkit.dsp.damage` and
`toolkit.dsp.machine_noise`; a test compares the statistics of both. What differs is how they are
computed: every item of a batch at once, with tensors drawn from a `torch.Generator`, and lengths
that are the same for all items. Signals are mono here, [batch, samples].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

SAMPLE_RATE = 44100

_RIPPLE_POINTS = 12
_TALLEST_DB = 30.0
_LONGEST_CLICK = 200
_IMPULSE = (1.0, -0.6, 0.2)
_LEVEL_SECONDS = 0.05
_QUIETEST = 1e-3


@dataclass(frozen=True)
class Dice:
    """Draw random tensors of one device from one generator."""

    generator: torch.Generator

    @property
    def device(self) -> torch.device:
        """Return where the tensors live."""
        return self.generator.device

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return numbers evenly spread over low..high."""
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=self.device)

    def log_uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return numbers whose logarithm is evenly spread."""
        return self.uniform(math.log(low), math.log(high), *shape).exp()

    def normal(self, *shape: int) -> Tensor:
        """Return standard normal numbers."""
        return torch.randn(shape, generator=self.generator, device=self.device)

    def chance(self, probability: float, *shape: int) -> Tensor:
        """Return booleans that are true with a probability."""
        return torch.rand(shape, generator=self.generator, device=self.device) < probability

    def integer(self, low: int, high: int) -> int:
        """Return one integer, low <= it < high."""
        return int(torch.randint(low, high, (), generator=self.generator, device=self.device))


def surface_noise(
    dice: Dice,
    num_samples: int,
    *,
    tilt_db: Tensor,
    rumble_db: Tensor,
    repeating: Tensor,
    modulation: Tensor,
    rpm: float = 78.26,
    ripple_db: float = 1.5,
) -> Tensor:
    """Return noise of unit variance, part of which comes round with each revolution.

    Parameters
    ----------
    dice : Dice
        Decides texture, hiss and the ripple of the color.
    num_samples : int
        Length.
    tilt_db, rumble_db, repeating, modulation : Tensor, shape (batch,)
        As in `toolkit.dsp.surface_noise.draw`.
    rpm : float
        One for the whole batch, so that the revolution has the same length in every item.
    ripple_db : float
        Deviation of the color's twelve nodes.
    """
    batch = len(tilt_db)
    period = round(60 * SAMPLE_RATE / rpm)
    ripple = ripple_db * dice.normal(batch, _RIPPLE_POINTS)
    texture = _colored(dice, period, ripple, tilt_db, rumble_db)
    texture = texture / texture.std(dim=1, keepdim=True).clamp_min(1e-9)
    hiss = _colored(dice, num_samples, ripple, tilt_db, rumble_db)
    # The groove begins at any angle.
    turn = (torch.arange(num_samples, device=dice.device) + dice.integer(0, period)) % period
    share = repeating[:, None]
    noise = share.sqrt() * texture[:, turn] + (1 - share).sqrt() * hiss
    phase = dice.uniform(0, 2 * math.pi, batch, 1)
    depth = modulation[:, None]
    swing = 1 + depth * torch.sin(2 * math.pi * turn / period + phase)
    return noise * swing / (1 + depth**2 / 2).sqrt()


def hum(dice: Dice, num_samples: int, batch: int, *, harmonics: int = 8) -> Tensor:
    """Return mains hum of unit variance: 50 or 60 Hz within 1 Hz, harmonics falling 5 dB each."""
    time = torch.arange(num_samples, device=dice.device) / SAMPLE_RATE
    mains = torch.where(dice.chance(0.5, batch, 1), 50.0, 60.0) + dice.uniform(-1, 1, batch, 1)
    rate = dice.uniform(0.02, 0.1, batch, 1)
    offset = dice.uniform(0, 2 * math.pi, batch, 1)
    swing = 0.05 / (2 * math.pi * rate) * (1 - torch.cos(2 * math.pi * rate * time + offset))
    turns = mains * time + swing
    number = torch.arange(harmonics, device=dice.device)
    amplitude = 10 ** (-(5.0 * number + dice.uniform(-6, 6, batch, harmonics)) / 20)
    amplitude = amplitude * (2 / amplitude.square().sum(dim=1, keepdim=True)).sqrt()
    phase = dice.uniform(0, 2 * math.pi, batch, harmonics)
    total = torch.zeros(batch, num_samples, device=dice.device)
    for index in range(harmonics):
        angle = 2 * math.pi * (index + 1) * turns + phase[:, index, None]
        total += amplitude[:, index, None] * torch.sin(angle)
    return total


def thumps(dice: Dice, num_samples: int, batch: int, *, rpm: float = 78.26) -> Tensor:
    """Return a low thump once a revolution, its peak near 1, as a crack in the disc makes it."""
    period = 60 / rpm
    count = int(num_samples / SAMPLE_RATE / period) + 2
    number = torch.arange(count, device=dice.device) - 1
    time = dice.uniform(0, period, batch, 1) + number * period + 0.001 * dice.normal(batch, count)
    tail = 2 * dice.uniform(0.03, 0.15, batch, 1, 1)
    high, low = dice.uniform(35, 60, batch, 1, 1), dice.uniform(15, 30, batch, 1, 1)
    # Only the samples of the tail are computed, then laid down where the thump begins.
    begin = (time * SAMPLE_RATE).ceil().long()
    index = torch.arange(round(0.3 * SAMPLE_RATE) + 1, device=dice.device)
    where = begin[..., None] + index
    since = where / SAMPLE_RATE - time[..., None]
    fall = tail / 3
    angle = low * since + (high - low) * fall * (1 - torch.exp(-since / fall))
    ending = ((tail - since) / (0.1 * tail)).clamp(0, 1)
    wave = torch.sin(2 * math.pi * angle) * torch.exp(-4 * since / tail)
    wave = wave * (1 - torch.exp(-since / 0.002)) * ending
    wave = wave * ((where >= 0) & (where < num_samples))
    total = torch.zeros(batch, num_samples, device=dice.device)
    total.scatter_add_(1, where.clamp(0, num_samples - 1).flatten(1), wave.flatten(1))
    return total * dice.uniform(0.4, 1, batch, 1)


def pops(dice: Dice, num_samples: int, batch: int) -> Tensor:
    """Return dull knocks at random times, the highest of each signal 1.

    What is left of an impulse behind a pole at 0.3 to 9 kHz, as a worn groove, a horn or a
    transfer with a slow amplifier leaves it: longer than a click, shorter than a thump.
    """
    rate = dice.log_uniform(1, 40, batch, 1)
    struck = dice.uniform(0, 1, batch, num_samples) < rate / SAMPLE_RATE
    height = -torch.log(dice.uniform(1e-6, 1, batch, num_samples))
    sign = torch.where(dice.chance(0.5, batch, num_samples), 1.0, -1.0)
    pole = dice.log_uniform(300, 9000, batch, 1)
    frequency = torch.fft.rfftfreq(num_samples, 1 / SAMPLE_RATE, device=dice.device)
    response = 1 / torch.complex(torch.ones_like(frequency), frequency / pole)
    wave: Tensor = torch.fft.irfft(torch.fft.rfft(struck * sign * height) * response, num_samples)
    return wave / wave.abs().amax(dim=1, keepdim=True).clamp_min(1e-9)


def local_level(signal: Tensor) -> Tensor:
    """Return the RMS within 50 ms to each side of every sample, [batch, samples]."""
    reach = round(_LEVEL_SECONDS * SAMPLE_RATE)
    total = torch.nn.functional.pad(signal.double().square().cumsum(dim=1), (1, 0))
    index = torch.arange(signal.shape[1], device=signal.device)
    low, high = (index - reach).clamp_min(0), (index + reach).clamp_max(signal.shape[1])
    power = (total[:, high] - total[:, low]) / (high - low)
    return power.clamp_min(0).sqrt().to(signal.dtype)


def add_clicks(
    dice: Dice,
    signal: Tensor,
    *,
    rate: Tensor,
    height_db: tuple[float, float] = (14.0, 7.0),
    impulses: float = 0.25,
    destructive: float = 0.2,
) -> tuple[Tensor, Tensor]:
    """Return signals with clicks at random times, and where they lie.

    Parameters
    ----------
    signal : Tensor, shape (batch, samples)
        What the needle reads.
    rate : Tensor, shape (batch,)
        Mean number a second, > 0.
    height_db, impulses, destructive
        As in `toolkit.dsp.damage.draw_clicks`.

    Returns
    -------
    tuple of Tensor, shape (batch, samples)
        The damaged signals, and a mask that is true on every sample of a click.
    """
    batch, num_samples = signal.shape
    most = num_samples - _LONGEST_CLICK
    expected = rate * num_samples / SAMPLE_RATE
    counts = torch.poisson(expected, generator=dice.generator).long()
    count = int(counts.max())
    if count == 0 or most <= 0:
        return signal, torch.zeros_like(signal, dtype=torch.bool)
    real = torch.arange(count, device=dice.device) < counts[:, None]
    start = (dice.uniform(0, 1, batch, count) * most).long()
    waves, lengths = _waveforms(dice, batch, count, impulses)
    height = (height_db[0] + height_db[1] * dice.normal(batch, count)).clamp(3, _TALLEST_DB)
    level = local_level(signal).gather(1, start).clamp_min(_QUIETEST)
    sign = torch.where(dice.chance(0.5, batch, count), 1.0, -1.0)
    peak = level * 10 ** (height / 20) * sign * real
    index = torch.arange(_LONGEST_CLICK, device=dice.device)
    inside = (index < lengths[..., None]) & real[..., None]
    where = (start[..., None] + index).flatten(1)
    lost = inside & dice.chance(destructive, batch, count)[..., None]
    keep = torch.ones_like(signal).scatter_reduce(
        1, where, 1.0 - lost.flatten(1).to(signal.dtype), "amin"
    )
    damaged = signal * keep
    damaged = damaged.scatter_add(1, where, (waves * peak[..., None] * inside).flatten(1))
    touched = torch.zeros_like(signal).scatter_reduce(
        1, where, inside.flatten(1).to(signal.dtype), "amax"
    )
    return damaged, touched > 0


def _waveforms(dice: Dice, batch: int, count: int, impulses: float) -> tuple[Tensor, Tensor]:
    """Return shapes [batch, count, longest] with a peak of 1, and their lengths."""
    short = dice.chance(impulses, batch, count)
    length = dice.log_uniform(8, _LONGEST_CLICK, batch, count)
    decay = length / dice.uniform(1.5, 8, batch, count)
    frequency = dice.log_uniform(200, 12000, batch, count) / SAMPLE_RATE
    phase = dice.uniform(0, 2 * math.pi, batch, count)
    time = torch.arange(_LONGEST_CLICK, device=dice.device)
    lengths = torch.where(short, dice.uniform(1, 4, batch, count).floor(), length.floor())
    angle = 2 * math.pi * frequency[..., None] * time + phase[..., None]
    wave = torch.sin(angle) * torch.exp(-time / decay[..., None])
    wave = wave * (time < lengths[..., None])
    wave = wave / wave.abs().amax(dim=-1, keepdim=True).clamp_min(1e-9)
    impulse = torch.zeros(_LONGEST_CLICK, device=dice.device)
    impulse[: len(_IMPULSE)] = torch.tensor(_IMPULSE, device=dice.device)
    return torch.where(short[..., None], impulse, wave), lengths.long()


def _colored(
    dice: Dice, num_samples: int, ripple: Tensor, tilt_db: Tensor, rumble_db: Tensor
) -> Tensor:
    """Return circular noise of unit variance, [batch, num_samples]."""
    frequency = torch.fft.rfftfreq(num_samples, 1 / SAMPLE_RATE, device=dice.device)
    octaves = torch.log2(frequency.clamp_min(1.0) / 1000)
    level = tilt_db[:, None] * octaves.clamp_min(0)
    level = level + rumble_db[:, None] / (1 + (frequency / 60) ** 2)
    # Linear interpolation between nodes from -6 to 5 octaves around 1 kHz.
    place = ((octaves + 6) / 11 * (_RIPPLE_POINTS - 1)).clamp(0, _RIPPLE_POINTS - 1)
    left = place.floor().clamp_max(_RIPPLE_POINTS - 2).long()
    part = place - left
    level = level + ripple[:, left] * (1 - part) + ripple[:, left + 1] * part
    response = 10 ** (level / 20)
    response[:, 0] = 0.0
    weights = torch.full_like(frequency, 2.0)
    weights[0] = 1.0
    if num_samples % 2 == 0:
        weights[-1] = 1.0
    power = (weights * response**2).sum(dim=1, keepdim=True) / num_samples
    white = dice.normal(len(tilt_db), num_samples)
    noise: Tensor = torch.fft.irfft(torch.fft.rfft(white) * (response / power.sqrt()), num_samples)
    return noise
