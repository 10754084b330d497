"""Add noise to the difference of two channels, to make pairs of noisy and clean sound."""

from __future__ import annotations

import numpy as np

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeSideNoise:
    """Add groove noise to the difference of each pair of channels; their sum stays clean.

    A mono groove moves the tip sideways only. What moves it up and down, dirt on the floor of the
    groove and a pinched wall, a stereo pickup puts out with opposite signs. One channel alone has
    no difference and is left as it is.
    """

    snr_db: float = param(
        10.0, unit="dB", low=-20, high=120, help="music over noise, variances of the whole file"
    )
    repeating: float = param(0.5, low=0, high=1, help="share of it that repeats each revolution")
    rpm: float = param(78.26, unit="rpm", low=10, high=200, help="turns a minute")
    tilt_db: float = param(-3.0, unit="dB", low=-12, high=6, help="slope an octave above 1 kHz")
    rumble_db: float = param(12.0, unit="dB", low=0, high=40, help="rise below 60 Hz")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with noise; reports what it was multiplied by."""
        from toolkit.dsp import mixing, surface_noise

        pairs = audio.num_channels // 2
        if pairs == 0:
            run.report(pairs=0)
            return audio
        noise = surface_noise.draw(
            run.rng(),
            pairs,
            audio.sample_rate,
            rpm=self.rpm,
            repeating=self.repeating,
            tilt_db=self.tilt_db,
            rumble_db=self.rumble_db,
            correlation=0.0,
        )

        def between(start: int, stop: int) -> np.ndarray:
            difference = np.zeros((audio.num_channels, stop - start), np.float32)
            difference[0 : 2 * pairs : 2] = noise.between(start, stop)
            difference[1 : 2 * pairs : 2] = -difference[0 : 2 * pairs : 2]
            return difference

        out = run.scratch(audio.samples.shape)
        gain = mixing.add_at_snr(audio.samples, between, self.snr_db, out=out, progress=run.tick)
        run.report(pairs=pairs, gain=gain)
        return audio.with_samples(out)


STAGE = DegradeSideNoise
