"""Bring a recording to a loudness by one constant gain."""

from __future__ import annotations

from math import isinf

import numpy as np

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples

_BLOCK = 1 << 16


@stage
class NormalizeLoudness:
    """Bring a recording to a loudness (EBU R 128) by one constant gain, never a limiter.

    Where that gain would lift the true peak above the ceiling, the gain is the one that meets the
    ceiling, and the report says so. Silence, less than 0.4 s and more than five channels, for which
    no loudness is defined, stay as they are.
    """

    target: float = param(-23.0, unit="LUFS", low=-60, high=0, help="integrated loudness to reach")
    ceiling: float = param(-1.0, unit="dBTP", low=-20, high=0, help="highest true peak allowed")
    strength: float = param(1.0, low=0, high=1, help="share of the gain in dB")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording at the target loudness, of the same length."""
        from toolkit.dsp import loudness

        if self.strength == 0:
            return audio
        if audio.num_channels > loudness.MAX_CHANNELS:
            run.report(gain_db=0.0, unchanged=f"{audio.num_channels} channels have no loudness")
            return audio
        measured = loudness.measure_loudness(
            audio.samples,
            audio.sample_rate,
            progress=lambda done, total: run.tick(done / 2, total),
        )
        if isinf(measured.integrated_lufs):
            run.report(gain_db=0.0, unchanged="silence, or shorter than 0.4 s")
            return audio
        wanted = self.target - measured.integrated_lufs
        allowed = self.ceiling - measured.true_peak_db
        gain_db = min(wanted, allowed) * self.strength
        run.report(
            gain_db=gain_db,
            limited_by_ceiling=allowed < wanted,
            before_lufs=measured.integrated_lufs,
            after_lufs=measured.integrated_lufs + gain_db,
            range_lu=measured.range_lu,
            true_peak_db=measured.true_peak_db + gain_db,
        )
        return audio.with_samples(_amplify(audio.samples, gain_db, run))


def _amplify(samples: Samples, gain_db: float, run: Run) -> Samples:
    gain = np.float32(10 ** (gain_db / 20))
    total = samples.shape[1]
    out = run.scratch(samples.shape)
    for block in chunks.blocks(samples, size=_BLOCK):
        out[:, block.span] = gain * block.samples
        chunks.release(out)
        run.tick((total + block.span.stop) / 2, total)
    return out


STAGE = NormalizeLoudness
