"""Take random excerpts of the prepared music."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from toolkit.errors import ToolkitError
from toolkit.training import sources
from toolkit.training.prepare import prepare


@dataclass(frozen=True)
class Corpus:
    """Hold the tracks of one split.

    Parameters
    ----------
    tracks : tuple of (weight, tuple of Path)
        The tracks of each source and how often it is chosen.
    """

    tracks: tuple[tuple[float, tuple[Path, ...]], ...]

    @property
    def hours(self) -> float:
        """Return how much music there is."""
        samples = sum(
            np.load(path, mmap_mode="r").shape[0] for _, paths in self.tracks for path in paths
        )
        return float(samples) / sources.SAMPLE_RATE / 3600

    def excerpts(self, generator: torch.Generator, batch: int, num_samples: int) -> Tensor:
        """Return music [batch, num_samples] of RMS about 0.1, on the generator's device.

        Stretches that are all but silent are passed over a few times, then taken: silence belongs
        to music too.
        """
        weights = torch.tensor([weight for weight, _ in self.tracks])
        on_cpu = torch.Generator().manual_seed(
            int(torch.randint(2**62, (), generator=generator, device=generator.device))
        )
        found = []
        for _ in range(batch):
            source = int(torch.multinomial(weights, 1, generator=on_cpu))
            paths = self.tracks[source][1]
            for _attempt in range(4):
                path = paths[int(torch.randint(len(paths), (), generator=on_cpu))]
                track = np.load(path, mmap_mode="r")
                room = max(len(track) - num_samples, 1)
                first = int(torch.randint(room, (), generator=on_cpu))
                piece = torch.from_numpy(
                    track[first : first + num_samples].astype(np.float32) / 32768
                )
                if piece.std() > 1e-3:
                    break
            piece = torch.nn.functional.pad(piece, (0, num_samples - len(piece)))
            found.append(piece * (0.1 / piece.square().mean().sqrt().clamp_min(1e-3)))
        return torch.stack(found).to(generator.device)


class FromMusic:
    """Let a task hear the ledger's music: recordings, MIDI files and scores."""

    def prepare(self, ledger: sources.Ledger) -> Iterator[Path]:
        """Yield each track as it gets ready; nothing is done twice."""
        return prepare(ledger)

    def open_corpus(self, ledger: sources.Ledger) -> Corpus:
        """Return the tracks to train on."""
        return open_corpus(ledger)


def open_corpus(ledger: sources.Ledger, split: str = "train") -> Corpus:
    """Return the prepared tracks of a split.

    Raises
    ------
    ToolkitError
        If nothing is prepared.
    """
    weights = {source["name"]: float(source["weight"]) for source in (*ledger.music, *ledger.midi)}
    weights["scores"] = float(ledger.scores["weight"])
    tracks = []
    for name, weight in weights.items():
        paths = tuple(sorted((sources.prepared() / split / name).glob("*.npy")))
        paths = tuple(path for path in paths if not path.name.endswith(".partial.npy"))
        if paths:
            tracks.append((weight, paths))
    if not tracks:
        raise ToolkitError(
            f"no music is prepared in {sources.prepared() / split}",
            "prepare it with: tonearm train RECIPE --prepare",
        )
    return Corpus(tuple(tracks))
