"""Add dropouts, to make pairs of damaged and clean sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples

if TYPE_CHECKING:
    from toolkit.dsp.damage import Recording


@stage
class DegradeDropouts:
    """Add dropouts: moments in which a tape leaves the head, or a groove is torn.

    On tape they last 5 to 80 ms and lose 6 dB and more at 10 kHz, less below; on a disc, 0.5 to
    20 ms of the music are replaced by noise.
    """

    medium: str = param("tape", choices=("tape", "disc"), help="what the recording is on")
    rate: float = param(0.5, unit="/s", low=0, high=100, help="mean number a second")
    loss_db: float = param(
        40.0, unit="dB", low=6, high=80, help="largest loss at 10 kHz of a tape's dropouts"
    )

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with dropouts; reports how many and how long in all."""
        from toolkit.dsp import damage

        shape = damage.Recording(audio.num_channels, audio.num_samples, audio.sample_rate)
        draw = self._on_tape if self.medium == "tape" else self._on_disc
        apply, lengths, reach = draw(shape, run)
        out = chunks.overlap_add(
            apply,
            audio.samples,
            size=2**18,
            context=round(reach * audio.sample_rate) + 3,
            out=run.scratch(audio.samples.shape),
            progress=run.tick,
        )
        seconds = float(lengths.sum()) / audio.sample_rate
        run.report(dropouts=len(lengths), seconds=round(seconds, 4))
        return audio.with_samples(out)

    def _on_tape(self, shape: Recording, run: Run) -> tuple[chunks.Function, np.ndarray, float]:
        from toolkit.dsp import tape_dropouts

        dropouts = tape_dropouts.draw_tape_dropouts(
            run.rng(), shape, rate=self.rate, loss_db=(6.0, self.loss_db)
        )

        def apply(block: Samples, start: int) -> Samples:
            return tape_dropouts.add_tape_dropouts(block, start, dropouts, shape.sample_rate)

        reach = tape_dropouts.LONGEST_SECONDS + tape_dropouts.MARGIN_SECONDS
        return apply, dropouts.length, reach

    def _on_disc(self, shape: Recording, run: Run) -> tuple[chunks.Function, np.ndarray, float]:
        from toolkit.dsp import damage

        dropouts = damage.draw_dropouts(run.rng(), shape, rate=self.rate)

        def apply(block: Samples, start: int) -> Samples:
            return damage.add_clicks(block, start, dropouts, shape.sample_rate)

        return apply, dropouts.length, damage.LEVEL_SECONDS + damage.LONGEST_SECONDS


STAGE = DegradeDropouts
