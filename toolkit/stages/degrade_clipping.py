"""Cut off the peaks, to make pairs of damaged and clean sound."""

from __future__ import annotations

import numpy as np

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples


@stage
class DegradeClipping:
    """Cut off the peaks as an overdriven converter does; all else stays as it is."""

    ceiling_db: float = param(
        -6.0, unit="dB", low=-60, high=0, help="where it cuts, below the peak of the whole file"
    )
    lopsided_db: float = param(
        0.0, unit="dB", low=-20, high=20, help="how much higher it cuts negative peaks"
    )

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the clipped recording; reports both ceilings and how many samples were cut."""
        from toolkit.dsp.peak import peak

        highest = peak(audio.samples)
        top = np.float32(highest * 10 ** (self.ceiling_db / 20))
        bottom = -np.float32(highest * 10 ** ((self.ceiling_db + self.lopsided_db) / 20))
        out = run.scratch(audio.samples.shape)
        cut = 0

        def apply(block: Samples, start: int) -> Samples:
            nonlocal cut
            clipped = np.clip(block, bottom, top)
            cut += int(np.count_nonzero(clipped != block))
            return clipped

        chunks.overlap_add(apply, audio.samples, size=2**18, out=out, progress=run.tick)
        run.report(clipped_samples=cut, top=float(top), bottom=float(bottom))
        return audio.with_samples(out)


STAGE = DegradeClipping
