"""Say which attacks lie on beats: the shipped `toolkit.models.beat_finder`, without torch.

The network is small and notes are few, so that importing torch would take longer than all else.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from toolkit.checkpoints import Manifest, read_arrays, shipped
from toolkit.dsp.layers import dilated, linear

Table = npt.NDArray[np.float32]
Weights = dict[str, Table]

CHECKPOINT = "track-beats-notes"


def said(features: Table) -> Table:
    """Return what the networks say of attacks, on average, shape (attacks, outputs).

    Parameters
    ----------
    features : np.ndarray, shape (attacks, features)
        As `toolkit.style.listening.attack_features` describes them.
    """
    manifest, networks = _networks()
    outputs = [_run(each, manifest.config["dilations"], features) for each in networks]
    return np.asarray(np.mean(outputs, axis=0, dtype=np.float32))


@cache
def _networks() -> tuple[Manifest, list[Weights]]:
    manifest = shipped().manifest(CHECKPOINT)
    networks: list[Weights] = [{} for _ in range(manifest.config["networks"])]
    for name, value in read_arrays(manifest).items():
        number, rest = name.split(".", 1)
        networks[int(number)][rest] = value
    return manifest, networks


def _run(network: Weights, dilations: list[int], features: Table) -> Table:
    scaled = (features - network["mean"]) * network["scale"]
    hidden = np.maximum(linear(network, "entry", scaled), 0)
    for number, dilation in enumerate(dilations):
        around = dilated(network[f"layers.{number}.weight"], hidden, dilation)
        value, gate = np.split(around + network[f"layers.{number}.bias"], 2, axis=1)
        gated = np.maximum(value, 0) / (1 + np.exp(-gate))
        hidden = hidden + linear(network, f"mixes.{number}", gated)
    return linear(network, "exit", hidden)
