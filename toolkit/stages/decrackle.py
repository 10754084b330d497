"""Stage `decrackle`: thin out dense, small crackle."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np

from toolkit.dsp.condition import Condition
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio

# Crackle is many small clicks: fewer than this many a second are the business of declicking alone.
_NEGLIGIBLE_RATE = 2.0


@stage
class Decrackle:
    """Repair dense small clicks in several small steps.

    Looks lower than declicking but only for damage below a millisecond, and looks again at its own
    result, because the largest ticks hide the smaller ones.
    """

    strength: float = param(1.0, low=0, high=1, help="less repairs only ticks that stand out more")
    threshold: float = param(
        6.0, unit="sigmas", low=3, high=100, help="height above the local level that is a tick"
    )
    max_gap: float = param(0.8, unit="ms", low=0.05, high=5, help="longest tick repaired")
    steps: int = param(2, low=1, high=8, help="small steps instead of a large one")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the audio with its ticks interpolated."""
        if self.strength == 0 or audio.num_samples == 0:
            return audio
        from toolkit.dsp.click_repair import repair_clicks
        from toolkit.dsp.clicks import Sensitivity

        sensitivity = Sensitivity(self.threshold / self.strength, self.max_gap / 1000, rounds=1)
        out = run.scratch(audio.samples.shape)
        repaired = repair_clicks(
            audio.samples,
            audio.sample_rate,
            sensitivity,
            out,
            steps=self.steps,
            progress=run.tick,
        )
        run.report(
            ticks_repaired=repaired.clicks,
            ticks_per_second=round(repaired.clicks / audio.duration, 3),
            samples_touched=repaired.samples,
        )
        return audio.with_samples(out)

    def tuned(self, condition: Condition) -> tuple[Self, str]:
        """Return this stage at the strength that the measured rate of clicks needs."""
        from toolkit.dsp.clicks import easier

        rate = condition.clicks_per_second
        if rate < _NEGLIGIBLE_RATE:
            return replace(self, strength=0.0), f"only {rate:.2g} clicks a second: no crackle"
        strength = float(np.clip(0.6 + 0.4 * np.log10(rate / _NEGLIGIBLE_RATE), 0, 1))
        threshold = easier(self.threshold, rate, rare=_NEGLIGIBLE_RATE)
        return replace(self, strength=round(strength, 2), threshold=threshold), (
            f"{rate:.3g} clicks a second: crackle"
        )


STAGE = Decrackle
