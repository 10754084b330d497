"""Learn to find notes, in clean renders and in what old records leave of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from toolkit.evaluation.note_scores import note_scores
from toolkit.models.constant_q import (
    HOP_LENGTH,
    LOWEST_PITCH,
    NUM_PITCHES,
    SAMPLE_RATE,
    ConstantQ,
)
from toolkit.models.note_decoding import Thresholds, decode
from toolkit.training import performances, simulation
from toolkit.training.precision import autocast
from toolkit.training.simulation import Dice
from toolkit.training.sources import Ledger
from toolkit.values import Note, Notes

Batch = tuple[Tensor, Tensor]

# The noise is drawn for 44.1 kHz and heard at half the rate: so turns the disc twice as fast.
_RPM = 2 * 78.26
_LEVEL = 0.1
_VALIDATION_SECONDS = 15.0


@dataclass(frozen=True)
class Transcribing:
    """Make excerpts and their notes, and score what is found in them.

    Parameters
    ----------
    worn_share : float
        Of items that went through an old record: a narrow band, saturation, noise, clicks.
    moved_share : float
        Of items played at another speed, with all pitches up to three semitones off.
    onset_weight : float
        How much more an onset weighs than its absence.
    """

    worn_share: float = 0.5
    moved_share: float = 0.6
    onset_weight: float = 4.0
    _analysis: ConstantQ = field(default_factory=ConstantQ, repr=False, compare=False)

    @cached_property
    def _held(self) -> performances.Performances:
        return performances.open_performances("validation")

    def prepare(self, ledger: Ledger) -> Iterator[Path]:
        """Yield each performance as it is rendered; nothing is done twice."""
        return performances.prepare(ledger)

    def open_corpus(self, ledger: Ledger) -> performances.Performances:
        """Return the performances to train on."""
        return performances.open_performances()

    def batch(
        self, corpus: performances.Performances, dice: Dice, batch: int, num_samples: int
    ) -> Batch:
        """Return levels [batch, 2, frames, bins] and targets [batch, 3, frames, pitches]."""
        rng = np.random.default_rng(dice.integer(0, 2**62))
        items = [self._item(corpus, rng, num_samples) for _ in range(batch)]
        audio = torch.from_numpy(np.stack([each for each, _ in items])).to(dice.device)
        worn = round(self.worn_share * batch)
        audio = torch.cat((self._worn(dice, audio[:worn]), audio[worn:]))
        audio = audio * (_LEVEL / audio.std(dim=1, keepdim=True).clamp_min(1e-5))
        audio = audio * 10 ** (dice.uniform(-8, 5, batch, 1) / 20)
        levels = self._analysis.to(dice.device)(audio)
        frames = levels.shape[2]
        target = torch.from_numpy(np.stack([targets(rows, frames) for _, rows in items]))
        return levels, target.to(dice.device)

    def _item(
        self, corpus: performances.Performances, rng: np.random.Generator, num_samples: int
    ) -> tuple[Any, performances.Rows]:
        """Return an excerpt, perhaps at another speed, and its notes."""
        up = int(rng.integers(-3, 4)) if rng.random() < self.moved_share else 0
        detune = float(rng.uniform(-0.35, 0.35)) if rng.random() < self.moved_share else 0.0
        speed = 2 ** ((up + detune) / 12)
        seconds = num_samples / SAMPLE_RATE
        samples, rows = corpus.excerpt(rng, seconds * speed + 0.1)
        rows = (rows / np.array([speed, speed, 1, 1]) + np.array([0, 0, up, 0])).astype(np.float32)
        if speed != 1:
            where = np.arange(num_samples) * speed
            samples = np.interp(where, np.arange(len(samples)), samples).astype(np.float32)
        samples = np.pad(samples[:num_samples], (0, max(num_samples - len(samples), 0)))
        return samples * (_LEVEL / max(float(samples.std()), 1e-4)), rows

    def _worn(self, dice: Dice, clean: Tensor) -> Tensor:
        """Return what an old record leaves of the music."""
        batch, num_samples = clean.shape
        if batch == 0:
            return clean
        drive = dice.uniform(0.5, 4, batch, 1)
        heard = torch.tanh(drive * clean) / drive
        heard = _in_a_room(dice, heard)
        heard = _through_a_band(dice, heard)
        noise = simulation.surface_noise(
            dice,
            num_samples,
            tilt_db=dice.uniform(-6, 2, batch),
            rumble_db=dice.uniform(0, 20, batch) * dice.chance(0.6, batch),
            repeating=dice.uniform(0, 0.8, batch),
            modulation=dice.uniform(0, 0.3, batch),
            rpm=_RPM,
            ripple_db=3.0,
        )
        noise, _ = simulation.add_clicks(
            dice, noise, rate=dice.log_uniform(0.5, 30, batch), height_db=(14.0, 6.0)
        )
        level = heard.std(dim=1, keepdim=True).clamp_min(1e-4)
        return heard + level * 10 ** (-dice.uniform(5, 35, batch, 1) / 20) * noise

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the cross-entropies of onsets and frames and the error of velocities."""
        levels, target = batch
        with autocast(levels.device):
            found = model(levels)
        entropy = nn.functional.binary_cross_entropy_with_logits
        onset_truth, frame_truth, velocity_truth = target.unbind(dim=1)
        onset = entropy(found[:, 0], onset_truth, weight=1 + self.onset_weight * onset_truth)
        frame = entropy(found[:, 1], frame_truth)
        error = onset_truth * (found[:, 2] - velocity_truth).square()
        velocity = error.sum() / onset_truth.sum().clamp_min(1)
        total: Tensor = 20 * onset + 5 * frame + 2 * velocity
        return total

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return scores of fixed excerpts that are in no training, clean and worn."""
        dice = Dice(torch.Generator().manual_seed(20))
        clean, worn = (
            np.mean(self._scores(model, device, dice, worn), axis=0) for worn in (False, True)
        )
        return {
            "onset_f1": float(clean[0]),
            "offset_f1": float(clean[1]),
            "velocity_f1": float(clean[2]),
            "onset_f1_worn": float(worn[0]),
        }

    def _scores(
        self, model: nn.Module, device: torch.device, dice: Dice, worn: bool
    ) -> list[npt.NDArray[np.float64]]:
        found = []
        for number in range(len(self._held.files)):
            one = performances.Performances((self._held.files[number],))
            samples, rows = one.excerpt(np.random.default_rng(number), _VALIDATION_SECONDS)
            audio = torch.from_numpy(samples)[None]
            audio = audio * (_LEVEL / audio.std().clamp_min(1e-4))
            if worn:
                audio = self._worn(dice, audio)
                audio = audio * (_LEVEL / audio.std().clamp_min(1e-4))
            with autocast(device):
                answer = model(self._analysis.to(device)(audio.to(device)))[0].float().cpu()
            rows = rows[(rows[:, 0] >= 0) & (rows[:, 0] < _VALIDATION_SECONDS)]
            scores = note_scores(_notes(rows), _decoded(answer.numpy()))
            found.append(np.array([scores.onset, scores.offset, scores.velocity]))
        return found


def targets(rows: performances.Rows, frames: int) -> npt.NDArray[np.float32]:
    """Return what the network is to answer, [3 (onset, frame, velocity), frames, 88].

    Parameters
    ----------
    rows : np.ndarray, shape (notes, 4)
        Onset and offset in seconds, pitch, velocity; notes out of range are left out.
    frames : int
        Number of frames, the first of them centered on time 0.
    """
    out = np.zeros((3, frames, NUM_PITCHES), np.float32)
    for onset, offset, pitch, velocity in rows * np.array([1, 1, 1, 1]):
        index = round(float(pitch)) - LOWEST_PITCH
        if not 0 <= index < NUM_PITCHES:
            continue
        begin, end = onset * SAMPLE_RATE / HOP_LENGTH, offset * SAMPLE_RATE / HOP_LENGTH
        # A triangle two frames wide to each side, and how much of each frame is sounding.
        span = np.arange(max(math.ceil(begin - 2), 0), min(math.floor(begin + 2) + 1, frames))
        if len(span):
            triangle = 1 - np.abs(span - begin) / 2
            nearer = triangle >= out[0, span, index]
            out[2, span[nearer], index] = velocity
            out[0, span, index] = np.maximum(out[0, span, index], triangle)
        span = np.arange(max(math.floor(begin), 0), min(math.ceil(end) + 1, frames))
        covered = np.clip(np.minimum(end, span + 0.5) - np.maximum(begin, span - 0.5), 0, 1)
        out[1, span, index] = np.maximum(out[1, span, index], covered)
    return out


def _in_a_room(dice: Dice, dry: Tensor) -> Tensor:
    """Return the music with an echo that dies away in a tenth of a second to a second."""
    batch, num_samples = dry.shape
    time = torch.arange(SAMPLE_RATE // 2, device=dry.device) / SAMPLE_RATE
    tail = dice.normal(batch, len(time)) * torch.exp(-6.9 * time / dice.uniform(0.1, 1, batch, 1))
    tail = tail / tail.square().sum(dim=1, keepdim=True).sqrt()
    tail = tail * 10 ** (-dice.uniform(4, 30, batch, 1) / 20)
    size = num_samples + len(time)
    wet: Tensor = torch.fft.irfft(torch.fft.rfft(dry, size) * torch.fft.rfft(tail, size), size)
    return dry + wet[:, :num_samples]


def _through_a_band(dice: Dice, music: Tensor) -> Tensor:
    """Return the music through a random equalizer and the band of an old record."""
    batch, num_samples = music.shape
    frequency = torch.fft.rfftfreq(num_samples, 1 / SAMPLE_RATE, device=music.device)
    octaves = torch.log2(frequency.clamp_min(1.0) / 40)
    nodes = 4.0 * dice.normal(batch, 10)
    left = octaves.clamp(0, 8.99).floor().long()
    part = octaves.clamp(0, 9) - left
    level = nodes[:, left] * (1 - part) + nodes[:, left + 1] * part
    low, high = dice.log_uniform(25, 300, batch, 1), dice.log_uniform(2000, 10000, batch, 1)
    below = torch.log2(low / frequency.clamp_min(1.0)).clamp_min(0)
    above = torch.log2(frequency.clamp_min(1.0) / high).clamp_min(0)
    fall = dice.uniform(6, 36, batch, 1) * below + dice.uniform(12, 60, batch, 1) * above
    response = 10 ** ((level - fall.clamp_max(110)) / 20)
    filtered: Tensor = torch.fft.irfft(torch.fft.rfft(music) * response, num_samples)
    return filtered


def _notes(rows: performances.Rows) -> Notes:
    return Notes(
        tuple(
            Note(float(onset), float(offset), int(pitch), float(velocity))
            for onset, offset, pitch, velocity in rows
        )
    )


def _decoded(answer: npt.NDArray[np.float32]) -> Notes:
    onset, frame = (1 / (1 + np.exp(-answer[index])) for index in (0, 1))
    notes: list[Note] = []
    for index in range(NUM_PITCHES):
        notes += decode(
            onset[:, index],
            frame[:, index],
            answer[2, :, index],
            pitch_index=index,
            thresholds=Thresholds(),
        )
    return Notes(tuple(notes))
