"""Let every cell of a feature map look at its whole moment, and at its band for a while.

Axial attention: attention along one axis after the other costs the sum of their lengths, not the
product (Ho et al., "Axial attention in multidimensional transformers", 2019). Along frequency a
cell finds the partials that belong to it, wherever they lie, which a fixed layer along frequency
cannot; along time it finds how the tone began and what was played before. Time is looked at within
a fixed reach and by distance alone, so that a recording can be cut anywhere.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AxialAttention(nn.Module):
    """Hold attention along frequency, attention along time, and a layer for every cell.

    Each is added to what it is given and adds nothing at first, so that the block can be put into
    a network that has been trained.

    Parameters
    ----------
    channels : int
        Of the map; a multiple of `heads`.
    bands : int
        Its length along frequency.
    reach : int
        How many frames of the map a cell sees to each side.
    heads : int
        Attentions side by side.
    """

    def __init__(self, channels: int, bands: int, reach: int, heads: int = 4) -> None:
        super().__init__()
        self.heads, self.reach = heads, reach
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(3))
        self.ask = nn.ModuleList(nn.Linear(channels, 3 * channels) for _ in range(2))
        self.tell = nn.ModuleList(nn.Linear(channels, channels) for _ in range(2))
        self.between_bands = nn.Parameter(torch.zeros(heads, bands, bands))
        self.by_distance = nn.Parameter(torch.zeros(heads, 2 * reach + 1))
        self.widen = nn.Linear(channels, 2 * channels)
        self.narrow = nn.Linear(2 * channels, channels)
        for last in (*self.tell, self.narrow):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return a map [batch, channels, frames, bands] for one of the same shape."""
        x = x.permute(0, 2, 3, 1)
        x = x + self._attend(x, 0, self.between_bands)
        distances = self._distances(x.shape[1], x.device)
        x = x + self._attend(x.transpose(1, 2), 1, distances).transpose(1, 2)
        x = x + self.narrow(nn.functional.gelu(self.widen(self.norms[2](x))))
        return x.permute(0, 3, 1, 2)

    def _attend(self, x: Tensor, axis: int, bias: Tensor) -> Tensor:
        """Return what cells learn along the next to last axis of [batch, any, length, channels]."""
        batch, others, length, channels = x.shape
        asked = self.ask[axis](self.norms[axis](x))
        asked = asked.reshape(batch * others, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = asked.unbind(0)
        found = nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias.to(query.dtype)
        )
        told: Tensor = self.tell[axis](
            found.transpose(1, 2).reshape(batch, others, length, channels)
        )
        return told

    def _distances(self, frames: int, device: torch.device) -> Tensor:
        """Return the bias between every two frames, -inf where they are out of reach."""
        index = torch.arange(frames, device=device)
        apart = index[None] - index[:, None]
        near = self.by_distance[:, apart.clamp(-self.reach, self.reach) + self.reach]
        return near.masked_fill(apart.abs() > self.reach, float("-inf"))
