"""Short-time Fourier transform on a grid that belongs to the recording, not to the block.

Frame i is centered on sample i·hop_length of the whole signal. A block of samples that knows where
it starts therefore meets the very frames that its neighbors meet, and what is done to a frame does
not depend on how the signal was cut. Frames that lie wholly inside a block are exact; those within
half a window of its edges see a mirror image, so a block needs that much context.

Analysis and synthesis both use the square root of a periodic Hann window w. With a hop of a quarter
window the squares of four overlapping windows add up to 2 everywhere:
Σ_k sin²(π(n + kN/4)/N) = 4·½, hence the factor ½ in the inverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from toolkit.values import Samples

Spectra = npt.NDArray[np.complex64]
Power = npt.NDArray[np.float32]

OVERLAP = 4


@dataclass(frozen=True)
class Grid:
    """Place frames of `OVERLAP` hops on a signal.

    Parameters
    ----------
    hop_length : int
        Samples between the centers of neighboring frames, > 0.

    Examples
    --------
    >>> grid = Grid(128)
    >>> grid.n_fft, grid.num_bins
    (512, 257)
    """

    hop_length: int

    def __post_init__(self) -> None:
        if self.hop_length < 1:
            raise ValueError(f"hop_length={self.hop_length} must be positive")

    @property
    def n_fft(self) -> int:
        """Return the length of a frame in samples."""
        return OVERLAP * self.hop_length

    @property
    def num_bins(self) -> int:
        """Return the number of frequencies from 0 to the Nyquist frequency, both included."""
        return self.n_fft // 2 + 1

    @cached_property
    def window(self) -> Samples:
        """Return the square root of a periodic Hann window, shape (n_fft,)."""
        return np.sin(np.pi * np.arange(self.n_fft) / self.n_fft).astype(np.float32)

    def frame_range(self, start: int, num_samples: int) -> range:
        """Return the indices of all frames that touch samples start .. start + num_samples."""
        half = self.n_fft // 2
        first = (start - half) // self.hop_length + 1
        return range(first, -(-(start + num_samples + half) // self.hop_length))

    def analyze(self, samples: Samples, start: int = 0) -> Spectra:
        """Return the spectra of all frames that touch a block.

        Parameters
        ----------
        samples : np.ndarray, shape (channels, n), n > 0
            A block; what lies beyond its edges is its mirror image.
        start : int
            Index of the block's first sample in the whole signal.

        Returns
        -------
        np.ndarray, shape (channels, frames, bins), complex64
            The frames of ``frame_range(start, n)``. White noise of variance v has a mean power of
            v·Σw² = v·n_fft/2 in every bin but the first and the last.
        """
        frames = self.frame_range(start, samples.shape[1])
        half = self.n_fft // 2
        before = start - (frames[0] * self.hop_length - half)
        after = frames[-1] * self.hop_length + half - (start + samples.shape[1])
        padded = np.pad(samples, ((0, 0), (before, after)), mode="symmetric")
        views = np.lib.stride_tricks.sliding_window_view(padded, self.n_fft, axis=1)
        spectra: Spectra = fft.rfft(views[:, :: self.hop_length] * self.window, axis=-1)
        return spectra

    def synthesize(self, spectra: Spectra, start: int, num_samples: int) -> Samples:
        """Return the block that `analyze` took apart, from its (changed) spectra.

        Parameters
        ----------
        spectra : np.ndarray, shape (channels, frames, bins)
            As `analyze` gives them for the same start and length.
        start, num_samples : int
            Where the block lies.

        Returns
        -------
        np.ndarray, shape (channels, num_samples), float32
        """
        frames = self.frame_range(start, num_samples)
        if spectra.shape[1:] != (len(frames), self.num_bins):
            raise ValueError(f"need {len(frames)} frames x {self.num_bins}, not {spectra.shape}")
        pieces = fft.irfft(spectra, self.n_fft, axis=-1) * (0.5 * self.window)
        pieces = pieces.reshape(len(spectra), len(frames), OVERLAP, self.hop_length)
        hops = np.zeros((len(spectra), len(frames) + OVERLAP - 1, self.hop_length), np.float32)
        for offset in range(OVERLAP):
            hops[:, offset : offset + len(frames)] += pieces[:, :, offset]
        before = start - (frames[0] * self.hop_length - self.n_fft // 2)
        block: Samples = hops.reshape(len(spectra), -1)[:, before : before + num_samples]
        return block

    def power(self, spectra: Spectra) -> Power:
        """Return |X|² over the window's energy: white noise of variance v gives v on average."""
        scale = np.float32(2 / self.n_fft)
        power: Power = (spectra.real**2 + spectra.imag**2) * scale
        return power


def smooth(values: Power, weights: npt.NDArray[np.float32], axis: int) -> Power:
    """Return a centered moving average along one axis; the edge values go on beyond the edges.

    Parameters
    ----------
    values : np.ndarray, any shape
        Not modified.
    weights : np.ndarray, shape (odd,)
        Sum 1.
    axis : int
        Where to smooth.
    """
    if axis in (-1, values.ndim - 1):
        along: Power = ndimage.correlate1d(values, weights, axis, mode="nearest")
        return along
    # Across rows that lie whole in memory, adding shifted arrays is several times faster.
    reach = len(weights) // 2
    moved = np.moveaxis(values, axis, 0)
    widths = [(reach, reach)] + [(0, 0)] * (moved.ndim - 1)
    padded = np.pad(moved, widths, mode="edge")
    total = padded[: len(moved)] * weights[0]
    for index in range(1, len(weights)):
        total += padded[index : index + len(moved)] * weights[index]
    averaged: Power = np.moveaxis(total, 0, axis)
    return averaged


def hann_weights(length: int) -> npt.NDArray[np.float32]:
    """Return the weights of a Hann-shaped moving average without its zeros; they sum to one."""
    window = np.hanning(length + 2)[1:-1]
    weights: Power = (window / window.sum()).astype(np.float32)
    return weights
