"""Narrow a recording's band, to make pairs of damaged and clean sound."""

from __future__ import annotations

from dataclasses import asdict

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeBand:
    """Narrow the band to what an old medium passed, without moving the music in time."""

    low_hz: float = param(100.0, unit="Hz", low=1, high=2000, help="mean lower edge (-3 dB)")
    high_hz: float = param(3200.0, unit="Hz", low=200, high=100_000, help="mean upper edge")
    low_slope: float = param(
        18.0, unit="dB", low=3, high=96, help="mean fall an octave below the band"
    )
    high_slope: float = param(
        30.0, unit="dB", low=3, high=96, help="mean fall an octave above the band"
    )
    spread: float = param(1.0, low=0, high=2, help="how far edges and slopes vary, 0 = not at all")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording in its narrow band; reports the edges and slopes drawn."""
        from toolkit.dsp import tone, zero_phase

        mean = tone.Band(self.low_hz, self.high_hz, self.low_slope, self.high_slope)
        band = tone.draw_band(run.rng(), mean, spread=self.spread)
        out = zero_phase.filter_by(
            audio.samples,
            band.gain_db,
            audio.sample_rate,
            out=run.scratch(audio.samples.shape),
            progress=run.tick,
        )
        run.report(**{name: round(value, 2) for name, value in asdict(band).items()})
        return audio.with_samples(out)


STAGE = DegradeBand
