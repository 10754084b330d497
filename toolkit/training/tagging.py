"""Learn which notes of a piece are its melody and its bass."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from toolkit.models.voice_tagger import VOICES
from toolkit.training import voiced
from toolkit.training.simulation import Dice
from toolkit.training.sources import Ledger

Batch = tuple[Tensor, Tensor, Tensor]

_MELODY = VOICES.index("melody")


@dataclass(frozen=True, eq=False)
class Described:
    """Hold the described notes of a split by kind: features, label, weight, ends of pieces."""

    kinds: dict[str, dict[str, Any]]

    @property
    def hours(self) -> float:
        """Return an hour for every 3600 notes, so that notes stand for seconds."""
        return sum(len(each["label"]) for each in self.kinds.values()) / 3600


@dataclass(frozen=True)
class Tagging:
    """Make stretches of notes with their voices, and score what is told of them.

    Parameters
    ----------
    songs, scores, tunes : float
        How often each kind of `toolkit.training.voiced.KINDS` is chosen, adding up to 1.
    """

    songs: float = 0.4
    scores: float = 0.15
    tunes: float = 0.45
    _shares: tuple[str, ...] = field(default=voiced.KINDS, repr=False)

    @cached_property
    def _held(self) -> Described:
        return Described(voiced.open_described("validation"))

    def prepare(self, ledger: Ledger) -> Iterator[Path]:
        """Yield each file of described pieces; nothing is done twice."""
        return voiced.prepare()

    def open_corpus(self, ledger: Ledger) -> Described:
        """Return the pieces to train on."""
        return Described(voiced.open_described("train"))

    def batch(self, corpus: Described, dice: Dice, batch: int, num_samples: int) -> Batch:
        """Return features [batch, features, notes], labels and weights [batch, notes]."""
        rng = np.random.default_rng(dice.integer(0, 2**62))
        shares = [getattr(self, kind) for kind in self._shares]
        features, labels, weights = [], [], []
        for _ in range(batch):
            kind = corpus.kinds[self._shares[int(rng.choice(len(shares), p=shares))]]
            piece = int(rng.integers(len(kind["end"])))
            first = int(kind["end"][piece - 1]) if piece else 0
            room = max(int(kind["end"][piece]) - first - num_samples, 0)
            begin = first + int(rng.integers(room + 1))
            stop = min(begin + num_samples, int(kind["end"][piece]))
            short = num_samples - (stop - begin)
            features.append(np.pad(kind["features"][begin:stop], ((0, short), (0, 0))))
            labels.append(np.pad(kind["label"][begin:stop], (0, short)))
            weights.append(np.pad(kind["weight"][begin:stop], (0, short)))
        return (
            torch.from_numpy(np.stack(features).astype(np.float32)).mT.to(dice.device),
            torch.from_numpy(np.stack(labels).astype(np.int64)).to(dice.device),
            torch.from_numpy(np.stack(weights).astype(np.float32)).to(dice.device),
        )

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the cross-entropy of the voices, each note as much as its label is worth."""
        features, labels, weights = batch
        entropy = nn.functional.cross_entropy(model(features), labels, reduction="none")
        total: Tensor = (entropy * weights).sum() / weights.sum().clamp_min(1)
        return total

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return the F1 of single notes of held-out pieces: melody of each kind, bass of all."""
        figures: dict[str, Any] = {}
        bass = []
        for kind, held in self._held.kinds.items():
            edges = [0, *held["end"].tolist()]
            found = []
            for first, stop in itertools.pairwise(edges):
                features = torch.from_numpy(held["features"][first:stop].astype(np.float32))
                found.append(model(features.T[None].to(device))[0].argmax(dim=0).cpu().numpy())
            told, truth = np.concatenate(found), held["label"]
            figures[f"melody_f1_{kind}"] = f1(truth == _MELODY, told == _MELODY)
            bass.append(f1(truth == VOICES.index("bass"), told == VOICES.index("bass")))
        return figures | {"bass_f1": float(np.mean(bass))}


def f1(truth: Any, found: Any) -> float:
    """Return the harmonic mean of precision and recall of two masks, 0 if both are empty."""
    both = float((truth & found).sum())
    total = float(truth.sum() + found.sum())
    return 2 * both / total if total else 0.0
