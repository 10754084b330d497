"""Add the thumps of a cracked disc, to make pairs of damaged and clean sound."""

from __future__ import annotations

import numpy as np

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples


@stage
class DegradeThumps:
    """Add a low thump once a revolution, as a crack in the disc makes."""

    height_db: float = param(
        12.0, unit="dB", low=-20, high=40, help="peak above the RMS of the whole file"
    )
    rpm: float = param(78.26, unit="rpm", low=10, high=200, help="turns a minute")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with thumps; reports how many and the resonance."""
        from toolkit.dsp import damage, machine_noise, mixing

        shape = damage.Recording(audio.num_channels, audio.num_samples, audio.sample_rate)
        thumps = machine_noise.draw_thumps(run.rng(), shape, rpm=self.rpm)
        peak = np.float32(mixing.power(audio.samples) ** 0.5 * 10 ** (self.height_db / 20))

        def apply(block: Samples, start: int) -> Samples:
            wave = thumps.between(start, start + block.shape[1], audio.sample_rate)
            return np.asarray(block + peak * wave)

        out = run.scratch(audio.samples.shape)
        chunks.overlap_add(apply, audio.samples, size=2**18, out=out, progress=run.tick)
        run.report(
            thumps=len(thumps.time),
            tail_seconds=round(thumps.tail, 4),
            falls_from_hz=round(thumps.high_hz, 2),
            falls_to_hz=round(thumps.low_hz, 2),
        )
        return audio.with_samples(out)


STAGE = DegradeThumps
