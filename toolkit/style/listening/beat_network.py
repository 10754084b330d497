"""Say which attacks are beats and which beats begin bars: `toolkit.models.beat_finder`, no torch.

The network is small and notes are few, so that importing torch would take longer than all else.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from toolkit.checkpoints import Manifest, read_arrays, shipped
from toolkit.dsp.layers import linear, sigmoid

Table = npt.NDArray[np.float32]
Weights = dict[str, Table]

ATTACKS, BEATS = "track-beats-notes", "find-bars"
"""Checkpoints: of what `toolkit.style.listening.attack_features` describes, and of what
`toolkit.style.listening.bar_features` does."""


def said(checkpoint: str, features: Table) -> Table:
    """Return what a network says of attacks or beats, shape (steps, outputs).

    Parameters
    ----------
    checkpoint : str
        `ATTACKS` or `BEATS`.
    features : np.ndarray, shape (steps, features)
        Of each attack, or of each beat.
    """
    manifest, network = _network(checkpoint)
    return _run(network, manifest.config["dilations"], features)


@cache
def _network(checkpoint: str) -> tuple[Manifest, Weights]:
    manifest = shipped().manifest(checkpoint)
    return manifest, read_arrays(manifest)


def _run(network: Weights, dilations: list[int], features: Table) -> Table:
    scaled = (features - network["mean"]) * network["scale"]
    hidden = np.maximum(linear(network, "entry", scaled), 0)
    for number, dilation in enumerate(dilations):
        padded = np.pad(hidden, ((dilation, dilation), (0, 0)))
        taps = [padded[tap * dilation :][: len(hidden)] for tap in range(3)]
        around = linear(network, f"layers.{number}", np.concatenate(taps, axis=1))
        value, gate = np.split(around, 2, axis=1)
        gated = np.maximum(value, 0) * sigmoid(gate)
        hidden = hidden + linear(network, f"mixes.{number}", gated)
    return linear(network, "exit", hidden)
