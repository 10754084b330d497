"""Let the shipped network say which notes are melody and bass, without torch.

It is `toolkit.models.voice_tagger` in numpy: the network is small and notes are few, so that
importing torch would take longer than all else. Long pieces are done in stretches that overlap by
what the network sees, which changes nothing.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from toolkit.checkpoints import Manifest, read_arrays, shipped
from toolkit.dsp.layers import dilated, linear

Table = npt.NDArray[np.float32]
Weights = dict[str, Table]

CHECKPOINT = "tag-voices"

_CHUNK = 8192


def chances(features: Table) -> npt.NDArray[np.float64]:
    """Return how likely each note is inner, melody and bass, shape (notes, 3).

    Parameters
    ----------
    features : np.ndarray, shape (notes, features)
        As `toolkit.style.sheet.note_context` describes them.
    """
    manifest, network = _network()
    dilations = manifest.config["dilations"]
    context = sum(dilations)
    parts = [np.zeros((0, 3))]
    for first in range(0, len(features), _CHUNK):
        begin, stop = max(first - context, 0), min(first + _CHUNK, len(features))
        logits = logits_of(network, dilations, features[begin : stop + context])
        parts.append(logits[first - begin : stop - begin].astype(float))
    every = np.concatenate(parts)
    raised = np.exp(every - every.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def logits_of(network: Weights, dilations: list[int], features: Table) -> Table:
    """Return the outputs of a network with the given weights, shape (notes, 3)."""
    hidden = np.maximum(linear(network, "enter", features), 0)
    for number, dilation in enumerate(dilations):
        block = f"blocks.{number}"
        around = dilated(network[f"{block}.along.weight"], hidden, dilation)
        looked = np.maximum(_normalized(network, f"{block}.normalize", around), 0)
        hidden = hidden + linear(network, f"{block}.mix", looked)
    return linear(network, "leave", np.maximum(hidden, 0))


def _normalized(network: Weights, name: str, values: Table) -> Table:
    scale = network[f"{name}.weight"] / np.sqrt(network[f"{name}.running_var"] + 1e-5)
    shift = network[f"{name}.bias"] - network[f"{name}.running_mean"] * scale
    return np.asarray(values * scale + shift, np.float32)


@cache
def _network() -> tuple[Manifest, Weights]:
    manifest = shipped().manifest(CHECKPOINT)
    return manifest, read_arrays(manifest)
