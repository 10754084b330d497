"""Play a recording at the speed it was made at."""

from __future__ import annotations

from math import log2

import numpy as np
import numpy.typing as npt

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples

# Below this the hum is not followed but guessed: errors grow past what they correct.
_CLEAR_HUM_DB = 15.0


@stage
class CorrectSpeed:
    """Play a recording at the speed it was made at, constant or as the recorded hum tells.

    The factors ``speed``, ``cents`` and ``recorded_rpm / played_rpm`` multiply: above 1 the result
    is faster, higher and shorter. With ``hum_hz`` the mains hum that was recorded along with the
    music is followed through time, within ``hum_range`` of where the factors put it, and made
    exactly constant; that takes out drift and slow wow with it, and the hum alone then says how
    fast the result is. Only a hum that went through the recording can tell: one that the transfer
    added is constant already and asks for nothing.

    Alone among the stages this one changes the length.
    """

    speed: float = param(1.0, low=0.25, high=4, help="factor of speed, above 1 is faster")
    cents: float = param(0.0, unit="cents", low=-2400, high=2400, help="change of pitch")
    recorded_rpm: float = param(
        78.26, unit="rpm", low=10, high=200, help="speed of the disc when it was recorded"
    )
    played_rpm: float = param(
        78.26, unit="rpm", low=10, high=200, help="speed of the disc in this transfer"
    )
    hum_hz: float = param(
        0.0, unit="Hz", low=0, high=100, help="mains frequency of the recording (50 or 60), 0 = off"
    )
    hum_range: float = param(
        3.0, unit="%", low=0.1, high=10, help="how far off the hum may be at any moment"
    )
    strength: float = param(1.0, low=0, high=1, help="share of the change in cents")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording at its right speed; its length changes with it."""
        if self.strength == 0 or audio.num_samples == 0:
            return audio
        factor = self.speed * 2 ** (self.cents / 1200) * self.recorded_rpm / self.played_rpm
        if self.hum_hz > 0:
            corrected = self._along_hum(audio, factor, run)
            if corrected is not None:
                return corrected
        return self._constant(audio, factor**self.strength, run)

    def _constant(self, audio: Audio, factor: float, run: Run) -> Audio:
        from toolkit.dsp import resample

        run.report(speed=factor, cents=1200 * log2(factor))
        if factor == 1:
            return audio
        rates = (audio.sample_rate * factor, audio.sample_rate)
        length = resample.resampled_length(audio.num_samples, *rates)
        out = run.scratch((audio.num_channels, length))
        resample.resample(audio.samples, *rates, out=out, progress=run.tick)
        return audio.with_samples(out)

    def _along_hum(self, audio: Audio, factor: float, run: Run) -> Audio | None:
        """Return the recording with its hum made constant, None where no hum is to be followed."""
        from toolkit.dsp import speed

        expected = self.hum_hz / factor
        if audio.duration < 1 or not speed.LOWEST_HZ <= expected <= speed.HIGHEST_HZ:
            run.report(hum_found=False)
            return None
        curve = speed.track_hum(audio.samples, audio.sample_rate, expected, self.hum_range / 100)
        off = np.abs(curve.frequency / expected - 1)
        found = curve.snr_db >= _CLEAR_HUM_DB and bool(np.median(off) <= self.hum_range / 100)
        run.report(hum_found=found, hum_snr_db=curve.snr_db)
        if not found:
            return None
        ratio = (self.hum_hz / curve.frequency) ** self.strength
        cents = 1200 * np.log2(ratio)
        out = _read_along(audio, ratio, curve.interval, run)
        run.report(
            speed=audio.num_samples / max(out.shape[1], 1),
            cents=float(cents.mean()),
            wow_cents=float(cents.std()),
        )
        return audio.with_samples(out)


def _read_along(audio: Audio, ratio: npt.NDArray[np.float64], interval: float, run: Run) -> Samples:
    from toolkit.dsp import resample, speed

    rate = audio.sample_rate
    duration, transfer_time = speed.studio_time(1 / ratio, interval, 1.0, audio.duration)
    return resample.warp(
        audio.samples,
        lambda indices: transfer_time(indices / rate) * rate,
        out=run.scratch((audio.num_channels, round(duration * rate))),
        fastest=float(ratio.max()),
        progress=run.tick,
    )


STAGE = CorrectSpeed
