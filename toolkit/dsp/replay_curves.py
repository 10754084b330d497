"""The named replay curves of disc history: which time constants undo which cutting curve.

A cutting lathe held the groove's amplitude constant in the bass and its velocity constant above a
*turnover*; from the electrical era on many also raised the *treble*, and some kept a *shelf* in the
deepest bass so that rumble is not raised without end. Replay is the inverse, a product of
first-order terms,

    H(s) = (1 + s τ_turnover) / ((1 + s τ_shelf) (1 + s τ_treble)),

where a curve without a shelf has the pure integrator s τ_turnover in the place of (1 + s τ_shelf),
and a curve without turnover or treble lacks those terms.

The constants are those commonly tabulated (RIAA 1954, IEC 98:1958, BS 1928:1955, NAB 1942, AES 1951
and the practice of the labels). What a lathe really did may differ by 2-3 dB: a curve is a choice
to be made and recorded, never a measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class ReplayCurve:
    """Hold one replay curve by its time constants in µs, 0 where it has no such term.

    Parameters
    ----------
    name, title : str
        The word to choose it by, and what it was used for.
    turnover_us : float
        Below 1/(2π τ) the bass rises by 6 dB an octave on replay.
    treble_us : float
        Above 1/(2π τ) the treble falls by 6 dB an octave on replay.
    shelf_us : float
        Below 1/(2π τ) the bass rises no further.
    """

    name: str
    title: str
    turnover_us: float = 0.0
    treble_us: float = 0.0
    shelf_us: float = 0.0

    @property
    def integrates(self) -> bool:
        """Return whether the bass rises without end: a turnover and no shelf."""
        return self.turnover_us > 0 and self.shelf_us == 0

    def response(self, frequency: npt.ArrayLike) -> npt.NDArray[np.complex128]:
        """Return the analog frequency response, 0 dB at 1 kHz.

        Parameters
        ----------
        frequency : array_like
            In Hz, > 0.
        """
        return self._raw(np.asarray(frequency, float)) / np.abs(self._raw(np.array(1000.0)))

    def _raw(self, frequency: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
        s = 2e-6j * np.pi * frequency
        bass = s * self.turnover_us if self.integrates else 1 + s * self.shelf_us
        response: npt.NDArray[np.complex128] = (1 + s * self.turnover_us) / (
            bass * (1 + s * self.treble_us)
        )
        return response


_ALL = (
    ReplayCurve("flat", "no equalization"),
    ReplayCurve("acoustic", "acoustic recording, before 1925: no equalization"),
    ReplayCurve("european-78", "European and EMI 78 (250N-0)", 636.0),
    ReplayCurve("blumlein-300", "Blumlein 300 Hz (300N-0)", 531.0),
    ReplayCurve("500-flat", "500 Hz turnover, flat treble (500N-0)", 318.0),
    ReplayCurve("american-78-6", "American 78, weaker treble (250N-6)", 636.0, 27.0),
    ReplayCurve("american-78-8", "American 78, stronger treble (250N-8)", 636.0, 36.2),
    ReplayCurve("columbia-78", "Columbia 78, 1938-48 (300N-16)", 530.0, 100.0),
    ReplayCurve("old-rca", "RCA Victor, 1941-47 (800N-8)", 199.0, 36.7),
    ReplayCurve("decca-ffrr-78", "Decca ffrr 78 (300N-5.5)", 531.0, 25.0),
    ReplayCurve("ccir-78", "CCIR 78 (350N-10.5)", 450.0, 50.0),
    ReplayCurve("iec-n78", "IEC N78 and BS 1928 (350A-10.5)", 450.0, 50.0, 3180.0),
    ReplayCurve("nab-1942", "NAB transcription, 1942 (500N-16)", 318.0, 100.0),
    ReplayCurve("columbia-lp", "Columbia LP, 1948 (500C-16)", 318.0, 100.0, 1590.0),
    ReplayCurve("aes-1951", "AES, 1951 (400N-12.3)", 398.0, 63.7),
    ReplayCurve("riaa", "RIAA, 1954, all later LPs (500R-13.7)", 318.0, 75.0, 3180.0),
)

REPLAY_CURVES: Mapping[str, ReplayCurve] = MappingProxyType({each.name: each for each in _ALL})
"""Every curve by name, `flat` first, then in the order of their years."""
