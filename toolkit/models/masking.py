"""Clean recordings of any rate with a network that knows one rate.

The network reads cells of 10.8 Hz by 46 ms. At another sample rate the window gets as many seconds
long, so that the cells are the same and nothing has to be resampled; frequencies that the network
does not know, above 22.05 kHz, get the gain of the highest ones it knows. Frames lie at quarters of
the window, twice as dense as the network's own: it sees every other one, and the frames in between
either get the mean of their neighbors or a pass of their own. A mask estimated from noise flickers;
averaged over three frames in its logits it flickers a little less, and a cell that is surely music
stays so. Over more frames it flickers less still, and less noise is taken.

A stereo pair gets one mask, from the power of both sides, so that nothing moves in the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from toolkit.dsp.stft import Grid, Power, hann_weights, smooth
from toolkit.models.spectra import features
from toolkit.values import Samples

NATIVE_RATE = 44100

_TOP_HZ = 17500.0
# Masks are kept this far from 0 and 1, so that their logits stay finite.
_SURE = 1e-4
_OVER_TIME = hann_weights(3)


@dataclass(frozen=True)
class Masking:
    """Hold a network and how it is applied at one sample rate.

    Parameters
    ----------
    model : nn.Module
        Maps features [1, 3, frames, bins] to a mask [1, frames, bins]; has a ``config``.
    sample_rate : int
        Of the recording.
    dense : bool
        Whether frames between the network's own get a pass of their own.
    gain_floor : float
        Gain where the mask is 0: what remains of the noise stays even.
    bias : float
        Added to the logits as far as the mask is below 1: where it is negative, more is taken away
        of what is not surely music.
    device : str
        Where the model is.
    """

    model: Any
    sample_rate: int
    dense: bool
    gain_floor: float
    bias: float = 0.0
    device: str = "cpu"

    @property
    def grid(self) -> Grid:
        """Return the frames that lie on the recording."""
        hop = self.model.config.n_fft // 4 * self.sample_rate / NATIVE_RATE
        return Grid(max(round(hop), 1))

    def removed(self, samples: Samples, start: int) -> tuple[Samples, float]:
        """Return what is taken away from a segment, and the mean gain in it.

        Parameters
        ----------
        samples : np.ndarray, shape (channels, n)
            Mono or a stereo pair; some seconds of it, with a second of context on each side.
        start : int
            Index of its first sample in the recording.
        """
        grid = self.grid
        # Turned over in its last sample, a tone goes on beyond the edge; mirrored, it gets a kink,
        # and the splash of that is taken for noise.
        beyond = min(grid.n_fft, samples.shape[1] - 1)
        longer = np.pad(samples, ((0, 0), (beyond, beyond)), mode="reflect", reflect_type="odd")
        start, length = start - beyond, longer.shape[1]
        spectra = grid.analyze(longer, start)
        gains = self._gains(grid.power(spectra).mean(axis=0), grid.frame_range(start, 1)[0])
        removed = grid.synthesize(spectra * (1 - gains), start, length)
        return removed[:, beyond : length - beyond], float(gains.mean())

    def _gains(self, power: Power, first_frame: int) -> Power:
        """Return gains like `power`, [frames, bins]; `first_frame` tells which frames are even."""
        known = self.model.config.n_fft // 2
        given = np.zeros((len(power), known), np.float32)
        width = min(known, power.shape[1])
        given[:, :width] = power[:, :width]
        logits = np.empty_like(given)
        phase = first_frame % 2
        if len(power) < 4 or self.dense:
            for offset in (0, 1):
                logits[offset::2] = self._logits(given[offset::2])
        else:
            logits[phase::2] = self._logits(given[phase::2])
            between = np.arange(1 - phase, len(power), 2)
            left = np.where(between > 0, between - 1, between + 1)
            right = np.where(between + 1 < len(power), between + 1, between - 1)
            logits[between] = 0.5 * (logits[left] + logits[right])
        logits = smooth(logits, _OVER_TIME, axis=0)
        mask = 1 / (1 + np.exp(-logits))
        mask = 1 / (1 + np.exp(-logits - np.float32(self.bias) * (1 - mask)))
        gains = np.empty_like(power)
        gains[:, :width] = mask[:, :width]
        top = round(_TOP_HZ / NATIVE_RATE * self.model.config.n_fft)
        gains[:, width:] = mask[:, top:].mean(axis=1, keepdims=True)
        return self.gain_floor + (1 - self.gain_floor) * gains

    def _logits(self, power: Power) -> Power:
        if not len(power):
            return power
        with torch.inference_mode():
            given = features(torch.from_numpy(power)[None].to(self.device))
            mask = self.model(given)[0].float()
            logits: Power = torch.logit(mask, _SURE).cpu().numpy()
        return logits
