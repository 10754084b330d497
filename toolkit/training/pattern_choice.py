"""Learn which bar of a reference plays what a bar of the same music, hidden from it, plays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from toolkit.style.borrowed.pattern_distances import bearings, relative_facts
from toolkit.training import pattern_songs
from toolkit.training.pattern_songs import Bars
from toolkit.training.simulation import Dice
from toolkit.training.sources import Ledger

Table = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]
Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]

_FEWEST = 6
_FORGOTTEN = 0.15
_SHARPNESS = 30.0
_CHANCE_WEIGHT = 0.3
_FAR = 1e4


@dataclass(frozen=True, eq=False)
class Songs:
    """Hold songs bar by bar."""

    songs: tuple[Bars, ...]

    @property
    def hours(self) -> float:
        """Return how much there is, in bars / 3600."""
        return sum(len(song.about) for song in self.songs) / 3600


@dataclass(frozen=True)
class PatternChoice:
    """Hide bars of songs from a stretch of the same song, and score what the network points at."""

    @cached_property
    def _held(self) -> Songs:
        return Songs(pattern_songs.open_bars("validation"))

    def prepare(self, ledger: Ledger) -> Iterator[Path]:
        """Yield each song that was read; nothing is done twice."""
        return pattern_songs.prepare()

    def open_corpus(self, ledger: Ledger) -> Songs:
        """Return the songs to train on."""
        return Songs(pattern_songs.open_bars("train"))

    def batch(self, corpus: Songs, dice: Dice, batch: int, num_samples: int) -> Batch:
        """Return what a network is told, and how far the bars are from each other.

        Queries and keys (batch, `num_samples`, features), facts (batch, keys, facts), bearings
        (batch, features); distances of queries from keys and of keys from each other, (batch,
        `num_samples`, `num_samples`); which keys and which queries are no padding. Some features
        are blotted out, others in each example: none is to be relied on.
        """
        rng = np.random.default_rng(dice.integer(0, 2**62))
        rows = []
        for _ in range(batch):
            song = corpus.songs[int(rng.integers(len(corpus.songs)))]
            count = len(song.about)
            size = int(rng.integers(_FEWEST, min(num_samples, count - _FEWEST // 2) + 1))
            start = int(rng.integers(count - size + 1))
            reference = np.arange(start, start + size)
            asked = rng.permutation(np.setdiff1d(np.arange(count), reference))[:num_samples]
            seen = np.where(rng.random(song.about.shape[1]) > _FORGOTTEN, 1, 0).astype(np.float32)
            rows.append(_padded(song, asked, reference, num_samples, seen))
        columns = [np.stack(column) for column in zip(*rows, strict=True)]
        made = tuple(torch.from_numpy(each).to(dice.device) for each in columns)
        return cast(Batch, made)

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return how far from what was hidden the choice is on average.

        It chooses the bar that is nearest to all that may be right: the expected distance from
        each bar of the reference follows from how likely the others are and how far they are.
        """
        queries, keys, facts, bearings, apart, among, real, counts = batch
        outside = _FAR * (1 - real[:, None, :])
        chance = torch.softmax(model(queries, keys, facts, bearings) - outside, dim=-1)
        chosen = torch.softmax(-_SHARPNESS * (chance @ among) - outside, dim=-1)
        far = ((chosen + _CHANCE_WEIGHT * chance) * apart).sum(dim=-1)
        total: Tensor = (far * counts).sum() / counts.sum()
        return total

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return how far the choice is on songs that training does not know, and how often best.

        Beside it stand the nearest situation, and the bar that is nearest to all others.
        """
        sums: dict[str, list[float]] = {}
        for song in self._held.songs:
            for asked, known in _halves(len(song.about)):
                apart = song.apart[np.ix_(asked, known)]
                told = (
                    torch.from_numpy(each)[None].to(device) for each in _told(song, asked, known)
                )
                gaps = song.about[asked][:, None] - song.about[known][None]
                choices = {
                    "": model(*told)[0].argmax(dim=-1).cpu().numpy(),
                    "_nearest": (gaps**2).sum(axis=2).argmin(axis=1),
                    "_typical": np.full(
                        len(asked), song.apart[np.ix_(known, known)].sum(axis=1).argmin()
                    ),
                }
                for name, at in choices.items():
                    far = apart[np.arange(len(asked)), at]
                    sums.setdefault(f"distance{name}", []).append(float(far.mean()))
                    best = far <= apart.min(axis=1) + 1e-4
                    sums.setdefault(f"top1{name}", []).append(float(best.mean()))
        return {name: float(np.mean(values)) for name, values in sums.items()}


def _halves(count: int) -> tuple[tuple[Rows, Rows], ...]:
    first, second = np.array_split(np.arange(count), 2)
    return (first, second), (second, first)


def _told(song: Bars, asked: Rows, known: Rows) -> tuple[Table, Table, Table, Table]:
    """Return what a network is told of bars that are asked for and of a reference."""
    among = song.apart[np.ix_(known, known)].astype(float)
    facts = relative_facts(song.facts[known].astype(float), among)
    bearing = bearings(song.about[known].astype(float), among)
    return (
        song.about[asked],
        song.about[known],
        facts.astype(np.float32),
        bearing.astype(np.float32),
    )


def _padded(song: Bars, asked: Rows, known: Rows, size: int, seen: Table) -> tuple[Table, ...]:
    queries, keys, facts, bearing = _told(song, asked, known)
    apart = np.zeros((size, size), np.float32)
    apart[: len(asked), : len(known)] = song.apart[np.ix_(asked, known)]
    among = np.zeros((size, size), np.float32)
    among[: len(known), : len(known)] = song.apart[np.ix_(known, known)]
    return (
        _filled(queries * seen, size),
        _filled(keys * seen, size),
        _filled(facts, size),
        bearing * seen,
        apart,
        among,
        (np.arange(size) < len(known)).astype(np.float32),
        (np.arange(size) < len(asked)).astype(np.float32),
    )


def _filled(rows: Table, size: int) -> Table:
    return np.pad(rows, ((0, size - len(rows)), (0, 0)))
