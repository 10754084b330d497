"""Add tracing distortion, to make pairs of damaged and clean sound."""

from __future__ import annotations

from math import pi

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio

_CUTS = ("lateral", "vertical", "stereo")


@stage
class DegradeTracing:
    """Add the distortion of a round tip in a groove; it grows with level, treble and playing time.

    The file is taken for a whole side, on which the tip moves from the outer to the inner groove.
    In a lateral cut only odd harmonics arise; in a vertical one, and on each wall of a stereo
    record, even ones.
    """

    cut: str = param("lateral", choices=_CUTS, help="how the groove was cut")
    velocity: float = param(
        0.2, unit="m/s", low=0, high=2, help="recorded velocity at the file's peak"
    )
    tip_um: float = param(64.0, unit="µm", low=0, high=300, help="radius of the tip")
    rpm: float = param(78.26, unit="rpm", low=10, high=200, help="turns a minute")
    outer_mm: float = param(121.0, unit="mm", low=20, high=250, help="radius where the side begins")
    inner_mm: float = param(50.0, unit="mm", low=20, high=250, help="radius where it ends")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording as traced; reports the largest slope and delay."""
        from toolkit.dsp.peak import peak
        from toolkit.dsp.tracing import Tracing

        highest = peak(audio.samples)
        if highest == 0:
            return audio
        turn = 2 * pi * self.rpm / 60 / 1000
        tracing = Tracing(
            velocity=self.velocity,
            tip_radius=self.tip_um * 1e-6,
            speeds=(turn * self.outer_mm, turn * self.inner_mm),
            lateral=self.cut == "lateral",
            peak=highest,
            num_samples=audio.num_samples,
            sample_rate=audio.sample_rate,
        )
        out = chunks.overlap_add(
            tracing.apply,
            audio.samples,
            size=2**16,
            context=tracing.context,
            out=run.scratch(audio.samples.shape),
            progress=run.tick,
        )
        slope = self.velocity / min(tracing.speeds)
        delay = tracing.tip_radius / min(tracing.speeds) * slope / (1 + slope**2) ** 0.5
        run.report(largest_slope=round(slope, 4), largest_delay_us=round(1e6 * delay, 2))
        return audio.with_samples(out)


STAGE = DegradeTracing
