"""Rebuild the peaks that a converter cut off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import numpy as np

from toolkit import chunks
from toolkit.dsp.condition import Condition
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples

if TYPE_CHECKING:
    from toolkit.dsp.clipping import ClipLevels

_BLOCK_SECONDS = 6.0
_BLOCK_SAMPLES = 2**20  # of all channels at once; the solver's memory is some 40 times that


@stage
class Declip:
    """Rebuild clipped peaks; samples that are not clipped keep their bits."""

    strength: float = param(
        1.0, low=0, high=1, help="share of what was cut off that is put back; 0 leaves the signal"
    )
    make_room: bool = param(
        False, help="lower the whole signal by a recorded gain so that rebuilt peaks fit full scale"
    )

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with its clipped samples rebuilt; peaks may exceed full scale."""
        from toolkit.dsp import clipping

        if self.strength == 0:
            return audio
        levels = clipping.clip_levels(audio.samples)
        if levels.plateaus:
            run.report(plateaus="flat like a square wave at full level, left alone")
        if not levels:
            run.report(samples_rebuilt=0)
            return audio
        out = run.scratch(audio.samples.shape)
        rebuilt, peak = 0, 0.0
        for span, samples, count in self._rebuild(audio, levels):
            out[:, span] = samples
            rebuilt += count
            peak = max(peak, float(np.abs(samples).max(initial=0)))
            chunks.release(out)
            run.tick(span.stop, audio.num_samples)
        run.report(
            samples_rebuilt=rebuilt,
            clip_level=float(min(np.abs(v) for v in levels.high + levels.low if np.isfinite(v))),
            peak=peak,
        )
        if self.make_room and peak > 1:
            self._lower(out, peak)
            run.report(gain_db=float(-20 * np.log10(peak)))
        return audio.with_samples(out)

    def _rebuild(self, audio: Audio, levels: ClipLevels) -> Iterator[tuple[slice, Samples, int]]:
        """Yield where each block lies, its samples and how many of them were clipped."""
        from toolkit.dsp import sparsity

        n_fft = sparsity.choose_n_fft(audio.sample_rate)
        size = int(min(_BLOCK_SECONDS * audio.sample_rate, _BLOCK_SAMPLES / audio.num_channels))
        size = max(size, 4 * n_fft)
        for block in chunks.blocks(audio.samples, size=size, context=n_fft):
            marks = levels.mask(block.samples)
            count = int(np.count_nonzero(marks[:, block.keep]))
            samples = block.samples[:, block.keep]
            if count:
                fixed = sparsity.declip(block.samples, marks, n_fft)[:, block.keep]
                if self.strength < 1:
                    fixed = samples + np.float32(self.strength) * (fixed - samples)
                samples = fixed
            yield block.span, samples, count

    def _lower(self, out: Samples, peak: float) -> None:
        for begin in range(0, out.shape[1], _BLOCK_SAMPLES):
            out[:, begin : begin + _BLOCK_SAMPLES] /= np.float32(peak)
            chunks.release(out)

    def tuned(self, condition: Condition) -> tuple[Self, str]:
        """Return the stage at full strength if anything is clipped, and why."""
        if condition.clipped_ratio <= 0:
            return replace(self, strength=0.0), "no flat tops were found"
        share = 100 * condition.clipped_ratio
        reason = f"{share:.3g} % of the samples are cut off at {condition.clip_level:.3g}"
        return replace(self, strength=1.0), reason


STAGE = Declip
