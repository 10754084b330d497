"""A recurrent network that says which chord comes next and how long it lasts.

What follows a chord is partly a matter of the key (a tonic is near), partly of the last step (a
fifth down): the score of a chord is the sum of two, one by its root above the tonic and one by its
root above the last chord's, so that a turn learned in one place is known in every other.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from toolkit.style.harmony.chord_events import CLASSES, FIELDS, NUM_CHORDS, NUM_DURATIONS


@dataclass(frozen=True)
class Config:
    """Size the network.

    Parameters
    ----------
    hidden : int
        Of the recurrent layer.
    width : int
        Of the embeddings of root and quality.
    dropout : float
        Share of inputs and states that are left out in training.
    """

    hidden: int = 128
    width: int = 24
    dropout: float = 0.3


class Model(nn.Module):
    """Score what comes next.

    Parameters
    ----------
    config : Config
        Sizes.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, small = config.width, 8
        self.roots = nn.Embedding(13, width)
        self.kinds = nn.Embedding(len(CLASSES) + 1, width)
        self.durations = nn.Embedding(NUM_DURATIONS, small)
        self.places = nn.ModuleList(nn.Embedding(size, small) for size in FIELDS)
        size = 2 * width + small * (1 + len(FIELDS))
        self.recurrent = nn.GRU(size, config.hidden, batch_first=True)
        self.by_key = nn.Linear(config.hidden, NUM_CHORDS)
        self.by_step = nn.Linear(config.hidden, NUM_CHORDS)
        self.length = nn.Linear(config.hidden + 2 * width, NUM_DURATIONS)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, chords: Tensor, durations: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """Return log odds of every chord and of the durations of the chords that come.

        Parameters
        ----------
        chords : Tensor of int, shape (batch, events + 1)
            The chord before, then those to be scored; `toolkit.style.harmony.chord_events.START`
            before the first.
        durations : Tensor of int, shape (batch, events)
            Of the chord before each event.
        places : Tensor of int, shape (batch, events, 4)
            Where each event begins.

        Returns
        -------
        tuple[Tensor, Tensor]
            Shapes (batch, events, `NUM_CHORDS`) and (batch, events, `NUM_DURATIONS`).
        """
        known = self.embed(chords)
        fields = [table(places[..., index]) for index, table in enumerate(self.places)]
        inputs = torch.cat([known[:, :-1], self.durations(durations), *fields], dim=-1)
        states = self.dropout(self.recurrent(self.dropout(inputs))[0])
        odds = self.by_key(states) + _turned(self.by_step(states), chords[:, :-1] % 12)
        lengths = self.length(torch.cat([states, known[:, 1:]], dim=-1))
        return odds, lengths

    def embed(self, chords: Tensor) -> Tensor:
        """Return the embeddings of chords, shape (..., 2 * width)."""
        none = chords >= NUM_CHORDS
        roots = torch.where(none, 12, chords % 12)
        return torch.cat([self.roots(roots), self.kinds(chords // 12)], dim=-1)


def _turned(odds: Tensor, roots: Tensor) -> Tensor:
    """Return log odds by the step from the last root as log odds by the root."""
    steps = (torch.arange(12, device=odds.device) - roots[..., None]) % 12
    by_class = odds.reshape(*odds.shape[:-1], len(CLASSES), 12)
    index = steps[..., None, :].expand(by_class.shape)
    return by_class.gather(-1, index).reshape(odds.shape)
