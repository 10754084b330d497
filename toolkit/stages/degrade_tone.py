"""Give a recording the uneven tone of old equipment, to make pairs of damaged and clean sound."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeTone:
    """Give a recording an uneven tone, random in each octave, without moving it in time."""

    spread_db: float = param(14.7, unit="dB", low=0, high=40, help="deviation of each octave")
    lowest_db: float = param(
        -9.0, unit="dB", low=-80, high=0, help="mean of the lowest octave, about 40 Hz"
    )

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with its new tone; reports the gain in each octave."""
        from toolkit.dsp import tone, zero_phase

        drawn = tone.draw_tone(run.rng(), spread_db=self.spread_db, lowest_mean_db=self.lowest_db)
        out = zero_phase.filter_by(
            audio.samples,
            drawn.gain_db,
            audio.sample_rate,
            out=run.scratch(audio.samples.shape),
            progress=run.tick,
        )
        run.report(octaves_db=[round(gain, 2) for gain in drawn.nodes_db])
        return audio.with_samples(out)


STAGE = DegradeTone
