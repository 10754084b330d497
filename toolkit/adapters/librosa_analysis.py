"""Track beats and listen for pitch classes with librosa, a peer in tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.values import Audio

Array = npt.NDArray[np.float64]

_SAMPLE_RATE = 22050
_HOP = 512


def beats(audio: Audio) -> Array:
    """Return the beats that `librosa.beat.beat_track` finds at its defaults, in seconds."""
    import librosa

    mono = _mono(audio)
    _, times = librosa.beat.beat_track(y=mono, sr=_SAMPLE_RATE, units="time")
    return np.asarray(times, float)


def chroma(audio: Audio, edges: Array) -> Array:
    """Return `librosa.feature.chroma_cqt` averaged over spans, shape (spans, 12).

    Parameters
    ----------
    audio : Audio
        Any rate; channels are averaged.
    edges : np.ndarray, shape (spans + 1,)
        In seconds, ascending.
    """
    import librosa

    found = librosa.feature.chroma_cqt(y=_mono(audio), sr=_SAMPLE_RATE, hop_length=_HOP)
    times = np.arange(found.shape[1]) * _HOP / _SAMPLE_RATE
    span = np.searchsorted(edges, times, side="right") - 1
    inside = (span >= 0) & (span < len(edges) - 1)
    total = np.zeros((len(edges) - 1, 12))
    np.add.at(total, span[inside], found.T[inside])
    count = np.bincount(span[inside], minlength=len(edges) - 1)
    return total / np.maximum(count, 1)[:, None]


def tuning_cents(audio: Audio) -> float:
    """Return `librosa.estimate_tuning` in cents from A = 440 Hz."""
    import librosa

    return float(100 * librosa.estimate_tuning(y=_mono(audio), sr=_SAMPLE_RATE))


def _mono(audio: Audio) -> npt.NDArray[np.float32]:
    import librosa

    mono = audio.samples.mean(axis=0)
    resampled: npt.NDArray[np.float32] = librosa.resample(
        mono, orig_sr=audio.sample_rate, target_sr=_SAMPLE_RATE
    )
    return resampled
