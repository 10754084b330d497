"""Learn to take a band apart: piano, bass, drums, other instruments, noise of the record."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from toolkit.dsp import resample
from toolkit.errors import ToolkitError
from toolkit.evaluation import old_records, stem_metrics
from toolkit.models.spectra import Spectra, local_features
from toolkit.models.stem_masking import NAMES, REACH
from toolkit.training import bands, sources, tone
from toolkit.training.denoising import noises
from toolkit.training.precision import autocast
from toolkit.training.simulation import SAMPLE_RATE as NOISE_RATE
from toolkit.training.simulation import Dice
from toolkit.values import Audio, Stems

STEMS = NAMES

_WORN, _WORN_SECONDS = 120, 12
_CHAINS = ("degrade-acoustic-78", "degrade-electric-78", "degrade-wax", "degrade-shellac")
_WORN_SHARE = 0.6
_NOISES = 160
_NOISE_SECONDS = 16
_MOVEMENTS_SHARE = 0.3
# In octaves up and down: an instrument played back faster is another instrument.
_VARISPEED = 0.35
_DRIVEN_SHARE, _DRIVE = 0.25, 0.5
# Stems below this share of the mixture's energy count as silent; no error has to be smaller than
# the other one.
_FLOOR, _EXACT = 1e-3, 3e-4
_COMPRESSION = 0.5
_VALIDATION_SONGS, _VALIDATION_SECONDS = 10, 8


@dataclass(frozen=True)
class StemCorpus:
    """Hold songs as stems, movements of one class of instruments, and noises; see `bands`."""

    songs: tuple[Path, ...]
    movements: tuple[Path, ...]
    noises: tuple[Path, ...]
    worn: tuple[Path, ...] = ()

    @property
    def hours(self) -> float:
        """Return how much music there is, each song counted once."""
        paths = (*self.songs, *self.movements)
        samples = sum(np.load(path, mmap_mode="r").shape[1] for path in paths)
        return float(samples) / bands.SAMPLE_RATE / 3600


def prepare_noises(ledger: sources.Ledger) -> Iterator[Path]:
    """Simulate the noise of records once: drawing it for every batch takes longer than training."""
    for number in range(_NOISES):
        target = sources.prepared() / "train" / "noises" / f"{number:04d}.npy"
        if not target.is_file():
            dice = Dice(torch.Generator().manual_seed(5000 + number))
            drawn = noises(dice, 1, _NOISE_SECONDS * NOISE_RATE)
            half = drawn.shape[1] // 2
            below = torch.fft.irfft(torch.fft.rfft(drawn)[:, : half // 2 + 1], half)[0]
            sources.save(target, below.numpy())
            yield target


def prepare_worn(ledger: sources.Ledger) -> Iterator[Path]:
    """Let the `degrade-*` pipelines wear songs, and keep what that adds.

    Each file has two rows at the same scale, the noise and the music it belongs to: scratches and
    clicks of a pipeline are as loud as the music around them makes them.
    """
    songs = open_corpus("train").songs
    for number in range(_WORN):
        target = sources.prepared() / "train" / "worn" / f"{number:04d}.npy"
        if target.is_file():
            continue
        rng = np.random.default_rng([22, number])
        stems = _excerpt(songs, rng, _WORN_SECONDS * bands.SAMPLE_RATE)
        music = resample.resample(stems.sum(axis=0, keepdims=True), bands.SAMPLE_RATE, NOISE_RATE)
        music = (music * (0.1 / max(float(np.sqrt(np.mean(music**2))), 1e-4))).astype(np.float32)
        whole = Audio(music, NOISE_RATE)
        parts = Stems({"other": whole, "noise": whole.with_samples(np.zeros_like(music))})
        worn = old_records.worn(parts, _CHAINS[number % len(_CHAINS)], seed=number)
        rows = np.concatenate([worn["noise"].samples, worn["other"].samples])
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = resample.resample(rows, NOISE_RATE, bands.SAMPLE_RATE)
        np.save(target, np.round(rows * (0.9 * 32767 / np.abs(rows).max())).astype(np.int16))
        yield target


@dataclass(frozen=True)
class Separating:
    """Make mixtures of stems, and score masks by them.

    Parameters
    ----------
    coherent : float
        Share of mixtures whose stems belong to one song; in the others each is from anywhere.
    old : float
        Share of mixtures that sound like old records: a narrow band, and noise.
    energy_weight : float
        Loss for one decibel of the error of a stem that is heard.
    leak_weight : float
        Loss for an error of the mixture's own energy in a stem that is silent.
    varied : bool
        Whether songs are played back faster or slower, all stems by as much, and stems inverted.
    """

    coherent: float = 0.5
    old: float = 0.5
    energy_weight: float = 0.05
    leak_weight: float = 1.0
    varied: bool = True

    def prepare(self, ledger: sources.Ledger) -> Iterator[Path]:
        """Yield each track as it gets ready; nothing is done twice."""
        yield from prepare_noises(ledger)
        yield from bands.prepare_bands(ledger)
        yield from bands.prepare_movements(ledger)
        yield from bands.prepare_arrangements(ledger)
        yield from prepare_worn(ledger)

    def open_corpus(self, ledger: sources.Ledger) -> StemCorpus:
        """Return what is prepared.

        Raises
        ------
        ToolkitError
            If nothing is.
        """
        return open_corpus("train")

    def batch(
        self, corpus: StemCorpus, dice: Dice, batch: int, num_samples: int
    ) -> tuple[Tensor, ...]:
        """Return a batch of stems, [batch, 5, num_samples]; their sums are the mixtures."""
        rng = np.random.default_rng(dice.integer(0, 2**31))
        stems = np.stack([self._stems(corpus, rng, num_samples) for _ in range(batch)])
        noise = np.stack([_noise(corpus, rng, num_samples) for _ in range(batch)])
        found = torch.from_numpy(stems).to(dice.device)
        return (self._recorded(dice, found, torch.from_numpy(noise).to(dice.device)),)

    def _stems(self, corpus: StemCorpus, rng: np.random.Generator, num_samples: int) -> Any:
        if rng.random() < self.coherent:
            take = _varied if self.varied else _excerpt
            stems = take(corpus.songs, rng, num_samples)
        else:
            stems = np.zeros((len(bands.CLASSES), num_samples), np.float32)
            for index, kind in enumerate(bands.CLASSES):
                solo = kind in ("piano", "other") and rng.random() < _MOVEMENTS_SHARE
                for _attempt in range(3):
                    paths = corpus.movements if solo and corpus.movements else corpus.songs
                    stems[index] = _varied(paths, rng, num_samples, row=index)[0]
                    if np.abs(stems[index]).max() > 1e-3:
                        break
        if self.varied:
            stems *= rng.choice([-1, 1], (len(stems), 1))
        rms = np.sqrt(np.mean(stems**2, axis=1, keepdims=True))
        level_db = np.clip(rng.normal(-1, 7, (len(stems), 1)), -20, 9)
        stems *= np.where(rms > 1e-4, 1 / np.maximum(rms, 1e-4), 0)
        driven = rng.random(len(stems)) < _DRIVEN_SHARE
        stems[driven] = np.tanh(_DRIVE * stems[driven]) / _DRIVE
        stems *= 0.1 * 10 ** (level_db / 20)
        heard = rng.random(len(stems)) > 0.18
        return stems * heard[:, None] if (rms[:, 0] * heard).max() > 1e-4 else stems

    def _recorded(self, dice: Dice, stems: Tensor, noise: Tensor) -> Tensor:
        """Return stems as a room, a chain of recording and a record leave them, noise added."""
        batch, count, num_samples = stems.shape
        rate = bands.SAMPLE_RATE
        own = tone.responses(
            dice, batch * count, num_samples, narrow=0.0, deviation_db=4.0, sample_rate=rate
        )
        old = dice.chance(self.old, batch, 1)
        chain = tone.responses(dice, batch, num_samples, narrow=1.0, sample_rate=rate)
        chain = torch.where(old, chain, 1.0)
        spectra = torch.fft.rfft(stems) * own.reshape(batch, count, -1) * chain[:, None]
        room = torch.fft.rfft(_rooms(dice, batch, num_samples), num_samples)
        stems = torch.fft.irfft(spectra * room[:, None], num_samples)
        power = stems.sum(dim=1).square().mean(dim=1, keepdim=True).clamp_min(1e-8)
        # Noise comes at the level of music of power 1, that is at its natural ratio.
        level_db = torch.where(
            old, dice.uniform(-14, 4, batch, 1), dice.uniform(-70, -40, batch, 1)
        )
        noise = noise * power.sqrt() * 10 ** (level_db / 20)
        return torch.cat((stems, noise[:, None]), dim=1)

    def loss(self, model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        """Return the loss of a batch; smaller is better.

        For every stem the distance of spectra of compressed magnitude (exponent 0.5), relative to
        the mixture's level, and the energy of its error in decibels.
        """
        (stems,) = batch
        batch_size, count = stems.shape[:2]
        grid = Spectra(model.config.n_fft, model.config.hop_length)  # type: ignore[union-attr, arg-type]
        heard = grid.analyze(stems.sum(dim=1))[:, None, :, :-1]
        wanted = grid.analyze(stems.flatten(0, 1))[..., :-1]
        wanted = wanted.reshape(batch_size, count, *wanted.shape[1:])
        power, aim = heard.abs().square(), wanted.abs()
        with autocast(stems.device):
            masks = model(local_features(power[:, 0], REACH))
        masks = masks.float()
        # A mask is real, so what is found has the phase of the mixture, and the distance of two
        # complex numbers follows from magnitudes and the product's real part: |mx - w|² =
        # m²|x|² - 2m Re(x w*) + |w|². That spares the gradient of complex numbers.
        product = (heard * wanted.conj()).real
        alike = product / (power.sqrt() * aim).clamp_min(1e-12)
        level = power.mean(dim=(2, 3), keepdim=True).sqrt().clamp_min(1e-8)
        soft = (masks * (power.sqrt() / level)).clamp_min(1e-5) ** _COMPRESSION
        soft_aim = (aim / level).clamp_min(1e-5) ** _COMPRESSION
        near = (2 * (soft.square() + soft_aim.square() - soft * soft_aim * (1 + alike))).mean()
        energy = aim.square().sum(dim=(2, 3))
        error = (masks * (masks * power - 2 * product)).sum(dim=(2, 3)) + energy
        whole = power.sum(dim=(2, 3))
        # A logarithm pays so well for silence where a stem is silent that a network would learn
        # to keep rare stems silent for ever; there the leak itself is counted.
        heard_at_all = energy > _FLOOR * whole
        decibels = 10 * torch.log10((error.relu() + _EXACT * whole) / (energy + _EXACT * whole))
        leak = (error / whole.clamp_min(1e-9)).clamp(0, 1)
        balance = torch.where(heard_at_all, self.energy_weight * decibels, self.leak_weight * leak)
        loss: Tensor = near + balance.mean()
        return loss

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return the mean SI-SDR improvement of each stem, on songs that training does not hear."""
        grid = Spectra(model.config.n_fft, model.config.hop_length)  # type: ignore[union-attr, arg-type]
        gains: dict[str, list[float]] = {}
        for kind, stems in _validation_items():
            mixture = stems.sum(dim=0, keepdim=True).to(device)
            spectra = grid.analyze(mixture)
            with autocast(device):
                masks = model(local_features(spectra[..., :-1].abs().square(), REACH))[0].float()
            edge = spectra[..., -1:].expand(len(STEMS), -1, -1) / len(STEMS)
            parts = torch.cat((spectra[..., :-1] * masks, edge), dim=-1)
            found = grid.synthesize(parts, stems.shape[1]).cpu()
            for name, truth, part in zip(STEMS, stems, found, strict=True):
                if truth.square().mean() > 1e-3 * mixture.square().mean().cpu():
                    done, undone = part.numpy(), mixture[0].cpu().numpy()
                    gain = stem_metrics.si_sdr(truth.numpy(), done)
                    gain -= stem_metrics.si_sdr(truth.numpy(), undone)
                    gains.setdefault(f"{name}_{kind}", []).append(gain)
        means = {name: float(np.mean(each)) for name, each in sorted(gains.items())}
        return {"gain": float(np.mean(list(means.values()))), **means}


def open_corpus(split: str) -> StemCorpus:
    """Return the prepared songs, movements and noises of a split."""

    def files(kind: str, of: str) -> tuple[Path, ...]:
        found = sorted((sources.prepared() / of / kind).glob("*.npy"))
        return tuple(path for path in found if not path.name.endswith(".partial.npy"))

    songs = files("bands", split) + files("arrangements", split)
    movements = files("movements", split)
    corpus = StemCorpus(songs, movements, files("noises", "train"), files("worn", "train"))
    if not corpus.songs or not corpus.noises:
        raise ToolkitError(
            f"no bands are prepared in {sources.prepared() / split}",
            "prepare them with: tonearm train RECIPE --prepare",
        )
    return corpus


def _excerpt(paths: tuple[Path, ...], rng: np.random.Generator, num_samples: int) -> Any:
    """Return a random stretch of a random file as float32 [rows, num_samples]."""
    track = np.load(paths[int(rng.integers(len(paths)))], mmap_mode="r")
    track = np.atleast_2d(track)
    first = int(rng.integers(max(track.shape[1] - num_samples, 1)))
    piece = track[:, first : first + num_samples].astype(np.float32) / 32768
    return np.pad(piece, ((0, 0), (0, num_samples - piece.shape[1])))


def _varied(
    paths: tuple[Path, ...], rng: np.random.Generator, num_samples: int, row: int | None = None
) -> Any:
    """Return an excerpt, all of its rows or one, played back faster or slower."""
    longer = math.ceil(num_samples * 2**_VARISPEED) + 1
    faster = 2 ** float(rng.uniform(-_VARISPEED, _VARISPEED))
    rows = _excerpt(paths, rng, longer)
    rows = rows if row is None else rows[row : row + 1]
    at = np.arange(num_samples) * faster
    return np.stack([np.interp(at, np.arange(longer), each) for each in rows]).astype(np.float32)


def _noise(corpus: StemCorpus, rng: np.random.Generator, num_samples: int) -> Any:
    """Return the noise of a record as it belongs to music of power 1."""
    if corpus.worn and rng.random() < _WORN_SHARE:
        noise, music = _excerpt(corpus.worn, rng, num_samples)
        return noise / max(float(np.sqrt(np.mean(music**2))), 1e-3)
    noise = _excerpt(corpus.noises, rng, num_samples)[0]
    snr_db = rng.uniform(0, 14)
    return noise * (10 ** (-snr_db / 20) / max(float(np.sqrt(np.mean(noise**2))), 1e-4))


def _rooms(dice: Dice, batch: int, num_samples: int) -> Tensor:
    """Return impulse responses: nothing but a click in half of them, decaying noise after others.

    Exponentially decaying Gaussian noise is the late field of a diffuse room (Moorer 1979, "About
    this reverberation business").
    """
    length = min(num_samples, round(0.8 * bands.SAMPLE_RATE))
    time = torch.arange(length, device=dice.device) / bands.SAMPLE_RATE
    decay = dice.log_uniform(0.15, 1.2, batch, 1)
    tail = dice.normal(batch, length) * 10 ** (-3 * time / decay)
    tail = tail / tail.square().sum(dim=1, keepdim=True).sqrt()
    wet = 10 ** (dice.uniform(-22, -2, batch, 1) / 20) * dice.chance(0.5, batch, 1)
    response = tail * wet
    response[:, 0] += 1
    return response


@cache
def _validation_items() -> tuple[tuple[str, Tensor], ...]:
    corpus = open_corpus("validation")
    found = []
    for number in range(_VALIDATION_SONGS):
        for kind, old in (("clean", 0.0), ("old", 1.0)):
            task = Separating(coherent=1.0, old=old, varied=False)
            dice = Dice(torch.Generator().manual_seed(77 + number))
            length = _VALIDATION_SECONDS * bands.SAMPLE_RATE
            found.append((kind, task.batch(corpus, dice, 1, length)[0][0]))
    return tuple(found)
