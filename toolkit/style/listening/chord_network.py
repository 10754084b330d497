"""Ask the shipped `toolkit.models.chord_finder` about beats, without torch.

The network is small, so that importing torch would take longer than all else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from toolkit.checkpoints import Manifest, read_arrays, shipped
from toolkit.dsp.layers import dilated, linear, sigmoid

Array = npt.NDArray[np.float64]
Table = npt.NDArray[np.float32]
Weights = dict[str, Table]

CHECKPOINT = "recognize-chords"


@dataclass(frozen=True, eq=False)
class Said:
    """Hold what the network says of each beat, as log probabilities.

    Parameters
    ----------
    chords : np.ndarray, shape (beats, symbols)
        Of each of `toolkit.style.listening.chord_symbols.SYMBOLS`.
    bass : np.ndarray, shape (beats, 12)
        Of each pitch class being the bass.
    keys : np.ndarray, shape (beats, 24)
        Of each of `toolkit.style.key.KEYS`.
    functions : np.ndarray, shape (beats, 3)
        Of tonic, subdominant and dominant.
    change : np.ndarray, shape (beats,)
        Log odds of another chord than in the beat before.
    """

    chords: Array
    bass: Array
    keys: Array
    functions: Array
    change: Array


def said(features: Table) -> Said:
    """Return what the network says.

    Parameters
    ----------
    features : np.ndarray, shape (beats, 12, features)
        By `toolkit.style.listening.chord_features.describe`; one beat at least.
    """
    manifest, weights = _network()
    return of_outputs(outputs(weights, manifest.config["dilations"], features))


def of_outputs(found: dict[str, Table]) -> Said:
    """Return what outputs by name mean; shapes are those of `outputs`."""
    count = len(found["none"])
    # Symbols go through the roots quality by quality, outputs through the qualities root by root.
    chords = found["chord"].transpose(0, 2, 1).reshape(count, -1)
    return Said(
        _log_shares(np.concatenate([chords, found["none"]], axis=1)),
        _log_shares(found["bass"].reshape(count, 12)),
        _log_shares(found["key"].transpose(0, 2, 1).reshape(count, 24)),
        _log_shares(found["function"]),
        np.asarray(found["change"][:, 0], np.float64),
    )


def outputs(weights: Weights, dilations: list[int], features: Table) -> dict[str, Table]:
    """Return the outputs by name: (beats, 12, n) for each pitch class, else (beats, n)."""
    count = len(features)
    x = np.maximum(_circular(weights, "enter", features), 0)
    for number, dilation in enumerate(dilations):
        if number == len(dilations) // 2:
            mean = x.mean(axis=0, keepdims=True)
            x = x + np.maximum(_circular(weights, "whole", mean), 0)
        mixed = np.maximum(_circular(weights, f"mixes.{number}", x), 0)
        along = np.stack(
            [
                dilated(weights[f"layers.{number}.weight"], mixed[:, tone], dilation)
                for tone in range(12)
            ],
            axis=1,
        )
        value, gate = np.split(along + weights[f"layers.{number}.bias"], 2, axis=2)
        x = x + value * sigmoid(gate)
    summary = np.concatenate([x.mean(axis=1), x.max(axis=1)], axis=1)
    found = {
        name: linear(weights, f"leave.{name}", x.reshape(12 * count, -1)).reshape(count, 12, -1)
        for name in ("chord", "bass", "key")
    }
    plain = {name: linear(weights, f"plain.{name}", summary) for name in _PLAIN}
    return found | plain


_PLAIN = ("none", "change", "function")
_STEPS = (np.arange(12)[None, :] - np.arange(12)[:, None]) % 12


def _circular(weights: Weights, name: str, values: Table) -> Table:
    """Go from each pitch class to each other by their interval, (beats, 12, channels)."""
    weight = weights[f"{name}.weight"]  # [outputs, inputs, interval]
    count, _, inputs = values.shape
    kernel = weight[:, :, _STEPS].transpose(3, 1, 2, 0).reshape(12 * inputs, -1)
    found = values.reshape(count, -1) @ kernel
    return np.asarray(found.reshape(count, 12, -1) + weights[f"{name}.bias"])


def _log_shares(logits: Table) -> Array:
    """Return log probabilities of the last axis."""
    wide = np.asarray(logits, np.float64)
    top = wide - wide.max(axis=-1, keepdims=True)
    return np.asarray(top - np.log(np.exp(top).sum(axis=-1, keepdims=True)))


@cache
def _network() -> tuple[Manifest, Weights]:
    manifest = shipped().manifest(CHECKPOINT)
    return manifest, dict(read_arrays(manifest))
