"""Subtract mains hum, line by line, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np

from toolkit import chunks
from toolkit.dsp.condition import Condition
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples

_BLOCK_SAMPLES = 2**20  # of all channels at once


@stage
class Dehum:
    """Subtract mains hum and its harmonics as they drift; notes on the same pitch stay."""

    strength: float = param(
        1.0, low=0, high=1, help="share of the hum that is taken away; 0 leaves the signal"
    )

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording without hum; the very same recording when there is none."""
        from toolkit.dsp import hum

        if self.strength == 0:
            return audio
        total = audio.num_samples
        stretches = hum.trace_hum(
            audio.samples, audio.sample_rate, lambda done, _: run.tick(done / 2, total)
        )
        if not stretches:
            run.report(hum_hz=0.0, harmonics=[], level_removed_db=None)
            return audio
        gain = np.float32(self.strength)

        def subtract(block: Samples, start: int) -> Samples:
            stop = start + block.shape[1]
            for stretch in stretches:
                if stretch.start < stop and stretch.stop > start:
                    block -= gain * stretch.synthesize(start, stop)
            return block

        out = chunks.overlap_add(
            subtract,
            audio.samples,
            size=max(_BLOCK_SAMPLES // audio.num_channels, 1),
            out=run.scratch(audio.samples.shape),
            progress=lambda done, _: run.tick((total + done) / 2, total),
        )
        hum_hz, hum_db, prominence_db = hum.summarize(stretches, total)
        paths = [each.frequencies for each in stretches]
        run.report(
            hum_hz=hum_hz,
            drift_hz=float(max(path.max() for path in paths) - min(path.min() for path in paths)),
            harmonics=sorted({k for each in stretches for k in each.harmonics}),
            level_removed_db=float(hum_db + 20 * np.log10(self.strength)),
            prominence_db=prominence_db,
        )
        return audio.with_samples(out)

    def tuned(self, condition: Condition) -> tuple[Self, str]:
        """Return the stage at full strength if there is a hum, and why."""
        if condition.hum_hz <= 0:
            return replace(self, strength=0.0), "no hum was found between 40 and 70 Hz"
        reason = (
            f"hum at {condition.hum_hz:.2f} Hz stands {condition.hum_prominence_db:.0f} dB above"
            " its surroundings"
        )
        return replace(self, strength=1.0), reason


STAGE = Dehum
