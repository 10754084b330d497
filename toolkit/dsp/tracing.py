"""Tracing distortion: a round tip does not follow the groove that a sharp cutter left.

A tip of radius r touches the wall beside its own middle, so its center moves along the curve
parallel to the groove at distance r (J. Pierce and F. Hunt, "On distortion in sound reproduction
from phonograph records", 1938; W. Lewis and F. Hunt, "A theory of tracing distortion", 1941). From
a point of the groove with slope s the center lies r s/√(1 + s²) behind, and parallel curves have
the same slope there. A pickup's output is the groove's slope times the groove's speed V, hence the
music itself, at another time:

    y(t - (r/V) s/√(1 + s²)) = x(t),   s = v x(t) / V,

with v the velocity at full scale. It is a delay that depends on the signal: even harmonics, which
grow with level, with frequency and with the slowness of the inner groove. In a lateral cut the two
walls delay in opposite ways and the tip rides on both, so their mean is heard and only the odd
harmonics stay.

Where the groove is curved more tightly than the tip, y would take several values at once; the tip
does not reach that part of the wall. The running maximum of the arrival times is the path it takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal

from toolkit.values import Samples

Floats = npt.NDArray[np.float64]

_OVERSAMPLING = 4
# Samples beyond the delay that the two resampling filters and the interpolation look at.
_FILTERS = 64
# Arrival times rise at least so fast, so that a time belongs to one point of the groove.
_CREEP = 1e-3


@dataclass(frozen=True)
class Tracing:
    """Hold what decides how a groove is traced.

    Parameters
    ----------
    velocity : float
        Of the recorded groove at `peak`, in m/s.
    tip_radius : float
        In m.
    speeds : tuple[float, float]
        Of the groove under the tip at the first and the last sample, in m/s, > 0.
    lateral : bool
        Whether both walls carry the same music; else each channel is a wall of its own, as in a
        vertical cut and on a stereo record.
    peak : float
        Amplitude that stands for full scale, > 0.
    num_samples, sample_rate : int
        Of the recording.
    """

    velocity: float
    tip_radius: float
    speeds: tuple[float, float]
    lateral: bool
    peak: float
    num_samples: int
    sample_rate: int

    @property
    def context(self) -> int:
        """Return how many samples on each side of a block its result depends on."""
        # The delay stays below r/V; a running maximum remembers no more than twice that.
        return int(2 * self.sample_rate * self.tip_radius / min(self.speeds)) + _FILTERS

    def apply(self, block: Samples, start: int) -> Samples:
        """Return what the tip makes of a block [channels, n] that begins at sample `start`."""
        # The speed of the groove falls along the side as the tip moves inward.
        place = (start + np.arange(_OVERSAMPLING * block.shape[1]) / _OVERSAMPLING) / max(
            self.num_samples - 1, 1
        )
        speed = self.speeds[0] + (self.speeds[1] - self.speeds[0]) * place
        return np.stack([self._channel(channel, speed) for channel in block])

    def _channel(self, channel: npt.NDArray[np.float32], speed: Floats) -> npt.NDArray[np.float32]:
        fine = signal.resample_poly(channel.astype(np.float64), _OVERSAMPLING, 1)
        slope = fine * (self.velocity / self.peak) / speed
        # The factor on the right is the tip's time over its own radius, in fine samples.
        delay = slope / np.sqrt(1 + slope**2)
        delay *= self.tip_radius / speed * self.sample_rate * _OVERSAMPLING
        change = _arrive(fine, delay) - fine
        if self.lateral:
            change = (change + _arrive(fine, -delay) - fine) / 2
        # Only the change passes the filters, so an undistorted signal comes out as it went in.
        change = signal.resample_poly(change, 1, _OVERSAMPLING)
        return np.asarray(channel + change, np.float32)


def _arrive(values: Floats, delay: Floats) -> Floats:
    """Return the signal whose value k arrives at time k - delay[k], at whole times."""
    time = np.arange(len(values), dtype=np.float64)
    arrival = np.maximum.accumulate(time - delay - _CREEP * time) + _CREEP * time
    return _between(values, np.interp(time, arrival, time))


def _between(values: Floats, place: Floats) -> Floats:
    """Return values at fractional places by cubic interpolation (Lagrange), exact at whole ones."""
    whole = np.floor(place).astype(np.int64)
    u = place - whole
    before, here, after, later = (
        values[np.clip(whole + step, 0, len(values) - 1)] for step in (-1, 0, 1, 2)
    )
    return np.asarray(
        -u * (u - 1) * (u - 2) / 6 * before
        + (u + 1) * (u - 1) * (u - 2) / 2 * here
        - (u + 1) * u * (u - 2) / 2 * after
        + (u + 1) * u * (u - 1) / 6 * later
    )
