"""Add scratches, to make pairs of damaged and clean sound."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeScratches:
    """Add scratches: trains of shocks at random times, and ticks that recur each revolution."""

    rate: float = param(0.5, unit="/s", low=0, high=50, help="mean number of trains a second")
    radial: float = param(
        3.0, unit="/min", low=0, high=600, help="mean number of recurring scratches a minute"
    )
    turns: int = param(20, low=1, high=500, help="revolutions for which one recurs")
    rpm: float = param(78.26, unit="rpm", low=10, high=200, help="turns a minute")
    height_db: float = param(
        16.0, unit="dB", low=3, high=30, help="mean peak above the music within 50 ms"
    )
    spread_db: float = param(6.0, unit="dB", low=0, high=15, help="deviation of that peak")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with scratches; reports how many shocks and ticks."""
        from toolkit.dsp import damage

        shape = damage.Recording(audio.num_channels, audio.num_samples, audio.sample_rate)
        height_db = (self.height_db, self.spread_db)
        trains = damage.draw_scratches(
            run.rng("trains"), shape, rate=self.rate, height_db=height_db
        )
        ticks = damage.draw_radial_scratches(
            run.rng("radial"),
            shape,
            rate=self.radial / 60,
            rpm=self.rpm,
            turns=self.turns,
            height_db=height_db,
        )
        events = damage.together(trains, ticks)
        out = damage.click_through(
            audio.samples,
            events,
            audio.sample_rate,
            out=run.scratch(audio.samples.shape),
            progress=run.tick,
        )
        run.report(shocks=len(trains), recurring_ticks=len(ticks))
        return audio.with_samples(out)


STAGE = DegradeScratches
