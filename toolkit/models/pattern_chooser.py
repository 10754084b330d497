"""Point from the situation in a piece to the bar of a reference whose pattern suits it.

Attention over the bars of a reference that was never seen before, as one-shot learners match an
example to a few others (O. Vinyals et al., "Matching networks for one shot learning", 2016). The
score is minus a distance of situations, which is what the search for the nearest bar goes by; but
what counts in it is read off the reference: features along which its own bars differ in what is
played weigh more. A small network over pairs corrects that, another one says what a bar is worth
whatever is asked.
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
    features : int
        Numbers that describe a situation.
    facts : int
        Numbers that describe what a bar of the reference is to the others.
    channels : int
        Of the hidden layers.
    """

    features: int = 39
    facts: int = 5
    channels: int = 32


class Model(nn.Module):
    """Map situations of a piece and of a reference, and what is known of it, to log odds."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width = config.channels
        self.near = nn.Parameter(torch.full((config.features,), -1.0))
        self.gain = nn.Parameter(torch.full((config.features,), 5.0))
        self.key = nn.Linear(config.features + config.facts, width)
        self.worth = nn.Linear(width, 1)
        self.pair = nn.Linear(2 * config.features + config.facts, width)
        self.suits = nn.Linear(width, 1)
        # It begins as a search for the nearest.
        with torch.no_grad():
            self.suits.weight.mul_(0.1)

    def forward(self, queries: Tensor, keys: Tensor, facts: Tensor, bearings: Tensor) -> Tensor:
        """Return log odds that bars suit, of any sum, [batch, bars, reference bars].

        Parameters
        ----------
        queries, keys : Tensor [batch, bars, features], [batch, reference bars, features]
            Situations of the piece and of the reference.
        facts : Tensor [batch, reference bars, facts]
            Of `toolkit.style.borrowed.pattern_distances.facts`.
        bearings : Tensor [batch, features]
            Of `toolkit.style.borrowed.pattern_distances.bearings`.
        """
        apart = (queries[:, :, None] - keys[:, None]) ** 2
        weights = nn.functional.softplus(self.near + self.gain * bearings)
        distance = (apart * weights[:, None, None]).sum(dim=-1)
        worth = self.worth(torch.relu(self.key(torch.cat([keys, facts], dim=-1))))[..., 0]
        known = facts[:, None].expand(-1, queries.shape[1], -1, -1)
        pairs = torch.cat([apart, apart * bearings[:, None, None], known], dim=-1)
        suits = self.suits(torch.relu(self.pair(pairs)))[..., 0]
        score: Tensor = suits + worth[:, None] - distance
        return score
