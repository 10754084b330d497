"""Learn to tell music from the noise of old records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from toolkit.evaluation import metrics, mixtures, music
from toolkit.evaluation.denoising import shellac_noise
from toolkit.models.spectra import Spectra, features
from toolkit.training import simulation, tone
from toolkit.training.corpus import Corpus, FromMusic
from toolkit.training.precision import autocast
from toolkit.training.simulation import Dice

Batch = tuple[Tensor, Tensor]

_COMPRESSION = 0.3

_RPM = (78.26, 77.92, 80.0, 76.0, 71.3, 33.333, 45.0, 160.0)
_SNR_CEILING_DB = 45.0
_VALIDATION_SNRS = (2, 12)


@dataclass(frozen=True)
class Denoising(FromMusic):
    """Make noisy and clean pairs, and score masks by them.

    Parameters
    ----------
    clean_share : float
        Of items whose noise lies 35 to 80 dB below the music: those must pass unchanged.
    cut_share : float
        Of batches where nothing at all lies above some frequency, as in files of low sample rates.
    snr_weight : float
        Loss for one decibel of the error's energy.
    attack_weight : float
        Loss of the 12 ms spectra, which show noise that a long window spreads around attacks.
    """

    clean_share: float = 0.12
    cut_share: float = 0.15
    snr_weight: float = 0.03
    attack_weight: float = 0.5

    def batch(self, corpus: Corpus, dice: Dice, batch: int, num_samples: int) -> Batch:
        """Return (noisy, clean), each [batch, num_samples]."""
        clean = corpus.excerpts(dice.generator, batch, num_samples)
        clean = tone.colored(dice, clean)
        noise = noises(dice, batch, num_samples)
        snr_db = (8 + 6 * dice.normal(batch)).clamp(-5, 30)
        untouched = dice.chance(self.clean_share, batch)
        snr_db = torch.where(untouched, dice.uniform(35, 80, batch), snr_db)
        power = clean.square().mean(dim=1).clamp_min(1e-7)
        gain = (power / noise.square().mean(dim=1) * 10 ** (-snr_db / 10)).sqrt()
        noisy = clean + gain[:, None] * noise
        # Files of lower sample rates and of lossy codecs end somewhere, music and noise alike.
        if dice.chance(self.cut_share):
            edge = float(dice.log_uniform(2000, 18000))
            noisy, clean = tone.cut(noisy, edge), tone.cut(clean, edge)
        return noisy, clean

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the loss of a batch; smaller is better.

        The distance of compressed spectra, which weighs soft cells as the ear does (exponent 0.3),
        and the energy of the error in decibels, which is what a listener's meter shows.
        """
        noisy, clean = batch
        grid = Spectra(model.config.n_fft, model.config.hop_length)  # type: ignore[union-attr, arg-type]
        heard, wanted = grid.analyze(noisy), grid.analyze(clean)
        given = features(heard[..., :-1].abs().square())
        with autocast(noisy.device):
            mask = model(given)
        masked = heard[..., :-1] * mask.float()
        level = heard.abs().square().mean(dim=(1, 2), keepdim=True).sqrt().clamp_min(1e-8)
        near = _compressed_distance(masked / level, wanted[..., :-1] / level)
        passed = torch.cat((masked, heard[..., -1:]), dim=-1)
        output = grid.synthesize(passed, clean.shape[1])
        short = Spectra(512, 256)
        scale = level[:, :, 0] * (512 / model.config.n_fft) ** 0.5  # type: ignore[union-attr, operator]
        near_short = _compressed_distance(
            short.analyze(output) / scale[..., None], short.analyze(clean) / scale[..., None]
        )
        error = (output - clean).square().sum(dim=1)
        energy = clean.square().sum(dim=1) + 1e-3 * noisy.square().sum(dim=1) + 1e-9
        decibels = 10 * torch.log10(error / energy + 10 ** (-_SNR_CEILING_DB / 10))
        return near + self.attack_weight * near_short + self.snr_weight * (decibels.mean() + 20)

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return the mean gain in dB on the tuning pieces of suite D1 under its own noise."""
        grid = Spectra(model.config.n_fft, model.config.hop_length)  # type: ignore[union-attr, arg-type]
        gains: dict[int, list[float]] = {snr: [] for snr in _VALIDATION_SNRS}
        for snr, mixture in _validation_mixtures():
            noisy = torch.from_numpy(mixture.noisy.samples).to(device)
            spectra = grid.analyze(noisy)
            with autocast(device):
                mask = model(features(spectra[..., :-1].abs().square())).float()
            spectra = torch.cat((spectra[..., :-1] * mask, spectra[..., -1:]), dim=-1)
            output = grid.synthesize(spectra, noisy.shape[1]).cpu().numpy()
            gains[snr].append(metrics.snr(mixture.clean.samples, output) - snr)
        means = {f"gain_at_{snr}": float(np.mean(each)) for snr, each in gains.items()}
        return {"gain": float(np.mean(list(means.values()))), **means}


def noises(dice: Dice, batch: int, num_samples: int) -> Tensor:
    """Return surface noise or hiss with clicks, pops, thumps and hum in every mixture."""
    noise = simulation.surface_noise(
        dice,
        num_samples,
        tilt_db=dice.uniform(-8, 3, batch),
        rumble_db=dice.uniform(0, 28, batch) * dice.chance(0.6, batch),
        repeating=dice.uniform(0, 0.8, batch),
        modulation=dice.uniform(0, 0.5, batch),
        rpm=_RPM[dice.integer(0, len(_RPM))],
        ripple_db=float(dice.log_uniform(1, 9)),
    )
    noise = noise * tone.drifting_level(dice, batch, num_samples)
    noise, _ = simulation.add_clicks(
        dice,
        noise,
        rate=dice.log_uniform(0.5, 80, batch) * dice.chance(0.6, batch) + 1e-3,
        height_db=(float(dice.uniform(4, 14)), 6.0),
        destructive=0.0,
    )
    # Whole batches go without, since drawing them takes time even where they are not added.
    if dice.chance(0.45):
        level = 10 ** (dice.uniform(-25, 0, batch) / 20) * dice.chance(0.8, batch)
        noise = noise + level[:, None] * simulation.hum(dice, num_samples, batch)
    if dice.chance(0.45):
        level = 10 ** (dice.uniform(-15, 15, batch) / 20) * dice.chance(0.8, batch)
        noise = noise + level[:, None] * simulation.thumps(dice, num_samples, batch)
    if dice.chance(0.35):
        level = 10 ** (dice.uniform(5, 28, batch) / 20) * dice.chance(0.8, batch)
        noise = noise + level[:, None] * simulation.pops(dice, num_samples, batch)
    if dice.chance(0.5):
        noise = _through_filters(dice, noise)
    return noise


def _through_filters(dice: Dice, noise: Tensor) -> Tensor:
    """Return noise without its bottom, its top or its color, as filters and slow machines leave it.

    Neither the bottom nor the top must be what tells how loud the noise is in between.
    """
    batch, num_samples = noise.shape
    frequency = torch.fft.rfftfreq(num_samples, 1 / simulation.SAMPLE_RATE, device=dice.device)
    frequency = frequency.clamp_min(1e-3)
    corner = dice.log_uniform(8, 200, batch, 1) * dice.chance(0.7, batch, 1)
    response = (1 + (corner / frequency) ** (2 * dice.uniform(1, 2.5, batch, 1))).rsqrt()
    corner = torch.where(dice.chance(0.4, batch, 1), dice.log_uniform(500, 9000, batch, 1), 1e9)
    response = response * (1 + (frequency / corner) ** (2 * dice.uniform(1, 3, batch, 1))).rsqrt()
    fall = dice.uniform(0, 1, batch, 1) * dice.chance(0.3, batch, 1)
    response = response * (frequency.clamp_min(20.0) / 1000) ** -fall
    filtered: Tensor = torch.fft.irfft(torch.fft.rfft(noise) * response, num_samples)
    return filtered


@cache
def _validation_mixtures() -> tuple[tuple[int, mixtures.Mixture], ...]:
    found = []
    for name, audio in music.clean_music(pieces=music.DEVELOPMENT):
        for snr in _VALIDATION_SNRS:
            rng = np.random.default_rng([0, music.case_number(name), snr])
            found.append((snr, mixtures.mix(audio, snr, shellac_noise, rng)))
    return tuple(found)


def _compressed_distance(found: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean distance of spectra whose magnitudes were raised to 0.3.

    Of magnitudes and of complex values, in equal parts. The derivative of |z|^0.3 at 0 is infinite,
    hence the smallest magnitude of 1e-4.
    """
    magnitude, aim = found.abs().clamp_min(1e-4), wanted.abs().clamp_min(1e-4)
    soft, soft_aim = magnitude**_COMPRESSION, aim**_COMPRESSION
    apart = (found * (soft / magnitude) - wanted * (soft_aim / aim)).abs().square().mean()
    return apart + (soft - soft_aim).square().mean()
