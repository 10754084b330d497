"""Run noisereduce, a spectral gate, for comparison."""

from __future__ import annotations

import numpy as np

from toolkit.errors import ToolkitError
from toolkit.values import Audio


def denoise(audio: Audio) -> Audio:
    """Return the recording as noisereduce leaves it at its defaults.

    Raises
    ------
    ToolkitError
        If it is not installed.
    """
    try:
        import noisereduce
    except ImportError as error:
        raise ToolkitError(
            "noisereduce is not installed", "install it with: uv sync --group bench"
        ) from error
    samples = noisereduce.reduce_noise(y=np.array(audio.samples), sr=audio.sample_rate)
    return audio.with_samples(np.asarray(samples, np.float32))
