"""Round off loud passages, to make pairs of damaged and clean sound."""

from __future__ import annotations

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples


@stage
class DegradeSaturation:
    """Round off loud passages as an overdriven cutter, tape or amplifier does."""

    drive: float = param(
        2.2, low=0.01, high=100, help="how far the file's peak lies beyond the bend, mean"
    )
    share: float = param(0.18, low=0, high=1, help="share of the rounded signal, mean")
    spread: float = param(1.0, low=0, high=2, help="how far both vary, 0 = not at all")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the saturated recording; reports the curve drawn."""
        from toolkit.dsp.peak import peak
        from toolkit.dsp.saturation import draw_saturation

        curve = draw_saturation(run.rng(), drive=self.drive, share=self.share, spread=self.spread)
        highest = peak(audio.samples)

        def apply(block: Samples, start: int) -> Samples:
            return curve.apply(block, highest)

        out = run.scratch(audio.samples.shape)
        chunks.overlap_add(apply, audio.samples, size=2**17, out=out, progress=run.tick)
        run.report(drive=round(curve.drive, 3), share=round(curve.share, 3), peak=highest)
        return audio.with_samples(out)


STAGE = DegradeSaturation
