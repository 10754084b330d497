"""Learn to play lines: timing, loudness and lengths of notes, from transcribed solos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from toolkit.adapters import wjazzd_playing
from toolkit.adapters.wjazzd_playing import Played
from toolkit.style.performing import line_playing
from toolkit.training.simulation import Dice
from toolkit.training.sources import Ledger

Batch = tuple[Tensor, Tensor, Tensor, Tensor]

_VALIDATION_BATCHES = 4
_VALIDATION_BATCH = 32


@dataclass(frozen=True, eq=False)
class Performers:
    """Hold played solos and what the network is told of their notes."""

    solos: tuple[Played, ...]

    @property
    def hours(self) -> float:
        """Return how much music there is."""
        beats = sum((solo.written.gaps * 60 / solo.written.tempo).sum() for solo in self.solos)
        return float(beats) / 3600

    @cached_property
    def _features(self) -> tuple[Any, ...]:
        return tuple(line_playing.features(each.written, each.character) for each in self.solos)

    @cached_property
    def _chances(self) -> Any:
        sizes = np.array([len(solo) for solo in self.solos], float)
        return sizes / sizes.sum()

    def excerpt(self, rng: np.random.Generator, notes: int) -> tuple[Any, ...]:
        """Return features, values before, classes and which values are known, of so many notes."""
        number = int(rng.choice(len(self.solos), p=self._chances))
        values = self.solos[number].values
        first = int(rng.integers(max(len(values) - notes, 0) + 1))
        inside = np.minimum(np.arange(first, first + notes), len(values) - 1)
        known = np.isfinite(values[inside]) & (np.arange(notes) < len(values))[:, None]
        before = np.where(inside[:, None] > 0, values[np.maximum(inside - 1, 0)], 0.0)
        low, high = (np.array(each) for each in zip(*line_playing.RANGES, strict=True))
        heard = np.clip(np.nan_to_num(before), low, high) / np.array(line_playing.SCALES)
        classes = line_playing.classes(np.nan_to_num(values[inside]))
        return self._features[number][inside], heard.astype(np.float32), classes, known


@dataclass(frozen=True)
class Performing:
    """Take notes of solos, and score how well is foretold what players made of them.

    Parameters
    ----------
    notes : int
        Length of an item.
    """

    notes: int = 64

    @cached_property
    def _held(self) -> Performers:
        return Performers(wjazzd_playing.corpus("validation"))

    def prepare(self, ledger: Ledger) -> Iterator[Path]:
        """Yield nothing: the database is read as it is."""
        return iter(())

    def open_corpus(self, ledger: Ledger) -> Performers:
        """Return the solos to train on."""
        return Performers(wjazzd_playing.corpus("train"))

    def batch(self, corpus: Performers, dice: Dice, batch: int, num_samples: int) -> Batch:
        """Return features, values before each note, classes, and which of them are known."""
        rng = np.random.default_rng(dice.integer(0, 2**62))
        items = [corpus.excerpt(rng, self.notes) for _ in range(batch)]
        parts = [
            torch.from_numpy(np.stack(part)).to(dice.device) for part in zip(*items, strict=True)
        ]
        return parts[0], parts[1], parts[2], parts[3]

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the sum of the cross-entropies of timing, loudness and length."""
        return _entropies(model, batch).sum()

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return figures of players that are in no training, in nats a note."""
        dice = Dice(torch.Generator(device).manual_seed(7))
        entropies = [
            _entropies(model, self.batch(self._held, dice, _VALIDATION_BATCH, 0)).cpu().numpy()
            for _ in range(_VALIDATION_BATCHES)
        ]
        timing, loudness, length = np.mean(entropies, axis=0)
        return {
            "timing_nats": float(timing),
            "loudness_nats": float(loudness),
            "length_nats": float(length),
        }


def _entropies(model: nn.Module, batch: Batch) -> Tensor:
    notes, played, classes, known = batch
    logits = model(notes, played)
    entropy = nn.functional.cross_entropy(
        logits.flatten(0, 2), classes.flatten(), reduction="none"
    ).view(classes.shape)
    total: Tensor = (entropy * known).sum(dim=(0, 1)) / known.sum(dim=(0, 1)).clamp_min(1)
    return total
