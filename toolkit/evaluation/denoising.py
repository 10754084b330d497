"""Suite D1: how much nearer to the truth a denoiser brings music under shellac noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from toolkit.dsp import damage, machine_noise, surface_noise
from toolkit.evaluation import denoisers, table
from toolkit.values import Samples


def denoising(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Denoise held-out music under simulated shellac noise at known ratios."""
    return denoisers.compare(
        "d1",
        "D1: music under shellac noise, SNR out in dB",
        shellac_noise,
        limit=limit,
        seeds=seeds,
        progress=progress,
        methods=methods,
    )


def shellac_noise(
    num_channels: int, num_samples: int, sample_rate: int, rng: np.random.Generator
) -> Samples:
    """Return texture and hiss with 40 clicks a second, a thump a revolution and 50 Hz hum.

    Clicks are 3 to 30 dB over the noise, the thump's peak is 9 dB over its RMS, the hum lies 8 dB
    below it; the slope of the spectrum is drawn between -1 and -5 dB an octave.
    """
    texture = surface_noise.draw(
        rng, num_channels, sample_rate, tilt_db=float(rng.uniform(-5, -1)), repeating=0.5
    )
    noise = texture.between(0, num_samples)
    shape = damage.Recording(num_channels, num_samples, sample_rate)
    clicks = damage.draw_clicks(rng, shape, rate=40.0, destructive=0.0)
    noise = damage.add_clicks(noise, 0, clicks, sample_rate)
    thumps = machine_noise.draw_thumps(rng, shape)
    noise += 10 ** (9 / 20) * thumps.between(0, num_samples, sample_rate)
    hum = machine_noise.draw_hum(rng, mains_hz=50.0)
    noise += (10 ** (-8 / 20) * hum.between(0, num_samples, sample_rate)).astype(np.float32)
    return noise
