"""Stage `declick`: repair single clicks and pops."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np

from toolkit.dsp.condition import Condition
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio

if TYPE_CHECKING:
    from toolkit.dsp.click_network import Odds

CHECKPOINT = "declick-44k"

# Detectors find about this many a second in clean music with sharp attacks.
_NEGLIGIBLE_RATE = 0.1
_RARE_RATE = 1.0


@stage
class Declick:
    """Repair clicks and pops by autoregressive interpolation.

    Clicks are samples that neither their past nor their future explains (Godsill & Rayner 1998). A
    small network that hears both prediction errors decides which they are, or, without it, their
    height alone. With the network, stretches up to 3.3 times as long are filled as well where the
    music itself is missing. Everything else stays bit-identical.
    """

    strength: float = param(
        1.0, low=0, high=1, help="less repairs only clicks that stand out further"
    )
    threshold: float = param(
        8.0, unit="sigmas", low=3, high=100, help="height above the local level that is a click"
    )
    max_gap: float = param(6.0, unit="ms", low=0.1, high=50, help="longest click repaired")
    detector: str = param("network", choices=("network", "classical"), help="what finds clicks")

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Return the detector's name, unless none is asked."""
        return () if self.strength == 0 or self.detector == "classical" else (CHECKPOINT,)

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the audio with its clicks interpolated."""
        if self.strength == 0 or audio.num_samples == 0:
            return audio
        from toolkit.dsp import click_network
        from toolkit.dsp.click_repair import repair_clicks
        from toolkit.dsp.clicks import Sensitivity

        threshold, longest = self.threshold / self.strength, self.max_gap / 1000
        odds = self._odds(run)
        out = run.scratch(audio.samples.shape)
        repaired = repair_clicks(
            audio.samples,
            audio.sample_rate,
            Sensitivity(threshold, longest)
            if odds is None
            else click_network.detector(odds, threshold, longest),
            out,
            progress=run.tick,
        )
        run.report(
            detector="classical" if odds is None else "network",
            clicks_repaired=repaired.clicks,
            clicks_per_second=round(repaired.clicks / audio.duration, 3),
            samples_touched=repaired.samples,
        )
        return audio.with_samples(out)

    def _odds(self, run: Run) -> Odds | None:
        """Return the network as a function of a recording, or None if none is wanted."""
        if self.detector == "classical":
            return None
        from toolkit.checkpoints import shipped
        from toolkit.models.click_detector import odds

        return partial(odds, (run.checkpoints or shipped()).load(CHECKPOINT, run.device))

    def tuned(self, condition: Condition) -> tuple[Self, str]:
        """Return this stage at the strength that the measured rate of clicks needs."""
        from toolkit.dsp.clicks import easier

        rate = condition.clicks_per_second
        if rate < _NEGLIGIBLE_RATE:
            return replace(self, strength=0.0), f"only {rate:.2g} clicks a second: nothing to do"
        strength = float(np.clip(0.7 + 0.3 * np.log10(rate / _NEGLIGIBLE_RATE), 0, 1))
        # The network's bar falls by itself where clicks are many.
        threshold = self.threshold
        if self.detector == "classical":
            threshold = easier(threshold, rate, rare=_RARE_RATE)
        return replace(self, strength=round(strength, 2), threshold=threshold), (
            f"{rate:.3g} clicks a second"
        )


STAGE = Declick
