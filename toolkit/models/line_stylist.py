"""Write a line note by note: how long until the next note, and how far up or down.

A recurrent network over the notes of a line (K. Cho et al., 2014, gated recurrent units) that knows
the structural note it is bound for. The interval is drawn after the step's length, given the chord
and the place in the bar at which it arrives.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from toolkit.style.melody.line_steps import ARRIVAL_WIDTH, GAPS, INTERVALS, WIDTH


@dataclass(frozen=True)
class Config:
    """Hold the size of a `Model`.

    Parameters
    ----------
    channels : int
        Width of the recurrent layer.
    dropout : float
        Share of inputs that are silenced in training.
    """

    channels: int = 144
    dropout: float = 0.1


class Model(nn.Module):
    """Give the chances of lengths and of intervals of the next step."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width = config.channels
        self.entry = nn.Sequential(nn.Linear(WIDTH, width), nn.GELU(), nn.Dropout(config.dropout))
        self.recurrent = nn.GRU(width, width, batch_first=True)
        self.length = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(width, len(GAPS)))
        self.interval = nn.Sequential(
            nn.Linear(width + len(GAPS) + ARRIVAL_WIDTH, width),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(width, INTERVALS),
        )

    def forward(self, steps: Tensor, lengths: Tensor, arrival: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of lengths and of intervals for known steps.

        Parameters
        ----------
        steps : Tensor, shape [batch, steps, WIDTH]
            Of `toolkit.style.melody.line_steps.features`.
        lengths : Tensor of int, shape [batch, steps]
            Class of the length that each step has.
        arrival : Tensor, shape [batch, steps, ARRIVAL_WIDTH]
            Of `toolkit.style.melody.line_steps.arrival`.
        """
        hidden, _ = self.recurrent(self.entry(steps))
        return self.length(hidden), self.intervals(hidden, lengths, arrival)

    def step(self, steps: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return the logits of lengths [batch, GAPS], the hidden values, and the new state.

        Parameters
        ----------
        steps : Tensor, shape [batch, steps, WIDTH]
            Features of the steps gone since the call before, and of the next one of each line.
        state : Tensor, optional
            What the call before returned; None at the beginning of lines.
        """
        hidden, state = self.recurrent(self.entry(steps), state)
        return self.length(hidden[:, -1]), hidden[:, -1], state

    def intervals(self, hidden: Tensor, lengths: Tensor, arrival: Tensor) -> Tensor:
        """Return the logits of intervals, shape [..., INTERVALS]."""
        length = nn.functional.one_hot(lengths, len(GAPS)).to(hidden.dtype)
        logits: Tensor = self.interval(torch.cat((hidden, length, arrival), dim=-1))
        return logits
