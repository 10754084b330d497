"""Suite B1: how near made-up treble comes to the treble that was taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from scipy import signal

from toolkit.dsp import zero_phase
from toolkit.evaluation import facts, music, onsets, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.tools import run_stage
from toolkit.values import Audio, Samples

CUTOFFS_HZ = (3000, 4000, 6000, 8000, 11000)
SLOPES_DB = (24, 48, 96)

Extension = Callable[[Audio, float], Samples]
"""Maps a band-limited recording and its true cut-off in Hz, which it may ignore, to samples."""

_TOP_HZ = 20000.0
_N_FFT, _HOP_LENGTH = 2048, 512
_FLOOR = 1e-8
# Windows smear what begins at the cut-off a little below it.
_BELOW = 0.95
_FALL_DB = 12.0


def untouched(audio: Audio, cutoff_hz: float) -> Samples:
    """Add nothing."""
    return audio.samples


def folded(audio: Audio, cutoff_hz: float, *, fall_db: float = 0.0) -> Samples:
    """Mirror the band at its cut-off, and the result at the next multiple, and so on.

    The oldest way to make treble (J. Makhoul and M. Berouti, "High-frequency regeneration in speech
    coding systems", 1979), in the frequency domain.

    Parameters
    ----------
    audio : Audio
    cutoff_hz : float
    fall_db : float
        How much softer the images get with each octave above the cut-off.
    """
    n_fft = _N_FFT
    frequency, _, spectra = signal.stft(audio.samples, audio.sample_rate, nperseg=n_fft)
    edge = int(np.ceil(cutoff_hz * n_fft / audio.sample_rate))
    above = np.arange(edge, spectra.shape[1])
    place = above % (2 * edge)
    mirrored = place >= edge
    # Moving by an even number of bins needs no turn of phase where frames are half a window apart.
    source = np.where(mirrored, 2 * edge - place, place)
    images = np.where(mirrored[:, None], spectra[:, source].conj(), spectra[:, source])
    octaves = np.log2(frequency[above] / cutoff_hz)
    spectra[:, :edge] = 0
    spectra[:, above] = images * 10 ** (-fall_db * octaves / 20)[:, None]
    made = signal.istft(spectra, audio.sample_rate, nperseg=n_fft)[1][:, : audio.num_samples]
    return np.asarray(audio.samples + made, np.float32)


def extended(audio: Audio, cutoff_hz: float) -> Samples:
    """Run the stage `extend-bandwidth`, which finds the cut-off itself."""
    return run_stage("extend-bandwidth", audio)


def extended_from(audio: Audio, cutoff_hz: float) -> Samples:
    """Run the stage `extend-bandwidth` from the true cut-off."""
    return run_stage("extend-bandwidth", audio, cutoff_hz=cutoff_hz)


METHODS: Mapping[str, Extension] = {
    "input": untouched,
    "folding": folded,
    "folding, 12 dB an octave": partial(folded, fall_db=_FALL_DB),
    "tonearm extend-bandwidth": extended,
    "tonearm extend-bandwidth*": extended_from,
}


def extending(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Take the treble from held-out music by filters of known cut-off; nothing is random."""
    chosen = choose(METHODS, methods)
    jobs = [
        partial(_rows, piece, cutoff_hz, slope_db, chosen)
        for piece in music.HELD_OUT[:limit]
        for cutoff_hz in CUTOFFS_HZ
        for slope_db in SLOPES_DB
    ]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="b1",
        title="B1: missing treble, log-spectral distance above the cut-off",
        summary=_summary(rows),
        rows=rows,
        notes=(
            "Held-out works, rendered without the band limits that some have as items of other "
            "suites, through filters without phase that fall by "
            f"{_listed(SLOPES_DB)} dB an octave.",
            "LSD is that of log10 powers from the cut-off to 20 kHz, RMS over frequency and mean "
            "over frames; two noises of the same spectrum are 0.8 apart.",
            f"Below is the energy of what a method changes below {_BELOW:g} of the true cut-off, "
            "relative to the recording; the median over all cases. Attacks is by how much the flux "
            "at the onsets of the whole recording is missed.",
            "* is told the true cut-off, and so is folding. The stage by itself leaves a recording "
            "alone where it finds no edge: left alone is the share of cases.",
        ),
        facts={"items": len(music.HELD_OUT[:limit]), **facts.versions(("torch",))},
        chart=chart(
            rows, x="cutoff_hz", x_label="cut-off (Hz)", y="lsd", y_label="LSD above the cut-off"
        ),
    )


def narrowed(audio: Audio, cutoff_hz: float, slope_db: float) -> Audio:
    """Return the recording without its treble, in place in time.

    Parameters
    ----------
    audio : Audio
    cutoff_hz : float
        Where the fall begins.
    slope_db : float
        By how much it falls in an octave.
    """
    out = zero_phase.filter_by(
        audio.samples,
        lambda frequency: -slope_db * np.maximum(np.log2(frequency / cutoff_hz), 0),
        audio.sample_rate,
        out=np.zeros_like(audio.samples),
    )
    return audio.with_samples(out)


def distance_above(
    reference: Samples, estimate: Samples, sample_rate: int, cutoff_hz: float
) -> float:
    """Return the log-spectral distance between the cut-off and 20 kHz.

    As `toolkit.evaluation.metrics.log_spectral_distance`, whose floor, 80 dB below the mean of the
    whole spectrum, it keeps.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if reference.shape != estimate.shape:
        raise ValueError(f"need the same shape, not {reference.shape} and {estimate.shape}")
    frequency, true = _power(reference, sample_rate)
    _, found = _power(estimate, sample_rate)
    floor = max(float(true.mean()) * _FLOOR, 1e-20)
    above = (frequency >= cutoff_hz) & (frequency <= _TOP_HZ)
    apart = np.log10(true[:, above] + floor) - np.log10(found[:, above] + floor)
    return float(np.sqrt(np.mean(apart**2, axis=1)).mean())


def changed_below_db(before: Samples, after: Samples, sample_rate: int, cutoff_hz: float) -> float:
    """Return the energy of the change below a frequency, relative to the recording, in dB."""
    change = np.abs(np.fft.rfft(after.astype(np.float64) - before)) ** 2
    frequency = np.fft.rfftfreq(before.shape[1], 1 / sample_rate)
    energy = float(np.sum(change[:, frequency < cutoff_hz]))
    whole = float(np.sum(np.abs(np.fft.rfft(before.astype(np.float64))) ** 2))
    return 10 * float(np.log10(max(energy, 1e-20 * whole) / max(whole, 1e-20)))


def _power(samples: Samples, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    frequency, _, spectra = signal.stft(
        samples, sample_rate, nperseg=_N_FFT, noverlap=_N_FFT - _HOP_LENGTH
    )
    return frequency, np.abs(spectra) ** 2


def _rows(
    piece: music.Piece, cutoff_hz: float, slope_db: float, methods: Mapping[str, Extension]
) -> list[table.Row]:
    whole = music.render(replace(piece, band=None))
    narrow = narrowed(whole, cutoff_hz, slope_db)
    labels = {"item": piece.name, "cutoff_hz": cutoff_hz, "slope_db": slope_db}
    return [
        {**labels, "method": key, **_measure(whole, narrow, cutoff_hz, method)}
        for key, method in methods.items()
    ]


def _measure(whole: Audio, narrow: Audio, cutoff_hz: float, method: Extension) -> dict[str, Any]:
    began = perf_counter()
    output = method(narrow, cutoff_hz)
    seconds = perf_counter() - began
    rate = whole.sample_rate
    return {
        "lsd": distance_above(whole.samples, output, rate, cutoff_hz),
        "below_db": changed_below_db(narrow.samples, output, rate, _BELOW * cutoff_hz),
        "attacks": abs(onsets.onset_change(whole.samples, output, rate)),
        "left_alone": float(np.array_equal(output, narrow.samples)),
        "real_time": whole.duration / max(seconds, 1e-9),
    }


def _summary(rows: Sequence[table.Row]) -> tuple[dict[str, Any], ...]:
    summary = []
    for (method,), mine in table.group(rows, "method").items():
        at = {hertz: [row for row in mine if row["cutoff_hz"] == hertz] for hertz in CUTOFFS_HZ}
        summary.append(
            {
                "method": method,
                **{f"{hertz / 1000:g} kHz": table.mean(here, "lsd") for hertz, here in at.items()},
                "mean": table.spread(mine, "lsd"),
                "below (dB)": float(np.median([row["below_db"] for row in mine])),
                "attacks (%)": table.mean(mine, "attacks"),
                "left alone": table.mean(mine, "left_alone"),
            }
        )
        if method != "input":
            summary[-1]["× real time"] = table.mean(mine, "real_time")
    return tuple(summary)


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers[:-1]) + f" or {numbers[-1]:g}"
