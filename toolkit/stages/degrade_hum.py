"""Add mains hum, to make pairs of humming and clean sound."""

from __future__ import annotations

import numpy as np

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeHum:
    """Add mains hum with harmonics, up to 1 Hz off and slowly drifting."""

    mains: str = param("50", choices=("50", "60"), help="nominal frequency of the mains in Hz")
    snr_db: float = param(
        20.0, unit="dB", low=-20, high=120, help="music over hum, variances of the whole file"
    )
    harmonics: int = param(8, low=1, high=40, help="number of partials with the fundamental")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with hum; reports its frequency and its partials' amplitudes."""
        from toolkit.dsp import machine_noise, mixing

        hum = machine_noise.draw_hum(
            run.rng(), mains_hz=float(self.mains), harmonics=self.harmonics
        )

        def between(start: int, stop: int) -> np.ndarray:
            return hum.between(start, stop, audio.sample_rate)

        out = run.scratch(audio.samples.shape)
        gain = mixing.add_at_snr(audio.samples, between, self.snr_db, out=out, progress=run.tick)
        run.report(
            hum_hz=round(hum.frequency, 3),
            gain=gain,
            partials=[round(float(each), 4) for each in hum.amplitude],
        )
        return audio.with_samples(out)


STAGE = DegradeHum
