"""Fill the holes that a transfer left."""

from __future__ import annotations

import numpy as np

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples

_BLOCK_SECONDS = 10.0
_BLOCK_SAMPLES = 2**20  # of all channels at once

Spans = list[tuple[int, int]]


@stage
class FillGaps:
    """Fill dropouts, short runs of zeros or of one held value, with the sound around them."""

    strength: float = param(
        1.0, low=0, high=1, help="share of the filling in the result; 0 leaves the signal"
    )
    longest_ms: float = param(
        50.0, unit="ms", low=0.3, high=100, help="longer runs are taken for pauses and left alone"
    )

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with its dropouts filled; where there are none, the very same."""
        if self.strength == 0:
            return audio
        gaps = self._find(audio)
        longest = max((stop - start for spans in gaps for start, stop in spans), default=0)
        run.report(
            gaps_filled=sum(len(spans) for spans in gaps),
            samples_filled=sum(stop - start for spans in gaps for start, stop in spans),
            longest_gap_ms=1000 * longest / audio.sample_rate,
        )
        if not longest:
            run.tick(1, 1)
            return audio
        return audio.with_samples(self._fill(audio, gaps, longest, run))

    def _find(self, audio: Audio) -> list[Spans]:
        """Return the dropouts of each channel, from the first to the last."""
        from toolkit.dsp import dropouts

        longest = self.longest_ms / 1000
        context = int((longest + 2 * dropouts.AROUND_SECONDS) * audio.sample_rate) + 8
        found: list[Spans] = [[] for _ in range(audio.num_channels)]
        for block in chunks.blocks(audio.samples, size=_size(audio), context=context):
            for x, spans in zip(block.samples, found, strict=True):
                local = dropouts.find_dropouts(x, audio.sample_rate, longest)
                # A run belongs to the block in which it starts; its end is in the context.
                own = (local[:, 0] >= block.keep.start) & (local[:, 0] < block.keep.stop)
                spans += [(int(a) + block.start, int(b) + block.start) for a, b in local[own]]
        return found

    def _fill(self, audio: Audio, gaps: list[Spans], longest: int, run: Run) -> Samples:
        from toolkit.dsp import inpainting

        out = run.scratch(audio.samples.shape)
        context = longest + inpainting.reach(longest)
        for block in chunks.blocks(audio.samples, size=_size(audio), context=context):
            stop = block.start + block.samples.shape[1]
            fixed = block.samples
            for x, spans in zip(fixed, gaps, strict=True):
                local = [
                    (a - block.start, b - block.start)
                    for a, b in spans
                    if a < stop and b > block.start
                ]
                if any(a < block.keep.stop and b > block.keep.start for a, b in local):
                    filled = inpainting.fill(x[None], local)[0]
                    x[:] = self._mix(x, filled)
            out[:, block.span] = fixed[:, block.keep]
            chunks.release(out)
            run.tick(block.span.stop, audio.num_samples)
        return out

    def _mix(self, x: Samples, filled: Samples) -> Samples:
        if self.strength == 1:
            return filled
        changed = filled != x
        out = x.copy()
        out[changed] += np.float32(self.strength) * (filled - x)[changed]
        return out


def _size(audio: Audio) -> int:
    size = min(_BLOCK_SECONDS * audio.sample_rate, _BLOCK_SAMPLES / max(audio.num_channels, 1))
    return max(int(size), 1)


STAGE = FillGaps
