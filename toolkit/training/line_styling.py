"""Learn to write lines between structural notes, from transcribed solos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from toolkit.style.melody import line_steps
from toolkit.training.simulation import Dice
from toolkit.training.solos import Line, lines
from toolkit.training.sources import Ledger

Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]

_VALIDATION_BATCHES = 4
_VALIDATION_BATCH = 32


@dataclass(frozen=True, eq=False)
class Solos:
    """Hold lines to learn from; longer ones are drawn more often."""

    lines: tuple[Line, ...]

    @property
    def hours(self) -> float:
        """Return how much music there is."""
        return sum(float(np.ptp(line.solo.onsets)) for line in self.lines) / 3600

    def draw(self, rng: np.random.Generator, fewest: int) -> Line:
        """Return a line of more than so many notes."""
        sizes = np.array([max(len(line.slots) - fewest, 0) for line in self.lines])
        return self.lines[int(rng.choice(len(sizes), p=sizes / sizes.sum()))]


@dataclass(frozen=True)
class LineStyling:
    """Make steps of solos, and score how well they are foretold.

    Parameters
    ----------
    steps : int
        Length of an item in steps.
    no_chord : float
        Share of items whose chords are hidden, so that lines without harmony can be written too.
    """

    steps: int = 48
    no_chord: float = 0.08

    @cached_property
    def _held(self) -> Solos:
        return Solos(lines("validation"))

    def prepare(self, ledger: Ledger) -> Iterator[Path]:
        """Yield nothing: the database is read as it is."""
        return iter(())

    def open_corpus(self, ledger: Ledger) -> Solos:
        """Return the solos to train on."""
        return Solos(lines("train"))

    def batch(self, corpus: Solos, dice: Dice, batch: int, num_samples: int) -> Batch:
        """Return features, classes of lengths, arrivals, classes of intervals, and what counts."""
        rng = np.random.default_rng(dice.integer(0, 2**62))
        items = [self._item(corpus, rng) for _ in range(batch)]
        parts = [
            torch.from_numpy(np.stack(part)).to(dice.device) for part in zip(*items, strict=True)
        ]
        return parts[0], parts[1], parts[2], parts[3], parts[4]

    def _item(self, corpus: Solos, rng: np.random.Generator) -> tuple[Any, ...]:
        line = corpus.draw(rng, self.steps)
        first = int(rng.integers(len(line.slots) - self.steps))
        steps, inside = line.steps(rng, first, self.steps)
        target = inside[1:]
        slots, beat = line.slots[target], line.slots[target] // line_steps.SLOTS
        chords, roots = line.chromas[beat], line.roots[beat]
        if rng.random() < self.no_chord:
            steps.now[:], steps.then[:], steps.root[:] = 0, 0, -1
            chords, roots = np.zeros_like(chords), np.full_like(roots, -1)
        gaps = line_steps.gap_class(slots - steps.slot)
        intervals = line_steps.interval_class(line.pitches[target] - steps.pitch)
        arrival = line_steps.arrival(slots, chords, roots, steps.pitch)
        # The step onto a structural note is given, not chosen.
        return line_steps.features(steps), gaps, arrival, intervals, steps.left > 0

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the cross-entropies of lengths and intervals, where they are chosen."""
        length, interval = _entropies(model, batch)
        return length + interval

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return figures of players that are in no training: nats a step, and hits."""
        dice = Dice(torch.Generator(device).manual_seed(7))
        entropies = []
        for _ in range(_VALIDATION_BATCHES):
            batch = self.batch(self._held, dice, _VALIDATION_BATCH, 0)
            entropies.append([float(each) for each in _entropies(model, batch)])
        length, interval = np.mean(entropies, axis=0)
        return {"length_nats": float(length), "interval_nats": float(interval)}


def _entropies(model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    steps, gaps, arrival, intervals, counts = batch
    length, interval = model(steps, gaps, arrival)
    entropy = nn.functional.cross_entropy
    return entropy(length[counts], gaps[counts]), entropy(interval[counts], intervals[counts])
