"""Play a line: when each note comes, how loud it is, how much of its length sounds.

A recurrent network over notes (gated recurrent units, K. Cho et al., 2014) that hears what it has
played before, so that lateness wanders as a player's does instead of jittering.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from toolkit.style.performing.line_playing import CLASSES, VALUES, WIDTH


@dataclass(frozen=True)
class Config:
    """Hold the size of a `Model`.

    Parameters
    ----------
    channels : int
        Width of the recurrent layer.
    dropout : float
        Share of values that are silenced in training.
    """

    channels: int = 80
    dropout: float = 0.1


class Model(nn.Module):
    """Give the chances of classes of timing, loudness and length."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width = config.channels
        self.entry = nn.Sequential(nn.Linear(WIDTH + VALUES, width), nn.GELU())
        self.recurrent = nn.GRU(width, width, batch_first=True)
        self.leave = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(2 * width, width),
            nn.GELU(),
            nn.Linear(width, VALUES * CLASSES),
        )

    def forward(self, notes: Tensor, played: Tensor) -> Tensor:
        """Return logits [batch, notes, VALUES, CLASSES] of known notes.

        Parameters
        ----------
        notes : Tensor, shape [batch, notes, WIDTH]
            Of `toolkit.style.performing.line_playing.features`.
        played : Tensor, shape [batch, notes, VALUES]
            What was made of the note before each, scaled.
        """
        entered = self.entry(torch.cat((notes, played), dim=-1))
        hidden, _ = self.recurrent(entered)
        return self._answer(hidden, entered)

    def step(self, note: Tensor, played: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return logits [batch, VALUES, CLASSES] of one more note, and the new state.

        Parameters
        ----------
        note : Tensor, shape [batch, WIDTH]
        played : Tensor, shape [batch, VALUES]
        state : Tensor, optional
            What the call before returned; None at the beginning.
        """
        entered = self.entry(torch.cat((note, played), dim=-1))[:, None]
        hidden, state = self.recurrent(entered, state)
        return self._answer(hidden, entered)[:, 0], state

    def _answer(self, hidden: Tensor, entered: Tensor) -> Tensor:
        logits: Tensor = self.leave(torch.cat((hidden, entered), dim=-1))
        return logits.view(*logits.shape[:-1], VALUES, CLASSES)
