"""A network over beats: which chord, bass, key and function, and where chords change.

Layers go in turn from every pitch class to every other and, by dilated convolutions (F. Yu and V.
Koltun, "Multi-scale context aggregation by dilated convolutions", 2016), along the beats. Each
weight belongs to an interval, not to a pitch class, so that music in another key gives the same
answer there, without any music having to be transposed for it (T. Cohen and M. Welling, "Group
equivariant convolutional networks", 2016, for the group of the twelve transpositions). A layer in
the middle adds what it finds in the whole piece.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from toolkit.style.listening.chord_features import NUM_FEATURES
from toolkit.style.listening.chord_symbols import QUALITIES

HEADS = {"chord": len(QUALITIES), "bass": 1, "key": 2}
"""Outputs of each pitch class."""

PLAIN_HEADS = {"none": 1, "change": 1, "function": 3}
"""Outputs of each beat: no chord; another one than before; tonic, subdominant, dominant."""


@dataclass(frozen=True)
class Config:
    """Describe the network.

    Parameters
    ----------
    features : int
        Of a pitch class in a beat.
    channels : int
        Of a pitch class in every layer.
    dilations : tuple of int
        One residual layer each.
    """

    features: int = NUM_FEATURES
    channels: int = 28
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 2, 1)


class Circular(nn.Module):
    """Go from every pitch class to every other, by their interval.

    Parameters
    ----------
    inputs, outputs : int
        Channels of a pitch class.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter((12 * inputs) ** -0.5 * torch.randn(outputs, inputs, 12))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map [batch, 12 × inputs, beats] to [batch, 12 × outputs, beats], pitch class first."""
        outputs, inputs, _ = self.weight.shape
        steps = (torch.arange(12)[None, :] - torch.arange(12)[:, None]) % 12
        kernel = self.weight[:, :, steps]  # [outputs, inputs, to, from]
        kernel = kernel.permute(2, 0, 3, 1).reshape(12 * outputs, 12 * inputs, 1)
        y: Tensor = nn.functional.conv1d(x, kernel, self.bias.repeat(12))
        return y


class Model(nn.Module):
    """Map descriptions [batch, beats, 12, features] to outputs by name.

    Parameters
    ----------
    config : Config
        Its shape.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        channels = config.channels
        self.channels = channels
        self.enter = Circular(config.features, channels)
        self.mixes = nn.ModuleList(Circular(channels, channels) for _ in config.dilations)
        self.layers = nn.ModuleList(
            nn.Conv1d(channels, 2 * channels, 3, padding=dilation, dilation=dilation)
            for dilation in config.dilations
        )
        self.whole = Circular(channels, channels)
        self.leave = nn.ModuleDict(
            {name: nn.Conv1d(channels, count, 1) for name, count in HEADS.items()}
        )
        self.plain = nn.ModuleDict(
            {name: nn.Conv1d(2 * channels, count, 1) for name, count in PLAIN_HEADS.items()}
        )
        self.drop = nn.Dropout(0.1)

    def forward(self, described: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return logits by head.

        Parameters
        ----------
        described : Tensor, shape (batch, beats, 12, features)
            By `toolkit.style.listening.chord_features.describe`.
        mask : Tensor, shape (batch, beats)
            1 where there is a beat, 0 in what only fills up the shorter items.

        Returns
        -------
        dict of Tensor
            Shape (batch, beats, 12, outputs) for `HEADS`, (batch, beats, outputs) for
            `PLAIN_HEADS`.
        """
        there = mask[:, None, :]
        x = torch.relu(self.enter(described.flatten(2).transpose(1, 2))) * there
        for number, (layer, mix) in enumerate(zip(self.layers, self.mixes, strict=True)):
            if number == len(self.layers) // 2:
                mean = x.sum(dim=2, keepdim=True) / there.sum(dim=2, keepdim=True).clamp_min(1)
                x = (x + torch.relu(self.whole(mean))) * there
            mixed = self.drop(torch.relu(mix(x)))
            value, gate = self._along(layer, self._by_tone(mixed)).chunk(2, dim=2)
            x = (x + (value * torch.sigmoid(gate)).flatten(1, 2)) * there
        tones = self._by_tone(x)
        summary = torch.cat([tones.mean(dim=1), tones.amax(dim=1)], dim=1)
        found = {
            name: self._along(head, tones).permute(0, 3, 1, 2) for name, head in self.leave.items()
        }
        found |= {name: head(summary).transpose(1, 2) for name, head in self.plain.items()}
        return found

    def _by_tone(self, x: Tensor) -> Tensor:
        """Return [batch, 12 × channels, beats] as [batch, 12, channels, beats]."""
        return x.reshape(x.shape[0], 12, -1, x.shape[2])

    def _along(self, layer: nn.Module, x: Tensor) -> Tensor:
        """Apply a layer of channels to every pitch class, [batch, 12, channels, beats]."""
        y: Tensor = layer(x.flatten(0, 1))
        return y.reshape(x.shape[0], 12, *y.shape[1:])
