"""Add the noise of a groove, to make pairs of noisy and clean sound."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeSurfaceNoise:
    """Add surface noise: a texture that repeats each revolution, and fresh hiss."""

    snr_db: float = param(
        10.0, unit="dB", low=-20, high=120, help="music over noise, variances of the whole file"
    )
    repeating: float = param(0.5, low=0, high=1, help="share of it that repeats each revolution")
    rpm: float = param(78.26, unit="rpm", low=10, high=200, help="turns a minute")
    tilt_db: float = param(-3.0, unit="dB", low=-12, high=6, help="slope an octave above 1 kHz")
    rumble_db: float = param(6.0, unit="dB", low=0, high=40, help="rise below 60 Hz")
    modulation: float = param(0.15, low=0, high=0.9, help="swing of its level over a revolution")
    correlation: float = param(0.5, low=0, high=1, help="share that all channels have in common")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with noise; reports what it was multiplied by."""
        from toolkit.dsp import mixing, surface_noise

        noise = surface_noise.draw(
            run.rng(),
            audio.num_channels,
            audio.sample_rate,
            rpm=self.rpm,
            repeating=self.repeating,
            tilt_db=self.tilt_db,
            rumble_db=self.rumble_db,
            modulation=self.modulation,
            correlation=self.correlation,
        )
        out = run.scratch(audio.samples.shape)
        gain = mixing.add_at_snr(
            audio.samples, noise.between, self.snr_db, out=out, progress=run.tick
        )
        run.report(snr_db=self.snr_db, gain=gain)
        return audio.with_samples(out)


STAGE = DegradeSurfaceNoise
