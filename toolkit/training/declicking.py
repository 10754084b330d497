"""Learn to tell clicks from music, sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from toolkit.dsp import click_features
from toolkit.evaluation import declicking, events, music
from toolkit.training import simulation, tone
from toolkit.training.corpus import Corpus, FromMusic
from toolkit.training.precision import autocast
from toolkit.training.simulation import Dice
from toolkit.values import Audio

Batch = tuple[Tensor, Tensor, Tensor]

_VALIDATION_SECONDS = 4.0
_VALIDATION_FAMILIES = ("mixed", "gouges", declicking.CONTROL)
_LIKELY = 0.8
# Good samples between bad ones that belong to the same click, and the samples that make a span
# short: those of a tick weigh more, since it is so few that carry it.
_CLOSING, _SHORT = 12, 31


@dataclass(frozen=True)
class Declicking(FromMusic):
    """Make clicked music and where its clicks lie, and score the odds by it.

    Scratches and dropouts are not among the damage: they stay unheard, to be tested on.

    Parameters
    ----------
    clean_share : float
        Of items without a click.
    bed_share : float
        Of items in surface noise 20 to 60 dB below the music.
    audible : float
        A sample is bad where the click exceeds this share of the prediction error's level.
    short_weight : float
        How much more the samples of a single tick weigh than those of a long click.
    """

    clean_share: float = 0.2
    bed_share: float = 0.7
    audible: float = 0.5
    short_weight: float = 6.0

    def batch(self, corpus: Corpus, dice: Dice, batch: int, num_samples: int) -> Batch:
        """Return features [batch, features, samples], truth and weights [batch, samples]."""
        clean = corpus.excerpts(dice.generator, batch, num_samples)
        clean = tone.colored(dice, clean, narrow=0.4)
        clean = clean + self._bed(dice, clean)
        # One law of heights and shapes a half of the batch, so that a batch hears two.
        parts = [self._clicks(dice, part) for part in clean.chunk(2)]
        worn = torch.cat([worn for worn, _ in parts])
        touched = torch.cat([mask for _, mask in parts])
        heard = [click_features.features(item) for item in worn.cpu().numpy()]
        given = torch.from_numpy(np.array([each for each, _ in heard])).to(clean.device)
        floor = torch.from_numpy(np.array([scale for _, scale in heard])).to(clean.device)
        truth = closed(touched & ((worn - clean).abs() > self.audible * floor))
        near = nn.functional.avg_pool1d(truth[:, None].float(), _SHORT, 1, _SHORT // 2)[:, 0]
        weight = torch.where(truth, 1 + self.short_weight * (1 - near), 1.0)
        return given, truth.float(), weight

    def _bed(self, dice: Dice, clean: Tensor) -> Tensor:
        """Return the surface noise under the music, none in some items."""
        batch, num_samples = clean.shape
        noise = simulation.surface_noise(
            dice,
            num_samples,
            tilt_db=dice.uniform(-6, 2, batch),
            rumble_db=dice.uniform(0, 20, batch) * dice.chance(0.6, batch),
            repeating=dice.uniform(0, 0.8, batch),
            modulation=dice.uniform(0, 0.3, batch),
            ripple_db=float(dice.log_uniform(1, 7)),
        )
        level = clean.std(dim=1) * 10 ** (-dice.uniform(20, 60, batch) / 20)
        return (level * dice.chance(self.bed_share, batch))[:, None] * noise

    def _clicks(self, dice: Dice, clean: Tensor) -> tuple[Tensor, Tensor]:
        batch = len(clean)
        rate = dice.log_uniform(0.3, 200, batch)
        rate = torch.where(dice.chance(self.clean_share, batch), 1e-6, rate)
        return simulation.add_clicks(
            dice,
            clean,
            rate=rate,
            height_db=(float(dice.uniform(5, 18)), float(dice.uniform(3, 8))),
            impulses=float(dice.uniform(0, 1)),
            destructive=float(dice.uniform(0, 0.6)),
        )

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Return the weighted binary cross-entropy of a batch."""
        given, truth, weight = batch
        with autocast(given.device):
            odds = model(given)
        each = nn.functional.binary_cross_entropy_with_logits(odds.float(), truth, reduction="none")
        return (weight * each).mean()

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return how many events are found on the tuning pieces of suite C1, and false alarms."""
        found = real = right = claimed = false = 0
        seconds = 0.0
        for name, audio in music.clean_music(pieces=music.DEVELOPMENT):
            samples = np.array(audio.samples[:1, : int(_VALIDATION_SECONDS * audio.sample_rate)])
            short = Audio(samples, audio.sample_rate)
            for family in _VALIDATION_FAMILIES:
                clean, worn = declicking.damaged_pair(short, family, 0, music.case_number(name))
                heard = torch.from_numpy(click_features.features(worn.samples[0])[0]).to(device)
                odds = model(heard[None])[0].cpu()
                likely = (torch.sigmoid(odds) > _LIKELY).numpy()
                gap = round(events.MERGE_SECONDS * audio.sample_rate)
                change = events.spans(likely, gap)
                if family == declicking.CONTROL:
                    false += int(likely.sum())
                    seconds += short.duration
                    continue
                damage = events.spans(np.abs(worn.samples - clean.samples)[0] > 1e-6, gap)
                right += int(events.overlaps(change, damage).sum())
                found += int(events.overlaps(damage, change).sum())
                real, claimed = real + len(damage), claimed + len(change)
        return {
            "precision": right / max(claimed, 1),
            "recall": found / max(real, 1),
            "false_samples_per_minute": 60 * false / seconds,
        }


def closed(mask: Tensor) -> Tensor:
    """Return a mask [batch, samples] whose gaps of up to 12 samples are filled."""
    wide = nn.functional.max_pool1d(
        nn.functional.pad(mask[:, None].float(), (_CLOSING, _CLOSING)), _CLOSING + 1, 1
    )
    return -nn.functional.max_pool1d(-wide, _CLOSING + 1, 1)[:, 0] > 0.5
