"""Replay equalization: analog time constants as minimum-phase digital filters, block by block.

**From a time constant to a filter.** On the unit circle every real digital filter's power response
is a rational function of φ = sin²(ω/2), and the analog term 1 + sτ has the power response

    |1 + jΩτ|² = 1 + T² ω²,   T = τ f_s,   ω² = 4 arcsin²(√φ).

So one rational approximation arcsin²(√φ) ≈ φ P(φ)/Q(φ), independent of τ and of the sample rate,
makes every term digital:

    |1 + jΩτ|² ≈ (Q + 4 T² φ P) / Q.

With P and Q of degree 2 it errs by 0.005 dB up to 0.455 f_s, where the bilinear transform errs by
tens of dB. Each root φ₀ of such a polynomial is a pair of mutually inverse roots of

    z² - (2 - 4 φ₀) z + 1,   because φ = (2 - z - 1/z)/4;

taking the one inside the unit circle gives the minimum-phase filter, which is what the hardware was
(spectral factorization: Fejér 1916, Riesz 1916).

**Curves without a shelf** rise towards 0 Hz without end. Such a net response gets a second-order
high-pass at 5 Hz, which cancels the integrator's pole, removes the offset and costs 0.02 dB at
20 Hz.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal

from toolkit import chunks
from toolkit.dsp.replay_curves import ReplayCurve
from toolkit.values import Samples

# arcsin²(√φ) = φ P(φ)/Q(φ), least maximum of the relative error over φ <= 0.98 (ω <= 0.455 · 2π);
# ascending powers of φ. All roots lie beyond φ = 1, where no frequency is.
_P = np.array([1.0, -1.15604188, 0.21874201])
_Q = np.array([1.0, -1.48268509, 0.51032284])

_REFERENCE_HZ = 1000.0
_FLOOR_HZ = 5.0
_BLOCK = 1 << 16
# Below this a decaying filter state is as good as zero and only slows the processor (denormals).
_SILENT = 1e-30


@dataclass(frozen=True)
class _Terms:
    """Hold a net response: τ of its (1 + sτ) above and below the line, and its power of s."""

    above: tuple[float, ...]
    below: tuple[float, ...]
    power: int


def replay_sections(
    sample_rate: int,
    curve: ReplayCurve,
    undo: ReplayCurve | None = None,
    low_hz: float = 0.0,
    high_hz: float = 0.0,
) -> npt.NDArray[np.float64]:
    """Design the filter that applies a replay curve, takes another one back, and limits the band.

    Parameters
    ----------
    sample_rate : int
        In Hz, above 2 kHz.
    curve : ReplayCurve
        The curve to apply.
    undo : ReplayCurve, optional
        The curve that the transfer has applied already.
    low_hz, high_hz : float
        Edges (-3 dB) of Butterworth filters of 12 dB an octave, 0 for none. An upper edge at or
        above the Nyquist frequency filters nothing.

    Returns
    -------
    np.ndarray, shape (sections, 6), float64
        Second-order sections, minimum phase, 0 dB at 1 kHz (band limits aside). No section when
        nothing is to be done.

    Notes
    -----
    Within 0.03 dB of the analog formula from 20 Hz to 0.455 of the sample rate.
    """
    zeros, poles = _zeros_and_poles(_net(curve, undo), sample_rate)
    sections = np.zeros((0, 6))
    if zeros.size or poles.size:
        sections = signal.zpk2sos(zeros, poles, 1.0)
        at_reference = _magnitude(sections, _REFERENCE_HZ, sample_rate)
        sections[0, :3] /= at_reference
    edges = []
    if low_hz > 0:
        edges.append(_edge(min(low_hz, 0.49 * sample_rate), "high", sample_rate))
    if 0 < high_hz < 0.5 * sample_rate:
        edges.append(_edge(high_hz, "low", sample_rate))
    return np.vstack([sections, *edges])


def filter_sections(
    samples: Samples,
    sections: npt.NDArray[np.float64],
    *,
    out: Samples,
    offset_span: int,
    mix: float = 1.0,
    progress: Callable[[float, float], None] | None = None,
) -> Samples:
    """Filter a signal of any length with second-order sections, state carried between blocks.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        May be a memory map.
    sections : np.ndarray, shape (sections, 6)
        As from `replay_sections`.
    out : np.ndarray, shape (channels, samples)
        Takes the result and is returned.
    offset_span : int
        The filter starts as if the mean of the first `offset_span` samples had always been there,
        so that a recording with a DC offset does not begin with a thump.
    mix : float
        Share of the filtered signal in the output, the rest is the input, 0..1.
    progress : callable, optional
        ``progress(samples done, samples in all)``.
    """
    total = samples.shape[1]
    mean = samples[:, :offset_span].sum(axis=1, dtype=np.float64) / max(min(offset_span, total), 1)
    state = signal.sosfilt_zi(sections)[:, None, :] * mean[None, :, None]
    for block in chunks.blocks(samples, size=_BLOCK):
        dry = block.samples.astype(np.float64)
        wet, state = signal.sosfilt(sections, dry, axis=1, zi=state)
        state[np.abs(state) < _SILENT] = 0.0
        out[:, block.span] = wet if mix == 1 else dry + mix * (wet - dry)
        chunks.release(out)
        if progress is not None:
            progress(block.span.stop, total)
    return out


def _net(curve: ReplayCurve, undo: ReplayCurve | None) -> _Terms:
    """Return curve/undo with every term that stands above and below the line struck out."""
    above, below, power = _terms(curve)
    if undo is not None:
        undone_above, undone_below, undone_power = _terms(undo)
        above, below, power = above + undone_below, below + undone_above, power - undone_power
    return _Terms(
        tuple(sorted((above - below).elements())), tuple(sorted((below - above).elements())), power
    )


def _terms(curve: ReplayCurve) -> tuple[Counter[float], Counter[float], int]:
    above = Counter([curve.turnover_us] if curve.turnover_us else [])
    below = Counter([tau for tau in (curve.shelf_us, curve.treble_us) if tau])
    return above, below, -1 if curve.integrates else 0


def _zeros_and_poles(
    terms: _Terms, sample_rate: int
) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.complex128]]:
    """Return the digital zeros and poles of a net response, the common factors struck out."""
    zeros = [_roots(_term(tau * 1e-6 * sample_rate)) for tau in terms.above]
    poles = [_roots(_term(tau * 1e-6 * sample_rate)) for tau in terms.below]
    # A pure s is |s|² ∝ φ P/Q: a root at z = 1 and those of P.
    integrals = [_roots(_P)] * abs(terms.power)
    (zeros if terms.power > 0 else poles).extend(integrals)
    # Every term above the line brings one Q below it, and the other way round.
    surplus = len(terms.above) - len(terms.below) + terms.power
    (poles if surplus > 0 else zeros).extend([_roots(_Q)] * abs(surplus))
    if terms.power > 0:
        zeros.append(np.ones(terms.power, complex))
    if terms.power < 0:
        # Of the high-pass's two zeros at z = 1 one is used up by the integrator's pole there.
        _, floor, _ = signal.butter(2, _FLOOR_HZ, "high", fs=sample_rate, output="zpk")
        zeros.append(np.ones(2 + terms.power, complex))
        poles.append(floor)
    nothing = np.zeros(0, complex)
    return np.concatenate([nothing, *zeros]), np.concatenate([nothing, *poles])


def _term(t: float) -> npt.NDArray[np.float64]:
    """Return Q + 4 T² φ P, ascending powers of φ."""
    return np.append(_Q, 0.0) + 4 * t**2 * np.append(0.0, _P)


def _roots(polynomial: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    """Return the roots in z inside the unit circle that belong to a polynomial in φ."""
    phi = np.roots(polynomial[::-1]).astype(complex)
    middle, spread = 1 - 2 * phi, 2 * np.sqrt(phi * (phi - 1))
    larger = np.where(np.abs(middle + spread) > np.abs(middle - spread), 1, -1) * spread + middle
    return np.asarray(1 / larger)


def _edge(frequency: float, kind: str, sample_rate: int) -> npt.NDArray[np.float64]:
    return np.asarray(signal.butter(2, frequency, kind, fs=sample_rate, output="sos"))


def _magnitude(sections: npt.NDArray[np.float64], frequency: float, sample_rate: int) -> float:
    _, response = signal.sosfreqz(sections, [frequency], fs=sample_rate)
    return float(np.abs(response[0]))
