"""The peak of a signal, however long it is."""

from __future__ import annotations

import numpy as np

from toolkit import chunks
from toolkit.values import Samples

_BLOCK = 2**18


def peak(samples: Samples) -> float:
    """Return the largest magnitude of a signal [channels, samples], 0 when empty."""
    return max(
        (float(np.abs(block.samples).max()) for block in chunks.blocks(samples, size=_BLOCK)),
        default=0.0,
    )
