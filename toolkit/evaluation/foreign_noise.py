"""Suite D2: the same as D1 under noise of a generator that nothing here was made with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from toolkit.adapters import ladspa
from toolkit.cache import cache_dir
from toolkit.evaluation import denoisers, table
from toolkit.values import Samples

_RPM = 78.0
_YEARS = (1900.0, 1960.0)
_LEAD_IN_SECONDS = (1.0, 8.0)


def foreign_noise(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Denoise held-out music under the noise of another project's record simulator."""
    vinyl_plugin()
    return denoisers.compare(
        "d2",
        "D2: music under another simulator's record noise, SNR out in dB",
        vinyl_noise,
        limit=limit,
        seeds=seeds,
        progress=progress,
        methods=methods,
        notes=(
            "The noise is that of the LADSPA plugin VyNil at 78 rpm, years 1900 to 1960, any "
            "crackle and wear, made on silence and mixed in: the music itself is not filtered or "
            "warped, so that truth and mixture are in time. Nothing was tuned or trained on it.",
        ),
    )


def vinyl_plugin() -> ladspa.Plugin:
    """Return the plugin, from ``LADSPA_PATH``, the cache folder or the system's folders.

    Raises
    ------
    ToolkitError
        If it is not installed.
    """
    unpacked = cache_dir() / "unpacked" / "swh-plugins" / "usr" / "lib" / "ladspa"
    return ladspa.find("vynil_1905.so", "vynil", "swh-plugins", (unpacked,))


def vinyl_noise(
    num_channels: int, num_samples: int, sample_rate: int, rng: np.random.Generator
) -> Samples:
    """Return the noise that VyNil adds to silence: filtered noise and clicks, equal in channels.

    Its noise always begins at the same random number, so a lead-in of random length is dropped; the
    start of its filters goes with it.
    """
    lead_in = int(rng.uniform(*_LEAD_IN_SECONDS) * sample_rate)
    controls = {
        "Year": float(rng.uniform(*_YEARS)),
        "RPM": _RPM,
        "Surface warping": 0.0,
        "Crackle": float(rng.uniform(0, 1)),
        "Wear": float(rng.uniform(0, 1)),
    }
    silence = np.zeros((2, lead_in + num_samples), np.float32)
    seed = int(rng.integers(1, 2**31))
    noise = vinyl_plugin().run(silence, sample_rate, controls, seed=seed)
    return np.repeat(noise[:1, lead_in:], num_channels, axis=0)
