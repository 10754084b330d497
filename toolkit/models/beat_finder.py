"""A small network over attacks or beats: which lie on a beat or a downbeat, how long they are.

Dilated convolutions (F. Yu and V. Koltun, "Multi-scale context aggregation by dilated
convolutions", 2016) over a sequence of attacks, which `toolkit.style.listening.attack_features`
describes, or of beats, of `toolkit.style.listening.bar_features`; the task is that of L. Liu et al.
("Performance MIDI-to-score conversion by neural beat tracking", 2022), whose recurrent network it
is not. Each convolution is a linear layer of three steps side by side, since that is several times
as fast on a processor.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from toolkit.style.listening.attack_features import NUM_OUTPUTS


@dataclass(frozen=True)
class Config:
    """Describe the network.

    Parameters
    ----------
    num_features : int
        Of an attack, or of a beat.
    channels : int
        Of every layer.
    dilations : tuple of int
        One residual layer each.
    num_outputs : int
        Of an attack, or of a beat.
    dropout : float
        Share of inputs and of what layers say that is left out in training.
    """

    num_features: int
    channels: int
    dilations: tuple[int, ...]
    num_outputs: int = NUM_OUTPUTS
    dropout: float = 0.12


class Model(nn.Module):
    """Map features of attacks, or of beats, to log odds.

    Parameters
    ----------
    config : Config
        Its shape.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        channels = config.channels
        self.dilations = config.dilations
        self.mean = nn.Parameter(torch.zeros(config.num_features), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(config.num_features), requires_grad=False)
        self.entry = nn.Linear(config.num_features, channels)
        self.layers = nn.ModuleList(nn.Linear(3 * channels, 2 * channels) for _ in self.dilations)
        self.mixes = nn.ModuleList(nn.Linear(channels, channels) for _ in self.dilations)
        self.exit = nn.Linear(channels, config.num_outputs)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, features: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the outputs of each step.

        Parameters
        ----------
        features : torch.Tensor, shape (items, steps, features)
            As they were described.
        mask : torch.Tensor, shape (items, steps, 1)
            1 where there is a step and 0 in what only fills up the shorter items.

        Returns
        -------
        torch.Tensor, shape (items, steps, outputs)
            Logits; what each is for, the modules say that describe the steps.
        """
        scaled = (features - self.mean) * self.scale
        hidden = torch.relu(self.entry(self.drop(scaled))) * mask
        for dilation, layer, mix in zip(self.dilations, self.layers, self.mixes, strict=True):
            padded = functional.pad(hidden, (0, 0, dilation, dilation))
            taps = (padded[:, : -2 * dilation], hidden, padded[:, 2 * dilation :])
            value, gate = layer(torch.cat(taps, dim=2)).chunk(2, dim=2)
            gated = torch.relu(value) * torch.sigmoid(gate)
            hidden = (hidden + mix(self.drop(gated))) * mask
        outputs: torch.Tensor = self.exit(hidden)
        return outputs
