"""Turn signals into spectra that a masking network reads, and masked spectra back into signals.

Frame i is centered on sample i·hop_length. Analysis and synthesis both use the square root of a
periodic Hann window: at a hop of half a window its squares add up to 1, at a quarter to 2.

What the network sees does not depend on the level of the recording, and it is told what is usual:
how far each cell lies above the quiet moments of its frequency. For a whole segment is at hand, and
what is always there is the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NUM_FEATURES = 3

_QUIET_SHARE = 0.1
_NEIGHBORS = 33
# Below the loudest cells by this much nothing is told apart, so silence has no details.
_DYNAMIC = 1e-6


@dataclass(frozen=True)
class Spectra:
    """Place frames on signals.

    Parameters
    ----------
    n_fft : int
        Length of a frame; bins 0 .. n_fft/2 - 1 are used and the Nyquist bin is let pass.
    hop_length : int
        Half or a quarter of it.
    """

    n_fft: int
    hop_length: int

    def window(self, like: Tensor) -> Tensor:
        """Return the square root of a periodic Hann window."""
        return torch.hann_window(self.n_fft, device=like.device).sqrt()

    def analyze(self, samples: Tensor) -> Tensor:
        """Return spectra [batch, frames, n_fft/2 + 1] of signals [batch, samples].

        Signals longer than half a frame; what lies beyond their edges is taken for silence.
        """
        spectra = torch.stft(
            samples,
            self.n_fft,
            self.hop_length,
            window=self.window(samples),
            center=True,
            pad_mode="constant",
            return_complex=True,
        )
        return spectra.transpose(1, 2)

    def synthesize(self, spectra: Tensor, num_samples: int) -> Tensor:
        """Return signals [batch, num_samples] of spectra [batch, frames, n_fft/2 + 1]."""
        return torch.istft(
            spectra.transpose(1, 2),
            self.n_fft,
            self.hop_length,
            window=self.window(spectra.real),
            center=True,
            length=num_samples,
        )


def features(power: Tensor) -> Tensor:
    """Return what the network reads, [batch, 3, frames, n_fft/2].

    For each cell, in nepers and scaled to order one: its magnitude relative to the RMS of the
    segment; its height over the quiet tenth of the moments at its frequency; its height over its
    neighbors in frequency.

    Parameters
    ----------
    power : Tensor, shape (batch, frames, n_fft/2)
        Squared magnitudes without the Nyquist bin, of one segment each that is long enough for
        music to pause somewhere at most frequencies: six seconds or more.
    """
    mean = power.mean(dim=(1, 2), keepdim=True)
    level = torch.log(power / mean.clamp_min(1e-30) + _DYNAMIC) / 2
    # Every other frame is enough to rank moments by, and sorting takes time.
    moments = level[:, ::2].transpose(1, 2)
    rank = max(1, round(_QUIET_SHARE * moments.shape[2]))
    floor = moments.kthvalue(rank, dim=2).values[:, None]
    around = torch.nn.functional.avg_pool1d(
        level, _NEIGHBORS, 1, _NEIGHBORS // 2, count_include_pad=False
    )
    return torch.stack((level / 3, (level - floor) / 2, level - around), dim=1)


def local_features(power: Tensor, reach: int) -> Tensor:
    """Return what a local network reads, [batch, 3, frames, n_fft/2].

    As `features`, but levels are relative to the frames within `reach` on each side, as far as
    there are any, instead of a whole segment. What is farther away than twice that has no part.

    Parameters
    ----------
    power : Tensor, shape (batch, frames, n_fft/2)
        Squared magnitudes without the Nyquist bin.
    reach : int
        In frames.
    """
    loudness = _moving_mean(power.mean(dim=2, keepdim=True), reach)
    level = torch.log(power / loudness.clamp_min(1e-30) + _DYNAMIC) / 2
    usual = _moving_mean(level, reach)
    around = torch.nn.functional.avg_pool1d(
        level, _NEIGHBORS, 1, _NEIGHBORS // 2, count_include_pad=False
    )
    return torch.stack((level / 3, (level - usual) / 2, level - around), dim=1)


def _moving_mean(values: Tensor, reach: int) -> Tensor:
    """Return means [batch, frames, any] over the frames within reach that exist."""
    frames = values.shape[1]
    # In double precision, since a difference of long sums is taken.
    sums = torch.nn.functional.pad(values.double().cumsum(dim=1), (0, 0, 1, 0))
    index = torch.arange(frames, device=values.device)
    first, end = (index - reach).clamp_min(0), (index + reach + 1).clamp_max(frames)
    total = sums[:, end] - sums[:, first]
    return (total / (end - first)[:, None]).to(values.dtype)
