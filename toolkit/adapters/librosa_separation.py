"""Split a recording into tones and strokes with librosa, for comparison."""

from __future__ import annotations

import numpy as np

from toolkit.errors import ToolkitError
from toolkit.values import Audio, Samples


def harmonic_percussive(
    audio: Audio, *, margin: float = 1.0, n_fft: int = 2048
) -> tuple[Samples, Samples]:
    """Return what is long and what is short, by librosa's median filters at their defaults.

    The method is that of D. FitzGerald, "Harmonic/percussive separation using median filtering",
    2010.

    Parameters
    ----------
    audio : Audio
    margin : float
        At 1 both add up to the recording; above, what is neither is in none of them (J. Driedger,
        M. Müller and S. Disch, "Extending harmonic-percussive separation of audio", 2014).
    n_fft : int
        In samples.

    Returns
    -------
    tuple of np.ndarray, shape (channels, samples)
        Harmonic and percussive.

    Raises
    ------
    ToolkitError
        If librosa is not installed.
    """
    try:
        import librosa
    except ImportError as error:
        raise ToolkitError(
            "librosa is not installed", "install it with: uv sync --group bench"
        ) from error
    # librosa asks for more than half a window; silence behind the recording is cut off again.
    short = max(n_fft - audio.num_samples, 0)
    padded = np.pad(audio.samples, ((0, 0), (0, short)))
    spectrum = librosa.stft(padded, n_fft=n_fft)
    parts = librosa.decompose.hpss(spectrum, margin=margin)
    harmonic, percussive = (
        librosa.istft(part, n_fft=n_fft, length=padded.shape[1])[:, : audio.num_samples]
        for part in parts
    )
    return np.asarray(harmonic, np.float32), np.asarray(percussive, np.float32)
