"""Guess the levels above a recording's cut-off from those below it.

Frames in, frames out: each block is a depthwise convolution along time, ever more widely spaced,
and a two-layer network on the bands of one frame (the block of Z. Liu et al., "A ConvNet for the
2020s", 2022, in one dimension). Normalization is frame by frame, so that what comes out depends on
`Config.context` frames either way and on nothing else: cut anywhere, the answer is the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    """Hold the shape of the network.

    Parameters
    ----------
    bands : int
        Of `toolkit.dsp.band_levels`.
    channels : int
        Width of the network.
    blocks : int
        Block i looks at frames 2**i apart.
    kernel : int
        Frames that a block looks at; odd.
    """

    bands: int = 48
    channels: int = 160
    blocks: int = 5
    kernel: int = 5

    @property
    def context(self) -> int:
        """Return how many frames before and after count for one."""
        return (self.kernel // 2) * ((1 << self.blocks) - 1)


class _Block(nn.Module):
    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.along_time = nn.Conv1d(
            channels,
            channels,
            kernel,
            dilation=dilation,
            padding=dilation * (kernel // 2),
            groups=channels,
        )
        self.normalize = nn.LayerNorm(channels)
        self.across = nn.Sequential(
            nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = self.along_time(x.transpose(1, 2)).transpose(1, 2)
        out: Tensor = x + self.across(self.normalize(mixed))
        return out


class Model(nn.Module):
    """Map levels [batch, frames, bands] and which of them are known to levels and flatness.

    Levels are in units of 20 dB above -40 dB relative to the recording; see
    `toolkit.dsp.missing_band`. What is not known is 0 in both inputs.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.enter = nn.Linear(2 * config.bands, config.channels)
        self.blocks = nn.ModuleList(
            _Block(config.channels, config.kernel, 2**index) for index in range(config.blocks)
        )
        self.normalize = nn.LayerNorm(config.channels)
        self.leave = nn.Linear(config.channels, 2 * config.bands)

    def forward(self, levels: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Return the levels of all bands and their flatness (log10, 0 or less).

        Parameters
        ----------
        levels : Tensor, shape (batch, frames, bands)
        known : Tensor, shape (batch, bands)
            1 below the cut-off, 0 above.

        Returns
        -------
        levels, flatness : Tensor, shape (batch, frames, bands)
        """
        mask = known[:, None].expand_as(levels)
        x = self.enter(torch.cat((levels * mask, mask), dim=-1))
        for block in self.blocks:
            x = block(x)
        level, flatness = self.leave(self.normalize(x)).chunk(2, dim=-1)
        return level, flatness
