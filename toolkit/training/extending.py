"""Learn how loud the missing treble of a recording was, from what is left of it.

Nothing is filtered here: a zero-phase filter multiplies powers by its response squared, so cut-off
and slope are applied to the spectra. The network hears the bands below the cut-off, with some noise
in half of the items, and answers with the levels and the flatness of those above.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from toolkit.dsp import band_levels
from toolkit.dsp.missing_band import (
    CENTER_DB,
    FLOOR_DB,
    HOP_LENGTH,
    N_FFT,
    UNIT_DB,
)
from toolkit.evaluation import music
from toolkit.training import tone
from toolkit.training.corpus import Corpus, FromMusic
from toolkit.training.simulation import SAMPLE_RATE, Dice

Batch = tuple[Tensor, Tensor, Tensor, Tensor]

_CUTOFFS_HZ = (2200.0, 13000.0)
_SLOPES_DB = (12.0, 200.0)
# The found cut-off lies rather below the true one than above, in octaves.
_FOUND_AT = (-0.2, 0.05)
_SNRS_DB = (20.0, 70.0)
_TINY = 1e-14
_VALIDATION_CUTOFFS_HZ = (3000.0, 4000.0, 6000.0, 8000.0)


@dataclass(frozen=True)
class Extending(FromMusic):
    """Make pairs of band-limited and whole levels, and score guesses by them.

    Parameters
    ----------
    bend : float
        Errors up to this many units of 20 dB count by their square, larger ones in proportion.
    flatness_weight : float
        Loss of the flatness beside that of the levels.
    noisy_share : float
        Of items with steady noise under the music.
    """

    bend: float = 0.25
    flatness_weight: float = 0.2
    noisy_share: float = 0.5

    def batch(self, corpus: Corpus, dice: Dice, batch: int, num_samples: int) -> Batch:
        """Return (heard, known, levels, flatness).

        All are [batch, frames, bands] but `known`, [batch, bands].
        """
        clean = corpus.excerpts(dice.generator, batch, num_samples)
        clean = tone.colored(dice, clean, narrow=0.0)
        cutoff_hz = dice.log_uniform(*_CUTOFFS_HZ, batch)
        slope_db = dice.log_uniform(*_SLOPES_DB, batch)
        found_hz = cutoff_hz * 2 ** dice.uniform(*_FOUND_AT, batch)
        noise = self._noise(dice, batch)
        offset_db = dice.uniform(-20, 5, batch) * dice.chance(0.5, batch)
        return _pairs(clean, cutoff_hz, slope_db, found_hz, noise, offset_db)

    def _noise(self, dice: Dice, batch: int) -> Tensor:
        """Return the power of steady noise in each band, relative to the music's mean power."""
        middle = torch.from_numpy(band_levels.centers()).to(dice.device, torch.float32)
        tilt_db = dice.uniform(-6, 1, batch, 1)
        snr_db = dice.uniform(*_SNRS_DB, batch, 1)
        level_db = tilt_db * torch.log2(middle / 1000) - snr_db
        heard = dice.chance(self.noisy_share, batch, 1)
        return torch.where(heard, 10 ** (level_db / 10), 0.0)

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the distance above the cut-off; smaller is better."""
        heard, known, wanted, flat = batch
        level, flatness = model(heard, known)
        unknown = (1 - known)[:, None].expand_as(wanted)
        near = nn.functional.smooth_l1_loss(level, wanted, reduction="none", beta=self.bend)
        audible = unknown * (wanted > (FLOOR_DB + 3 - CENTER_DB) / UNIT_DB)
        apart = (flatness - flat).abs()
        total = (near * unknown).sum() / unknown.sum()
        shape = (apart * audible).sum() / audible.sum().clamp_min(1)
        loss: Tensor = total + self.flatness_weight * shape
        return loss

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return the error of the levels in dB on the tuning pieces, by cut-off, RMS.

        The pieces are rendered without the band limits that some have as items of the suites.
        """
        errors: dict[float, list[float]] = {hertz: [] for hertz in _VALIDATION_CUTOFFS_HZ}
        for piece in music.DEVELOPMENT:
            audio = music.render(replace(piece, band=None))
            clean = torch.from_numpy(audio.samples.copy()).to(device)
            for hertz, found in errors.items():
                cutoff_hz = torch.tensor([hertz], device=device)
                nothing = torch.zeros(1, device=device)
                slope_db = torch.tensor([48.0], device=device)
                silent = torch.zeros(1, band_levels.num_bands(), device=device)
                heard, known, wanted, _ = _pairs(
                    clean, cutoff_hz, slope_db, cutoff_hz, silent, nothing
                )
                level, _ = model(heard, known)
                error = (level - wanted)[:, :, known[0] == 0] * UNIT_DB
                found.append(float(error.square().mean().sqrt()))
        means = {f"error_at_{hertz:g}": sum(all_) / len(all_) for hertz, all_ in errors.items()}
        return {"error": sum(means.values()) / len(means), **means}


def _pairs(
    clean: Tensor,
    cutoff_hz: Tensor,
    slope_db: Tensor,
    found_hz: Tensor,
    noise: Tensor,
    offset_db: Tensor,
) -> Batch:
    """Return what is heard and what was there, for one cut-off an item."""
    window = torch.hann_window(N_FFT, device=clean.device).sqrt()
    spectra = torch.stft(
        clean, N_FFT, HOP_LENGTH, window=window, pad_mode="constant", return_complex=True
    )
    power = spectra.abs().square().transpose(1, 2) * (2 / N_FFT)
    num_bins = power.shape[2]
    bands = torch.from_numpy(band_levels.averages(num_bins, SAMPLE_RATE)).to(clean.device).T
    whole = power @ bands
    flat = (power + _TINY).log10() @ bands - (whole + _TINY).log10()
    frequency = torch.arange(num_bins, device=clean.device) * (SAMPLE_RATE / N_FFT)
    octaves = torch.log2(frequency.clamp_min(1) / cutoff_hz[:, None]).clamp_min(0)
    response = 10 ** (-slope_db[:, None] * octaves / 10)
    heard = (power * response[:, None]) @ bands
    upper = torch.from_numpy(band_levels.edges()[1:]).to(clean.device, torch.float32)
    known = (upper <= found_hz[:, None]).float()
    widths = torch.from_numpy(band_levels.widths()).to(clean.device, torch.float32)
    share = known * widths / band_levels.TOP_HZ
    mean = (heard * share[:, None]).sum(dim=2, keepdim=True).mean(dim=1, keepdim=True)
    mean = mean.clamp_min(_TINY)
    heard = _levels(heard / mean + noise[:, None], offset_db)
    return heard * known[:, None], known, _levels(whole / mean, offset_db), flat


def _levels(relative: Tensor, offset_db: Tensor) -> Tensor:
    """Return powers relative to the recording's as the network's levels."""
    level_db = 10 * torch.log10(relative.clamp_min(_TINY)) + offset_db[:, None, None]
    return (level_db.clamp_min(FLOOR_DB) - CENTER_DB) / UNIT_DB
