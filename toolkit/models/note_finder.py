"""Find notes: a small network that is the same for every pitch.

The spectrum in logarithmic frequency (`toolkit.models.constant_q`) is stacked harmonic over
harmonic, so that one convolution sees a note's fundamental, its overtones and its sub-octave at
once (R. Bittner et al., "A lightweight instrument-agnostic model for polyphonic note transcription
and multipitch estimation", 2022). From there on each of the 88 pitches has its own row of features
and all share their weights: residual blocks look along time, ever more widely spaced, and before
each some channels are shifted by the intervals of the harmonic series, which lets a pitch hear what
its octaves and twelfths are taken for, at no cost. All looks are bounded: what comes out at a frame
depends on `Config.context` frames to each side and on nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from toolkit.models.constant_q import BINS_PER_OCTAVE, NUM_PITCHES
from toolkit.models.note_decoding import Thresholds
from toolkit.run import Run
from toolkit.values import Audio, Notes

_HARMONICS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0)
_BELOW = BINS_PER_OCTAVE
_INTERVALS = (12, -12, 19, -19, 24, 28, 1, -1)
_ONSET_PRIOR, _FRAME_PRIOR = 0.01, 0.05


@dataclass(frozen=True)
class Config:
    """Hold the shape of the network.

    Parameters
    ----------
    channels : int
        Width; a multiple of 16.
    dilations : tuple of int
        Frames between the three that each block looks at.
    """

    channels: int = 32
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 1, 2)

    @property
    def context(self) -> int:
        """Return how many frames before and after count for one."""
        return 1 + sum(self.dilations)


class _Block(nn.Module):
    """Shift some channels by musical intervals, convolve along time, mix, add."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.group = channels // (2 * len(_INTERVALS))
        self.along_time = nn.Conv2d(
            channels, channels, (3, 1), dilation=(dilation, 1), padding=(dilation, 0), bias=False
        )
        self.normalize = nn.BatchNorm2d(channels)
        self.mix = nn.Conv2d(channels, channels, 1)
        # A block begins near the identity.
        with torch.no_grad():
            self.mix.weight.mul_(0.2)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.normalize(self.along_time(self._shifted(x))))
        return torch.relu(x + self.mix(y))

    def _shifted(self, x: Tensor) -> Tensor:
        still = x.shape[1] - self.group * len(_INTERVALS)
        # One split rather than slices: their gradients would each be padded to full size and added.
        first, *others = torch.split(x, [still, *[self.group] * len(_INTERVALS)], dim=1)
        moved = (_shift(each, by) for each, by in zip(others, _INTERVALS, strict=True))
        return torch.cat((first, *moved), dim=1)


class Model(nn.Module):
    """Map levels [batch, 2, frames, 288] to onset, frame and velocity [batch, 3, frames, 88].

    Onset and frame are logits; velocity is 0..1 and counts where there is an onset.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = Config(config.channels, tuple(config.dilations))
        channels = config.channels
        self.enter = nn.Conv2d(
            2 * len(_HARMONICS), channels, (3, 5), stride=(1, 3), padding=(1, 1), bias=False
        )
        self.normalize = nn.BatchNorm2d(channels)
        self.blocks = nn.ModuleList(_Block(channels, each) for each in config.dilations)
        self.leave = nn.Conv2d(channels, 3, 1)
        with torch.no_grad():
            priors = [_ONSET_PRIOR, _FRAME_PRIOR, 0.5]
            self.leave.bias.copy_(  # type: ignore[union-attr]
                torch.tensor([math.log(each / (1 - each)) for each in priors])
            )

    def forward(self, levels: Tensor) -> Tensor:
        """Return onset logits, frame logits and velocities."""
        x = torch.relu(self.normalize(self.enter(_stacked(levels))))
        for block in self.blocks:
            x = block(x)
        onset, frame, velocity = self.leave(x).float().unbind(dim=1)
        return torch.stack((onset, frame, torch.sigmoid(velocity)), dim=1)


def transcribe(
    model: Model,
    audio: Audio,
    run: Run,
    *,
    thresholds: Thresholds | None = None,
    program: int = 0,
) -> Notes:
    """Return the notes of a recording, as `toolkit.models.note_listening.listen` does.

    Examples
    --------
    >>> import numpy as np
    >>> silence = Audio(np.zeros((1, 44100), np.float32), 44100)
    >>> len(transcribe(Model(Config()).eval(), silence, Run()))
    0
    """
    from toolkit.models.note_listening import listen

    return listen(model, audio, run, thresholds=thresholds or Thresholds(), program=program)


def _stacked(levels: Tensor) -> Tensor:
    """Return the levels at harmonics of every pitch as channels, [batch, 20, frames, 264]."""
    above = max(round(BINS_PER_OCTAVE * math.log2(each)) for each in _HARMONICS)
    width = 3 * NUM_PITCHES
    padded = nn.functional.pad(levels, (_BELOW, max(width + above - levels.shape[-1], 0)))
    parts = []
    for harmonic in _HARMONICS:
        first = _BELOW + round(BINS_PER_OCTAVE * math.log2(harmonic))
        parts.append(padded[..., first : first + width])
    return torch.cat(parts, dim=1)


def _shift(x: Tensor, interval: int) -> Tensor:
    """Return what lies an interval above (below if negative) each pitch, 0 beyond the ends."""
    return nn.functional.pad(x, (-interval, interval))
