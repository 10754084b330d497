"""Add the hiss of a tape, to make pairs of noisy and clean sound."""

from __future__ import annotations

import numpy as np

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeHiss:
    """Add the hiss of a tape: bright, slowly swinging, and a little of it riding on the music."""

    snr_db: float = param(
        35.0, unit="dB", low=-20, high=120, help="music over hiss, variances of the whole file"
    )
    tilt_db: float = param(3.0, unit="dB", low=-12, high=12, help="slope an octave, 1 to 10 kHz")
    swing_db: float = param(1.0, unit="dB", low=0, high=12, help="slow swing of its level")
    riding_db: float = param(
        -45.0, unit="dB", low=-120, high=0, help="noise that rides on the music, below the music"
    )

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with hiss; reports how its level swings."""
        from toolkit.dsp import mixing, tape_hiss

        samples, rate = audio.samples, audio.sample_rate
        hiss = tape_hiss.draw_hiss(
            run.rng(), audio.num_channels, rate, tilt_db=self.tilt_db, swing_db=self.swing_db
        )

        def between(start: int, stop: int) -> np.ndarray:
            return hiss.between(start, stop, rate)

        out = run.scratch(samples.shape)
        gain = mixing.add_at_snr(samples, between, self.snr_db, out=out)
        riding = np.float32(10 ** (self.riding_db / 20))
        for block in chunks.blocks(samples, size=2**18):
            noise = hiss.riding.between(block.span.start, block.span.stop)
            out[:, block.span] += riding * block.samples * noise.astype(np.float32)
            chunks.release(out)
            run.tick(block.span.stop, audio.num_samples)
        run.report(
            snr_db=self.snr_db,
            gain=gain,
            swing_periods=[round(float(each), 3) for each in hiss.period],
            swing_depths_db=[round(float(each), 3) for each in hiss.depth_db],
        )
        return audio.with_samples(out)


STAGE = DegradeHiss
