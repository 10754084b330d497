"""Say what happened to the attacks of notes: spectral flux before and after.

The flux is the sum of all rises of the magnitudes from one frame to the next (P. Masri, "Computer
modelling of sound for transformation and synthesis of musical signals", 1996; the half-wave
rectified form is S. Dixon's, "Onset detection revisited", 2006). Magnitudes are not compressed: a
logarithm would make the quiet noise between the notes count as much as the attacks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal

from toolkit.values import Samples

_WINDOW_SECONDS = 0.023
_HOP_SECONDS = 0.01
_APART_SECONDS = 0.05
_LOWEST_SHARE = 0.1  # of the highest flux; a lower maximum is no attack


def spectral_flux(samples: Samples, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the rises of the magnitudes, summed over frequency and channels, frame by frame.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
    sample_rate : int
        In Hz.

    Returns
    -------
    np.ndarray, shape (frames,)
        One every 10 ms, from windows of 23 ms.
    """
    n_fft = max(round(_WINDOW_SECONDS * sample_rate), 2)
    hop_length = max(round(_HOP_SECONDS * sample_rate), 1)
    short = max(n_fft - samples.shape[1], 0)
    padded = np.pad(samples.astype(np.float64), ((0, 0), (0, short)))
    spectrum = signal.stft(padded, nperseg=n_fft, noverlap=n_fft - hop_length)[2]
    rises = np.maximum(np.diff(np.abs(spectrum), axis=-1, prepend=0), 0)
    return np.asarray(rises.sum(axis=(0, 1)))


def onset_change(before: Samples, after: Samples, sample_rate: int) -> float:
    """Return by how many percent the flux at the onsets of `before` changed; nan without onsets.

    Onsets are the highest flux within 50 ms either way and at least a tenth of the highest of all;
    `after` may have them two frames earlier or later.
    """
    flux = spectral_flux(before, sample_rate)
    reach = round(_APART_SECONDS / _HOP_SECONDS)
    highest = ndimage.maximum_filter1d(flux, 2 * reach + 1, mode="constant")
    found = np.flatnonzero((flux == highest) & (flux > _LOWEST_SHARE * flux.max()))
    if not len(found):
        return float("nan")
    near = ndimage.maximum_filter1d(spectral_flux(after, sample_rate), 5, mode="constant")
    return 100 * float(near[found].sum() / flux[found].sum() - 1)
