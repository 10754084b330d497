"""Tell melody and bass from what accompanies them, note by note.

Notes in the order of their onsets are a sequence; each is described by what sounds around it
(`toolkit.style.sheet.note_context`), and residual convolutions, ever more widely spaced, look along
the sequence. Separating the voices of a piano piece by a network over notes goes back to F.
Simonetta et al., "A convolutional approach to melody line identification in symbolic scores"
(2019); taking notes rather than a piano roll keeps it small and its cost in proportion to the
notes. What comes out at a note depends on `Config.context` notes to each side and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

VOICES = ("inner", "melody", "bass")
"""What the outputs stand for."""


@dataclass(frozen=True)
class Config:
    """Hold the shape of the network.

    Parameters
    ----------
    features : int
        Numbers that describe a note.
    channels : int
        Width.
    dilations : tuple of int
        Notes between the three that each block looks at.
    """

    features: int = 32
    channels: int = 64
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 1)

    @property
    def context(self) -> int:
        """Return how many notes before and after count for one."""
        return sum(self.dilations)


class _Block(nn.Module):
    """Convolve along the notes, mix, add."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.along = nn.Conv1d(
            channels, channels, 3, dilation=dilation, padding=dilation, bias=False
        )
        self.normalize = nn.BatchNorm1d(channels)
        self.mix = nn.Conv1d(channels, channels, 1)
        # A block begins near the identity.
        with torch.no_grad():
            self.mix.weight.mul_(0.2)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.normalize(self.along(x)))
        mixed: Tensor = x + self.mix(y)
        return mixed


class Model(nn.Module):
    """Map descriptions [batch, features, notes] to logits of `VOICES`, [batch, 3, notes]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = replace(config, dilations=tuple(config.dilations))
        self.enter = nn.Conv1d(config.features, config.channels, 1)
        self.blocks = nn.ModuleList(_Block(config.channels, each) for each in config.dilations)
        self.leave = nn.Conv1d(config.channels, len(VOICES), 1)

    def forward(self, described: Tensor) -> Tensor:
        """Return the logits of each note."""
        x = torch.relu(self.enter(described))
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.leave(torch.relu(x))
        return logits
