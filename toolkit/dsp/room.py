"""A room to play in: a stereo impulse response made of reflections and decaying noise.

After the direct sound, which is not part of it, come a dozen early reflections at random times that
get denser, then noise that decays by 60 dB within the reverberation time, faster the higher the
frequency: air and walls absorb treble (J. Moorer, "About this reverberation business", 1979).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import signal

Array = npt.NDArray[np.float32]
Wave = npt.NDArray[np.float64]

_EARLY = 12
_EARLY_SECONDS = (0.007, 0.06)
_LATE_SECONDS = 0.03
_BANDS_HZ = (250.0, 1000.0, 4000.0)
_DECAY = (1.0, 1.0, 0.8, 0.5)
_LOW_CUT_HZ = 150.0
_LATE_SHARE = 0.7


def impulse_response(seconds: float, sample_rate: int, *, seed: int = 0) -> Array:
    """Return the response of a room to a source in the middle, without the direct sound.

    Parameters
    ----------
    seconds : float
        Reverberation time at 1 kHz, > 0.
    sample_rate : int
        In Hz.
    seed : int
        Of the room; the same one is the same room.

    Returns
    -------
    np.ndarray, shape (2, round(seconds * sample_rate))
        Of unit energy a channel.
    """
    rng = np.random.default_rng(seed)
    length = max(round(seconds * sample_rate), 16)
    time = np.arange(length) / sample_rate
    late = np.zeros((2, length))
    edges = [each for each in _BANDS_HZ if each < 0.45 * sample_rate]
    noise = rng.standard_normal((2, length))
    for index, decay in enumerate(_DECAY[: len(edges) + 1]):
        envelope = 10 ** (-3 * time / (seconds * decay))
        late += _band(noise, index, edges, sample_rate) * envelope
    late *= np.clip(time / _LATE_SECONDS, 0, 1) ** 2
    early = np.zeros((2, length))
    first, last = _EARLY_SECONDS
    times = first * (last / first) ** np.sort(rng.random((2, _EARLY)), axis=1)
    places = np.minimum((times * sample_rate).astype(int), length - 1)
    for channel in range(2):
        gains = rng.choice((-1, 1), _EARLY) * (first / times[channel])
        np.add.at(early[channel], places[channel], gains)
    whole = _unit(early) * np.sqrt(1 - _LATE_SHARE) + _unit(late) * np.sqrt(_LATE_SHARE)
    low_cut = signal.butter(2, _LOW_CUT_HZ, "high", fs=sample_rate, output="sos")
    return _unit(signal.sosfilt(low_cut, whole)).astype(np.float32)


def _band(noise: Wave, index: int, edges: list[float], rate: int) -> Wave:
    if not edges:
        return noise
    if index == 0:
        sos = signal.butter(2, edges[0], "low", fs=rate, output="sos")
    elif index == len(edges):
        sos = signal.butter(2, edges[-1], "high", fs=rate, output="sos")
    else:
        sos = signal.butter(1, edges[index - 1 : index + 1], "band", fs=rate, output="sos")
    return np.asarray(signal.sosfilt(sos, noise))


def _unit(response: Wave) -> Wave:
    energy = np.sqrt(np.square(response).sum(axis=1, keepdims=True))
    return np.asarray(response / np.maximum(energy, 1e-12))
