"""Suite D1: how much nearer to the truth a denoiser brings music under shellac noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.adapters import ffmpeg
from toolkit.dsp import damage, machine_noise, surface_noise
from toolkit.evaluation import facts, metrics, music, references, table, tools
from toolkit.evaluation.statistics import bootstrap_interval
from toolkit.values import Audio, Samples

SNRS_DB = (2, 6, 12, 20, 30)

_INPUT = "input"
_HEADLINE_DB = (2, 6, 12)
_AFFTDN_RANGE_DB = (-80, -20)


@dataclass(frozen=True)
class Mixture:
    """Hold one case: what is true, what is heard, and their difference."""

    clean: Audio
    noise: Samples

    @property
    def noisy(self) -> Audio:
        """Return the sum."""
        return self.clean.with_samples(self.clean.samples + self.noise)


def denoising(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
) -> table.Report:
    """Denoise held-out music under simulated shellac noise at known ratios."""
    jobs = [
        partial(_row, name, audio, snr_db, seed, method)
        for name, audio in music.clean_music(limit)
        for snr_db in SNRS_DB
        for seed in range(seeds)
        for method in METHODS
    ]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="d1",
        title="D1: music under shellac noise, SNR out in dB",
        summary=tuple(_summary(method, rows) for method in METHODS),
        rows=rows,
        notes=(
            "Columns SNR 2 to 30 are the output's SNR for that SNR of the input, by the variance "
            "of the whole file; gain is the mean over 2, 6 and 12 dB, with its 95 % interval over "
            "files.",
            "The methods marked * are told the truth about the noise and show what is possible.",
            "The noise is simulated; no listening test was run.",
        ),
        facts={
            "items": limit or len(music.HELD_OUT),
            "seeds": seeds,
            **facts.versions(("noisereduce", "grooveclean", "av")),
        },
    )


def mix(clean: Audio, snr_db: float, rng: np.random.Generator) -> Mixture:
    """Return music with shellac noise scaled to a ratio of the variances over the whole file."""
    noise = shellac_noise(clean.num_channels, clean.num_samples, clean.sample_rate, rng)
    wanted = np.var(clean.samples, dtype=np.float64) * 10 ** (-snr_db / 10)
    scaled = noise * np.sqrt(wanted / np.var(noise, dtype=np.float64))
    return Mixture(clean, scaled.astype(np.float32))


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


def _row(name: str, clean: Audio, snr_db: float, seed: int, method: str) -> dict[str, Any]:
    case = music.case_number(name)
    mixture = mix(clean, snr_db, np.random.default_rng([seed, case, int(snr_db)]))
    began = perf_counter()
    output = METHODS[method](mixture)
    seconds = perf_counter() - began
    output, delay = metrics.align(clean.samples, output)
    reached = metrics.snr(clean.samples, output)
    return {
        "item": name,
        "snr_in": snr_db,
        "seed": seed,
        "method": method,
        "snr": reached,
        "gain": reached - snr_db,
        "si_sdr": metrics.si_sdr(clean.samples, output),
        "lsd": metrics.log_spectral_distance(clean.samples, output),
        "delay": delay,
        "real_time": clean.duration / max(seconds, 1e-9),
    }


def _summary(method: str, rows: tuple[table.Row, ...]) -> dict[str, Any]:
    mine = [row for row in rows if row["method"] == method]
    headline = [row for row in mine if row["snr_in"] in _HEADLINE_DB]
    by_snr = table.group(mine, "snr_in")
    low, high = bootstrap_interval([row["gain"] for row in headline])
    return {
        "method": method,
        **{f"SNR {snr:g}": table.mean(by_snr[(snr,)], "snr") for snr in SNRS_DB},
        "gain": f"{table.mean(headline, 'gain'):+.1f} ({low:+.1f}..{high:+.1f})",
        "SI-SDR": table.mean(headline, "si_sdr"),
        "LSD": table.mean(headline, "lsd"),
        "× real time": "" if method == _INPUT else round(table.mean(mine, "real_time")),
    }


def _blind(tool: tools.Tool) -> Callable[[Mixture], Samples]:
    return lambda mixture: tool(mixture.noisy)


def _afftdn_told(mixture: Mixture) -> Samples:
    level = 10 * np.log10(np.var(mixture.noise, dtype=np.float64))
    floor = np.clip(level, *_AFFTDN_RANGE_DB)
    return ffmpeg.apply(mixture.noisy, "afftdn", f"nr=24:nf={floor:.1f}").samples


def _mmse_lsa(mixture: Mixture) -> Samples:
    first_second = mixture.noise[:, : mixture.clean.sample_rate]
    return references.mmse_lsa(mixture.noisy.samples, first_second)


def _oracle(mixture: Mixture) -> Samples:
    return references.oracle_wiener(mixture.clean.samples, mixture.noise)


METHODS: Mapping[str, Callable[[Mixture], Samples]] = {
    _INPUT: _blind(tools.untouched),
    "noisereduce": _blind(tools.noisereduce_default),
    "afftdn": _blind(tools.afftdn_default),
    "afftdn, told the level *": _afftdn_told,
    "grooveclean": _blind(tools.grooveclean_default),
    "MMSE-LSA, told the profile *": _mmse_lsa,
    "tonearm denoise": _blind(tools.tonearm_denoise),
    "tonearm restore": _blind(tools.tonearm_restore),
    "oracle Wiener mask *": _oracle,
}
