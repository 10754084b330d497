"""Add pre-echo and post-echo, to make pairs of damaged and clean sound."""

from __future__ import annotations

import numpy as np

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeEcho:
    """Add what leaks from the neighboring turn of a disc or tape: an echo before and one after.

    A cutter deforms the wall of the groove beside it, and wound tape magnetizes the layers it
    touches; both carry the middle of the spectrum.
    """

    seconds: float = param(1.8, unit="s", low=0.001, high=10, help="time of one turn")
    before_db: float = param(-46.0, unit="dB", low=-120, high=0, help="level of the one before")
    after_db: float = param(-50.0, unit="dB", low=-120, high=0, help="level of the one after")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with its echoes; reports their distance in samples."""
        from toolkit.dsp import tone, zero_phase

        turn = round(self.seconds * audio.sample_rate)
        leaking = zero_phase.filter_by(
            audio.samples,
            tone.Band(200.0, 4000.0, 6.0, 6.0).gain_db,
            audio.sample_rate,
            out=run.scratch(audio.samples.shape),
        )
        out = run.scratch(audio.samples.shape)
        gains = {turn: 10 ** (self.before_db / 20), -turn: 10 ** (self.after_db / 20)}
        for block in chunks.blocks(audio.samples, size=2**18):
            out[:, block.span] = block.samples
            for shift, gain in gains.items():
                low = max(block.span.start + shift, 0)
                high = min(block.span.stop + shift, audio.num_samples)
                if low < high:
                    own = slice(low - shift, high - shift)
                    out[:, own] += np.float32(gain) * leaking[:, low:high]
            chunks.release(leaking)
            chunks.release(out)
            run.tick(block.span.stop, audio.num_samples)
        run.report(turn_samples=turn)
        return audio.with_samples(out)


STAGE = DegradeEcho
