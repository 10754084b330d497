"""Add the resonances of a recording horn, to make pairs of damaged and clean sound."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeHorn:
    """Add the resonances of an acoustic recording horn: two to four peaks in the middle."""

    lowest_db: float = param(3.0, unit="dB", low=0, high=30, help="height of the weakest peak")
    highest_db: float = param(10.0, unit="dB", low=0, high=30, help="height of the strongest peak")
    low_hz: float = param(300.0, unit="Hz", low=20, high=2000, help="where peaks begin")
    high_hz: float = param(2500.0, unit="Hz", low=100, high=20_000, help="where they end")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording as through a horn; reports the peaks."""
        from toolkit.dsp import horn, zero_phase

        drawn = horn.draw_horn(
            run.rng(),
            height_db=(min(self.lowest_db, self.highest_db), self.highest_db),
            band_hz=(min(self.low_hz, self.high_hz), self.high_hz),
        )
        out = zero_phase.filter_by(
            audio.samples,
            drawn.gain_db,
            audio.sample_rate,
            out=run.scratch(audio.samples.shape),
            progress=run.tick,
        )
        run.report(
            peaks_hz=[round(each, 1) for each in drawn.frequency],
            heights_db=[round(each, 2) for each in drawn.height_db],
            qualities=[round(each, 2) for each in drawn.quality],
        )
        return audio.with_samples(out)


STAGE = DegradeHorn
