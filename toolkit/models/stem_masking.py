"""Share out recordings of any rate with a network that knows one rate.

As in `toolkit.models.masking`, the window gets as many seconds long as the network's own, so that
cells are the same at every sample rate and nothing is resampled. Frequencies that the network does
not know, above 11 kHz, are shared out like the highest it knows. Frames lie at quarters of the
window, twice as dense as the network's own, which sees the even ones and the odd ones by
themselves: what they say is averaged by the overlap. The shares of a cell add up to 1 and analysis
and synthesis are linear, so the stems add up to the recording.

Each channel is shared out by itself: what stands on one side is easier to tell apart there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from toolkit.dsp.stft import OVERLAP, Grid, Power
from toolkit.models.spectra import local_features
from toolkit.values import Samples

NATIVE_RATE = 22050
NAMES = ("piano", "bass", "drums", "other", "noise")

REACH = 43
"""Frames of the network to each side that levels are relative to: two seconds."""

_TOP_HZ = 8500.0
# Shares are raised to this power and made to add up to 1 again: below 1, a cell that is not surely
# one stem's is shared out more evenly. Chosen on the songs that are for tuning.
_EVENNESS = 0.7
_SEGMENT_SECONDS = 28.0


@dataclass(frozen=True)
class StemMasking:
    """Hold a network and how it is applied at one sample rate.

    Parameters
    ----------
    model : nn.Module
        Maps features [1, 3, frames, bins] to shares [1, stems, frames, bins]; has a ``config``.
    sample_rate : int
        Of the recording.
    device : str
        Where the model is.
    """

    model: Any
    sample_rate: int
    device: str = "cpu"

    @property
    def names(self) -> tuple[str, ...]:
        """Return what the stems are, in order."""
        return NAMES

    @property
    def segment(self) -> int:
        """Return how many samples are best given at a time, without context."""
        return round(_SEGMENT_SECONDS * self.sample_rate)

    @property
    def context(self) -> int:
        """Return how many samples a segment should see on each side."""
        # Levels within reach are means over frames within reach of those.
        frames: int = self.model.config.reach_frames + 2 * REACH
        return (2 * frames + OVERLAP) * self.grid.hop_length

    @property
    def grid(self) -> Grid:
        """Return the frames that lie on the recording."""
        hop = self.model.config.n_fft / OVERLAP * self.sample_rate / NATIVE_RATE
        return Grid(max(round(hop), 1))

    def stems(self, samples: Samples, start: int) -> Samples:
        """Return the stems of a segment.

        Parameters
        ----------
        samples : np.ndarray, shape (channels, n)
            Some seconds of the recording, with context.
        start : int
            Index of its first sample in the recording.

        Returns
        -------
        np.ndarray, shape (stems * channels, n), float32
            All channels of the first stem, then those of the second.
        """
        grid = self.grid
        out = np.empty((len(NAMES), *samples.shape), np.float32)
        spectra = grid.analyze(samples, start)
        for channel, power in enumerate(grid.power(spectra)):
            shares = self._shares(power, grid.frame_range(start, 1)[0])
            # One by one: spectra of all stems at once would be what takes most memory.
            for stem, share in enumerate(shares):
                part = (share * spectra[channel])[None]
                out[stem, channel] = grid.synthesize(part, start, samples.shape[1])[0]
        return out.reshape(-1, samples.shape[1])

    def _shares(self, power: Power, first_frame: int) -> Power:
        """Return shares [stems, frames, bins] for [frames, bins]; frames count from the first."""
        known = self.model.config.n_fft // 2
        given = np.zeros((len(power), known), np.float32)
        width = min(known, power.shape[1])
        given[:, :width] = power[:, :width]
        found = np.empty((len(NAMES), *given.shape), np.float32)
        for phase in (0, 1):
            # Frames pair up the same way wherever a segment begins.
            found[:, phase::2] = self._network(given[phase::2], (first_frame + phase) // 2)
        shares = np.empty((len(NAMES), *power.shape), np.float32)
        shares[..., :width] = found[..., :width]
        top = round(_TOP_HZ / NATIVE_RATE * self.model.config.n_fft)
        shares[..., width:] = found[..., top:].mean(axis=2, keepdims=True)
        return shares

    def _network(self, power: Power, first_frame: int) -> Power:
        if not len(power):
            return np.empty((len(NAMES), *power.shape), np.float32)
        with torch.inference_mode():
            read = local_features(torch.from_numpy(power)[None].to(self.device), REACH)
            # It halves time at every level, which has to begin at the same frames too.
            early = first_frame % (1 << self.model.config.levels)
            read = torch.nn.functional.pad(read, (0, 0, early, 0))
            found = self.model(read)[0, :, early:].float().clamp_min(1e-7) ** _EVENNESS
            shares: Power = (found / found.sum(dim=0, keepdim=True)).cpu().numpy()
        return shares
