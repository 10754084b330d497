"""Let the speed waver, to make pairs of damaged and clean sound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class DegradeWow:
    """Let the speed waver: a disc off its center, a warped one, a tape's transport."""

    medium: str = param("disc", choices=("disc", "tape"), help="a disc wavers once a revolution")
    wow: float = param(0.3, unit="%", low=0, high=5, help="peak change of speed, slow")
    flutter: float = param(0.03, unit="%", low=0, high=2, help="peak change of speed, 4 to 30 Hz")
    rpm: float = param(78.26, unit="rpm", low=10, high=200, help="turns a minute of a disc")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the wavering recording, of the same length; reports the terms of its speed."""
        from toolkit.dsp import resample, wow

        slow, fast = self.wow / 100, self.flutter / 100
        if self.medium == "disc":
            wavering = wow.draw_disc(run.rng(), rpm=self.rpm, wow=slow, flutter=fast)
        else:
            wavering = wow.draw_tape(run.rng(), wow=slow, flutter=fast)

        def positions(indices: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
            return wavering.positions(indices, audio.num_samples, audio.sample_rate)

        out = resample.warp(
            audio.samples,
            positions,
            out=run.scratch(audio.samples.shape),
            fastest=wavering.fastest,
            progress=run.tick,
        )
        run.report(
            rates_hz=[round(float(each), 4) for each in wavering.frequency],
            depths_percent=[round(100 * float(each), 5) for each in wavering.depth],
            phases=[round(float(each), 4) for each in wavering.phase],
        )
        return audio.with_samples(out)


STAGE = DegradeWow
