"""Mask a spectrogram with a TFC-TDF U-Net: one part of it, or several that share it out.

Choi et al., Investigating U-Nets with various intermediate blocks for spectrogram-based singing
voice separation, ISMIR 2020: blocks of time-frequency convolutions (TFC) followed by a fully
connected layer along frequency (TDF). Adjacent bins are stacked as channels (Choi et al.'s band
stacking in miniature), so that the convolutions run at a quarter of the frequency resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from toolkit.models.axial_attention import AxialAttention


@dataclass(frozen=True)
class Config:
    """Hold the shape of the network.

    Parameters
    ----------
    n_fft : int
        The spectrogram has n_fft/2 bins; the Nyquist bin is left out.
    hop_length : int
        Samples from frame to frame.
    features : int
        Input channels a bin, as `toolkit.models.spectra.features` makes them.
    stack : int
        Adjacent bins that become channels; divides n_fft/2.
    growth : int
        Every level adds as many channels.
    first : int
        Channels of the first level, 0 for `growth`.
    levels : int
        Halvings of time and frequency.
    smoothing : int
        Frames to each side that a triangular average of the mask's logits reaches, 0 for none.
    bottleneck : int
        How much narrower the fully connected layer along frequency is in its middle.
    outputs : int
        One mask, or as many that add up to 1 in every cell.
    local : bool
        Whether what a mask is depends on no more than some seconds around it (`reach_frames`), so
        that a recording can be cut anywhere: levels are then normalized by constants that training
        has found, else by those of the segment.
    attentive : int
        Level, from 1, at which cells attend to each other on the way down and on the way up; 0 for
        none.
    attention_reach : int
        How many of that level's frames they see to each side.
    """

    n_fft: int = 4096
    hop_length: int = 2048
    features: int = 3
    stack: int = 8
    growth: int = 16
    levels: int = 4
    bottleneck: int = 8
    smoothing: int = 0
    outputs: int = 1
    local: bool = False
    first: int = 0
    attentive: int = 0
    attention_reach: int = 8

    @property
    def widths(self) -> list[int]:
        """Return the channels of each level and of the middle."""
        first = self.first or self.growth
        return [first + self.growth * level for level in range(self.levels + 1)]

    @property
    def reach_frames(self) -> int:
        """Return how many frames on each side a mask depends on, where the network is local.

        Two convolutions a block reach 2 frames of their level, which are 2^level frames long; there
        are two blocks a level and one in the middle, and halving and doubling round to a frame.
        """
        deepest = 1 << self.levels
        attention = 2 * self.attention_reach << self.attentive if self.attentive else 0
        return 4 * (deepest - 1) + 2 * deepest + deepest + attention


class _Block(nn.Module):
    """Two 3×3 convolutions with a residual fully connected layer along frequency."""

    def __init__(self, channels: int, bands: int, config: Config) -> None:
        super().__init__()
        narrow = max(bands // config.bottleneck, 4)
        local = config.local
        self.convolutions = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels) if local else nn.GroupNorm(1, channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels) if local else nn.GroupNorm(1, channels),
            nn.ReLU(inplace=True),
        )
        steps = [nn.Linear(bands, narrow), nn.ReLU(inplace=True)]
        steps += [nn.Linear(narrow, bands), nn.ReLU(inplace=True)]
        if local:
            # Constants cannot hold back what grows from block to block, so every branch is held.
            steps = [nn.Linear(bands, narrow), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
            steps += [nn.Linear(narrow, bands), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
        self.along_frequency = nn.Sequential(*steps)

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = x + self.convolutions(x)
        return mixed + cast(Tensor, self.along_frequency(mixed))


class Model(nn.Module):
    """Map features [batch, features, frames, n_fft/2] to a mask 0..1 [batch, frames, n_fft/2].

    With several outputs the masks are [batch, outputs, frames, n_fft/2] and add up to 1.
    Skips are added, not multiplied: additive ones train stably from the first step.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        bands = config.n_fft // 2 // config.stack
        widths = config.widths
        self.enter = nn.Conv2d(config.features * config.stack, widths[0], 1)
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        self.up, self.grow = nn.ModuleList(), nn.ModuleList()
        for level in range(config.levels):
            here, below = widths[level], widths[level + 1]
            self.down.append(_Block(here, bands >> level, config))
            self.shrink.append(nn.Conv2d(here, below, 2, stride=2))
            self.grow.append(nn.ConvTranspose2d(below, here, 2, stride=2))
            self.up.append(_Block(here, bands >> level, config))
        self.attend = nn.ModuleList()
        if config.attentive:
            channels, length = widths[config.attentive], bands >> config.attentive
            self.attend.extend(
                AxialAttention(channels, length, config.attention_reach) for _ in range(2)
            )
        self.middle = _Block(widths[-1], bands >> config.levels, config)
        self.even = nn.BatchNorm2d(widths[0]) if config.local else nn.Identity()
        self.leave = nn.Conv2d(widths[0], config.outputs * config.stack, 1)
        if config.outputs == 1:
            # A sigmoid of 2 is 0.88: an untrained network lets the music pass.
            nn.init.constant_(self.leave.bias, 2.0)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Tensor:
        """Return the mask; any number of frames."""
        batch, channels, frames, bins = features.shape
        stack = self.config.stack
        padding = -frames % (1 << self.config.levels)
        x = nn.functional.pad(features, (0, 0, 0, padding))
        x = x.reshape(batch, channels, frames + padding, bins // stack, stack)
        x = x.permute(0, 1, 4, 2, 3).reshape(batch, channels * stack, frames + padding, -1)
        x = self.enter(x)
        skips = []
        for level, (block, shrink) in enumerate(zip(self.down, self.shrink, strict=True)):
            x = self._attended(block(x), level, 0)
            skips.append(x)
            x = shrink(x)
        x = self.middle(x)
        for level in reversed(range(self.config.levels)):
            x = self.grow[level](x) + skips.pop()
            x = self._attended(self.up[level](x), level, 1)
        logits = self.leave(self.even(x)).unflatten(1, (self.config.outputs, stack))
        logits = logits.permute(0, 1, 3, 4, 2)
        logits = logits.reshape(batch, -1, frames + padding, bins)[:, :, :frames].float()
        if self.config.outputs == 1:
            return torch.sigmoid(self._smoothed(logits[:, 0]))
        return torch.softmax(logits, dim=1)

    def _attended(self, x: Tensor, level: int, way: int) -> Tensor:
        if not self.config.attentive or level != self.config.attentive:
            return x
        return cast(Tensor, self.attend[way](x))

    def _smoothed(self, logits: Tensor) -> Tensor:
        """Return a weighted average over frames: a mask that flickers sounds like water."""
        reach = self.config.smoothing
        if reach == 0:
            return logits
        rising = torch.arange(1, reach + 2, dtype=logits.dtype, device=logits.device)
        weights = torch.cat((rising, rising[:-1].flip(0)))
        frames = logits.shape[1]
        padded = nn.functional.pad(logits.transpose(1, 2), (reach, reach), mode="replicate")
        terms = zip(weights / weights.sum(), range(2 * reach + 1), strict=True)
        total = sum(weight * padded[..., at : at + frames] for weight, at in terms)
        return cast(Tensor, total).transpose(1, 2)
