"""Tell the samples of clicks from those of music by a small U-Net along time.

Four samples at a time become channels, so that every convolution runs at a quarter of the rate or
less; the middle of the network runs at a sixteenth, where dilations (WaveNet: van den Oord et al.
2016) let it hear some 30 ms to each side. What it is given has been whitened already
(`toolkit.dsp.click_features`), which is why so little suffices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    """Hold the shape of the network.

    Parameters
    ----------
    features : int
        Input channels, as `toolkit.dsp.click_features.features` makes them.
    stack : int
        Samples that become channels, and how much slower the middle runs than the outer level.
    width, middle : int
        Channels of the outer level and of the middle.
    dilations : tuple of int
        Of the middle's blocks.
    """

    features: int = 4
    stack: int = 4
    width: int = 32
    middle: int = 64
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 1, 2, 4)


class _Block(nn.Module):
    """A dilated convolution and a mixing of the channels, added to the input.

    The second convolution begins at zero, which makes a deep stack trainable without normalization
    (Zhang, Dauphin & Ma 2019); without it, silence beside a click changes nothing in the click.
    """

    def __init__(self, channels: int, dilation: int, size: int) -> None:
        super().__init__()
        self.near = nn.Conv2d(
            channels, channels, (1, 3), dilation=(1, dilation), padding=(0, dilation)
        )
        self.mix = nn.Conv2d(channels, channels, (1, size), padding=(0, size // 2))
        nn.init.zeros_(self.mix.weight)
        nn.init.zeros_(cast(Tensor, self.mix.bias))

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, x + self.mix(torch.relu(self.near(torch.relu(x)))))


class Model(nn.Module):
    """Map features [batch, features, samples] to log odds of a click [batch, samples]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        stack, width, middle = config.stack, config.width, config.middle
        self.enter = nn.Conv2d(config.features * stack, width, (1, 5), padding=(0, 2))
        self.down = _Block(width, 1, 3)
        self.shrink = nn.Conv2d(width, middle, (1, stack), stride=(1, stack))
        self.blocks = nn.Sequential(*(_Block(middle, each, 1) for each in config.dilations))
        self.grow = nn.ConvTranspose2d(middle, width, (1, stack), stride=(1, stack))
        self.up = nn.Sequential(_Block(width, 1, 3), _Block(width, 1, 3))
        self.leave = nn.Conv2d(width, stack, (1, 3), padding=(0, 1))
        # Clicks are rare: an untrained network finds none.
        nn.init.constant_(cast(Tensor, self.leave.bias), -4.0)

    def forward(self, features: Tensor) -> Tensor:
        """Return the log odds; any number of samples."""
        batch, channels, num_samples = features.shape
        stack = self.config.stack
        padding = -num_samples % stack**2
        x = nn.functional.pad(features, (0, padding))
        x = x.reshape(batch, channels, 1, -1, stack).permute(0, 1, 4, 2, 3)
        # Convolutions of few channels are faster on a CPU with the channels last.
        x = x.reshape(batch, channels * stack, 1, -1).contiguous(memory_format=torch.channels_last)
        outer = self.down(self.enter(x))
        inner = self.blocks(self.shrink(torch.relu(outer)))
        x = self.up(outer + self.grow(torch.relu(inner)))
        odds = self.leave(torch.relu(x)).permute(0, 2, 3, 1)
        return cast(Tensor, odds.reshape(batch, -1)[:, :num_samples])


# Samples that the network hears at a time, and on each side of them what its convolutions reach.
_PIECE, _REACH = 2**16, 1024


def odds(model: Model, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the log odds [samples] of features [features, samples], whatever their length.

    Pieces begin on the grid of the network, so that how long they are makes no difference.
    """
    device = next(model.parameters()).device
    total = features.shape[1]
    found = np.empty(total, np.float32)
    with torch.inference_mode():
        for begin in range(0, total, _PIECE):
            first, end = max(begin - _REACH, 0), min(begin + _PIECE, total)
            piece = torch.from_numpy(features[:, first : min(end + _REACH, total)])
            heard = model(piece[None].to(device))[0].cpu().numpy()
            found[begin:end] = heard[begin - first : end - first]
    return found
