"""Layers of small networks, for where importing a framework would take longer than all else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt

_Float = TypeVar("_Float", np.float32, np.float64)


def linear(
    weights: Mapping[str, npt.NDArray[_Float]], name: str, values: npt.NDArray[_Float]
) -> npt.NDArray[_Float]:
    """Return what a linear layer, or a convolution with a kernel of one, makes of rows.

    Parameters
    ----------
    weights : Mapping
        Holds ``name.weight``, shape (outputs, inputs) or (outputs, inputs, 1), and ``name.bias``.
    name : str
        Of the layer.
    values : np.ndarray, shape (rows, inputs)
    """
    kernel = weights[f"{name}.weight"]
    return np.asarray(values @ kernel.reshape(len(kernel), -1).T + weights[f"{name}.bias"])


def dilated(
    kernel: npt.NDArray[_Float], values: npt.NDArray[_Float], dilation: int
) -> npt.NDArray[_Float]:
    """Return a convolution along rows, with zeros around them and without bias.

    Parameters
    ----------
    kernel : np.ndarray, shape (outputs, inputs, 3)
    values : np.ndarray, shape (rows, inputs)
    dilation : int
        How many rows the first and the last tap are away from the middle one.
    """
    padded = np.pad(values, ((dilation, dilation), (0, 0)))
    taps = [padded[tap * dilation :][: len(values)] @ kernel[:, :, tap].T for tap in range(3)]
    return np.asarray(sum(taps))


def sigmoid(values: npt.NDArray[_Float]) -> npt.NDArray[_Float]:
    """Return 1 / (1 + exp(-x)), as a hyperbolic tangent, which overflows nowhere."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)))
