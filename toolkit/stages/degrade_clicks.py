"""Add clicks, to make pairs of damaged and clean sound."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeClicks:
    """Add clicks at random times: impulses and damped sines, some of which replace the music."""

    rate: float = param(10.0, unit="/s", low=0, high=1000, help="mean number a second")
    height_db: float = param(
        14.0, unit="dB", low=3, high=30, help="mean peak above the music within 50 ms"
    )
    spread_db: float = param(7.0, unit="dB", low=0, high=15, help="deviation of that peak")
    impulses: float = param(0.25, low=0, high=1, help="share that lasts three samples at most")
    destructive: float = param(0.2, low=0, high=1, help="share that replaces the music")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with clicks; reports how many, and how many replace it."""
        from toolkit.dsp import damage

        shape = damage.Recording(audio.num_channels, audio.num_samples, audio.sample_rate)
        clicks = damage.draw_clicks(
            run.rng(),
            shape,
            rate=self.rate,
            height_db=(self.height_db, self.spread_db),
            impulses=self.impulses,
            destructive=self.destructive,
        )
        out = damage.click_through(
            audio.samples,
            clicks,
            audio.sample_rate,
            out=run.scratch(audio.samples.shape),
            progress=run.tick,
        )
        run.report(clicks=len(clicks), destructive=int(clicks.replaces.sum()))
        return audio.with_samples(out)


STAGE = DegradeClicks
