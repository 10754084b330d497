"""Learn which chord comes next, from charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from toolkit.evaluation import chord_corpora
from toolkit.style.harmony.chord_events import FIELDS, START, Events, events
from toolkit.training.simulation import Dice
from toolkit.training.sources import Ledger

Batch = tuple[Tensor, Tensor, Tensor, Tensor]

_NONE = -100  # what cross-entropy leaves out
_DURATION_WEIGHT = 0.5


@dataclass(frozen=True, eq=False)
class Charts:
    """Hold charts as events; longer ones are drawn more often."""

    charts: tuple[Events, ...]

    @property
    def hours(self) -> float:
        """Return how much there is, in chords / 3600."""
        return sum(len(each.chords) for each in self.charts) / 3600


@dataclass(frozen=True)
class ChordLanguage:
    """Make excerpts of charts, and score how well their chords are foretold.

    Parameters
    ----------
    corpus : str
        A key of `toolkit.evaluation.chord_corpora.CORPORA`.
    smoothing : float
        Share of the probability that every chord gets, however rare.
    """

    corpus: str = "standards"
    smoothing: float = 0.03

    @cached_property
    def _held(self) -> Charts:
        return _open(self.corpus, "validation")

    def prepare(self, ledger: Ledger) -> Iterator[Path]:
        """Fetch the charts, which yields no file of its own."""
        chord_corpora.corpus(self.corpus, "train")
        return iter(())

    def open_corpus(self, ledger: Ledger) -> Charts:
        """Return the charts to train on."""
        return _open(self.corpus, "train")

    def batch(self, corpus: Charts, dice: Dice, batch: int, num_samples: int) -> Batch:
        """Return chords, durations, places and how much is padding, of random excerpts.

        Shapes are (batch, events + 1) for chords and durations, the first ones being those before,
        (batch, events, 4) for places and (batch, events) for what is real.
        """
        rng = np.random.default_rng(dice.integer(0, 2**62))
        sizes = np.array([len(each.chords) for each in corpus.charts], float)
        drawn = rng.choice(len(sizes), batch, p=sizes / sizes.sum())
        starts = [int(max(rng.uniform(-0.4, 1) * (sizes[index] - 8), 0)) for index in drawn]
        charts = [corpus.charts[index] for index in drawn]
        return padded(charts, starts, num_samples, dice.device)

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the cross-entropy of chords and, weighing less, of durations."""
        chord, duration = _entropies(model, batch, self.smoothing)
        return chord + _DURATION_WEIGHT * duration

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return perplexities on charts of titles that training does not know."""
        chord, duration = perplexities(model, self._held.charts, device)
        return {"perplexity": chord, "duration_perplexity": duration}


def perplexities(
    model: nn.Module, charts: tuple[Events, ...], device: torch.device
) -> tuple[float, float]:
    """Return among how many equally likely chords, and durations, a model wavers on average."""
    with torch.no_grad():
        longest = max(len(each.chords) for each in charts)
        batch = padded(list(charts), [0] * len(charts), longest, device)
        chord, duration = _entropies(model, batch, 0.0)
    return float(chord.exp()), float(duration.exp())


def padded(charts: list[Events], starts: list[int], length: int, device: torch.device) -> Batch:
    """Return excerpts of one length, as `ChordLanguage.batch` says."""
    shape = (len(charts), length + 1)
    chords, durations = np.full(shape, START), np.zeros(shape, np.int64)
    places = np.zeros((len(charts), length, len(FIELDS)), np.int64)
    real = np.zeros((len(charts), length), bool)
    for row, (chart, start) in enumerate(zip(charts, starts, strict=True)):
        if start:
            chords[row, 0], durations[row, 0] = chart.chords[start - 1], chart.durations[start - 1]
        size = min(len(chart.chords) - start, length)
        chords[row, 1 : size + 1] = chart.chords[start : start + size]
        durations[row, 1 : size + 1] = chart.durations[start : start + size]
        places[row, :size] = chart.places[start : start + size]
        real[row, :size] = True
    found = (torch.from_numpy(each).to(device) for each in (chords, durations, places, real))
    first, second, third, fourth = found
    return first, second, third, fourth


def _entropies(model: nn.Module, batch: Batch, smoothing: float) -> tuple[Tensor, Tensor]:
    chords, durations, places, real = batch
    odds, lengths = model(chords, durations[:, :-1], places)
    entropy = nn.functional.cross_entropy
    wanted = torch.where(real, chords[:, 1:], _NONE).flatten()
    lasting = torch.where(real, durations[:, 1:], _NONE).flatten()
    return (
        entropy(odds.flatten(0, 1), wanted, label_smoothing=smoothing),
        entropy(lengths.flatten(0, 1), lasting, label_smoothing=smoothing),
    )


def _open(corpus: str, split: str) -> Charts:
    charts = [events(chart) for chart in chord_corpora.corpus(corpus, split)]
    return Charts(tuple(each for each in charts if len(each.chords) > 8))
