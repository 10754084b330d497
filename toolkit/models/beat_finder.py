"""A small network over attacks: which lie on a beat, which on a downbeat, how long beats are.

Dilated convolutions (F. Yu and V. Koltun, "Multi-scale context aggregation by dilated
convolutions", 2016) over the sequence of attacks, which `toolkit.style.listening.attack_features`
describes; the task is that of L. Liu et al. ("Performance MIDI-to-score conversion by neural beat
tracking", 2022), whose recurrent network it is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from toolkit.style.listening.attack_features import NUM_OUTPUTS


@dataclass(frozen=True)
class Config:
    """Describe the network.

    Parameters
    ----------
    num_features : int
        Of an attack.
    channels : int
        Of every layer.
    dilations : tuple of int
        One residual layer each.
    networks : int
        How many of that shape there are.
    """

    num_features: int
    channels: int
    dilations: tuple[int, ...]
    networks: int = 1


class Model(nn.ModuleList):
    """Ask several networks, each of which heard other composers.

    Parameters
    ----------
    config : Config
        Their shape and number.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(Network(config) for _ in range(config.networks))

    def forward(self, features: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the mean of what the networks say, as `Network.forward` does."""
        return torch.stack([each(features, mask) for each in self]).mean(dim=0)


class Network(nn.Module):
    """Map features of attacks to log odds.

    Parameters
    ----------
    config : Config
        Its shape.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(config.num_features), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(config.num_features), requires_grad=False)
        self.entry = nn.Conv1d(config.num_features, config.channels, 1)
        self.layers = nn.ModuleList(
            nn.Conv1d(config.channels, 2 * config.channels, 3, padding=dilation, dilation=dilation)
            for dilation in config.dilations
        )
        self.mixes = nn.ModuleList(
            nn.Conv1d(config.channels, config.channels, 1) for _ in config.dilations
        )
        self.exit = nn.Conv1d(config.channels, NUM_OUTPUTS, 1)
        self.drop = nn.Dropout(0.15)

    def forward(self, features: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the outputs of each attack.

        Parameters
        ----------
        features : torch.Tensor, shape (items, features, attacks)
            As they were described.
        mask : torch.Tensor, shape (items, 1, attacks)
            1 where there is an attack and 0 in what only fills up the shorter items.

        Returns
        -------
        torch.Tensor, shape (items, NUM_OUTPUTS, attacks)
            Log odds of beat and downbeat, and logits of the beat's period.
        """
        scaled = (features - self.mean[:, None]) * self.scale[:, None]
        hidden = torch.relu(self.entry(self.drop(scaled))) * mask
        for layer, mix in zip(self.layers, self.mixes, strict=True):
            value, gate = layer(hidden).chunk(2, dim=1)
            hidden = (hidden + mix(self.drop(torch.relu(value) * torch.sigmoid(gate)))) * mask
        outputs: torch.Tensor = self.exit(hidden)
        return outputs
