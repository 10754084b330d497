"""Turn beats into seconds along a tempo that breathes with the phrases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.style.arrangement import Arrangement
from toolkit.style.lead_sheet import Phrase

Array = npt.NDArray[np.float64]

_STEP = 0.5
_RAMP_BEATS = 2.0
_ARC = 0.10
_BROADENING = 0.14
_BROADENS_FROM = 0.8
_WANDER = 0.02
_WANDER_BEATS = 6.0


@dataclass(frozen=True, eq=False)
class TempoCurve:
    """Hold a tempo over beats, piece by piece.

    Parameters
    ----------
    starts : np.ndarray, shape (pieces,)
        In beats, ascending from 0.
    tempi : np.ndarray, shape (pieces,)
        Beats a minute, each holding until the next.

    Examples
    --------
    >>> curve = TempoCurve(np.array([0.0, 2.0]), np.array([60.0, 120.0]))
    >>> curve.seconds([1.0, 3.0]).tolist(), curve.tempo_map(1.5)
    ([1.0, 2.5], ((0.0, 90.0), (2.0, 180.0)))
    """

    starts: Array
    tempi: Array

    def seconds(self, beats: npt.ArrayLike) -> Array:
        """Return positions in beats as seconds; the first and the last tempo go on."""
        at = np.asarray(beats, float)
        piece = self._piece(at)
        return np.asarray(self._passed[piece] + (at - self.starts[piece]) * 60 / self.tempi[piece])

    def tempo_at(self, beats: npt.ArrayLike) -> Array:
        """Return the tempo at positions, in beats a minute."""
        return np.asarray(self.tempi[self._piece(np.asarray(beats, float))])

    def tempo_map(self, quarters: float = 1.0) -> tuple[tuple[float, float], ...]:
        """Return (seconds, quarter notes a minute) for beats of so many quarter notes."""
        changes = np.append(True, np.diff(self.tempi) != 0)
        seconds, tempi = self._passed[changes], self.tempi[changes] * quarters
        return tuple(zip(seconds.tolist(), tempi.tolist(), strict=True))

    @property
    def _passed(self) -> Array:
        lengths = np.diff(self.starts) * 60 / self.tempi[:-1]
        return np.concatenate([[0.0], np.cumsum(lengths)])

    def _piece(self, beats: Array) -> npt.NDArray[np.intp]:
        return np.maximum(np.searchsorted(self.starts, beats + 1e-9, side="right") - 1, 0)


def tempo_curve(arrangement: Arrangement, rubato: float, rng: np.random.Generator) -> TempoCurve:
    """Return the tempo of an arrangement, smooth where it slows down and bent within phrases.

    With rubato, each phrase begins broadly, moves on, and broadens towards its end (N. Todd, "A
    model of expressive timing in tonal music", 1985), and a slow wander makes no two alike.

    Parameters
    ----------
    arrangement : Arrangement
        With its tempo and its sheet's phrases.
    rubato : float
        How far the tempo bends, 0 for not at all, 1 for a romantic pianist.
    rng : np.random.Generator
        Decides the wander.
    """
    end = max(arrangement.sheet.length, *(start for start, _ in arrangement.tempo), _STEP)
    if rubato <= 0 and len(arrangement.tempo) == 1:
        return TempoCurve(np.zeros(1), np.array([arrangement.tempo[0][1]], float))
    starts = np.arange(0.0, end, _STEP)
    starts = np.unique(np.append(starts, [start for start, _ in arrangement.tempo]))
    tempi = _smooth(arrangement.tempo, starts)
    if rubato > 0:
        bent = _bend(starts, arrangement.sheet.phrases) + _wander(len(starts), rng)
        tempi = tempi * np.exp(rubato * bent)
    return TempoCurve(starts, tempi)


def _smooth(tempo: tuple[tuple[float, float], ...], starts: Array) -> Array:
    """Return the given tempi, each reached by a ramp of two beats at most where it is slower."""
    tempi = np.zeros(len(starts))
    before = tempo[0][1]
    ends = [start for start, _ in tempo[1:]] + [np.inf]
    for (start, value), end in zip(tempo, ends, strict=True):
        inside = (starts >= start - 1e-9) & (starts < end - 1e-9)
        share = np.clip((starts[inside] - start + _STEP) / min(_RAMP_BEATS, end - start), 0, 1)
        tempi[inside] = before + (value - before) * (share if value < before else 1.0)
        before = value
    return tempi


def _bend(starts: Array, phrases: Iterable[Phrase]) -> Array:
    """Return the logarithm of the tempo within phrases, its mean about zero."""
    bend = np.zeros(len(starts))
    for phrase in phrases:
        inside = (starts >= phrase.onset - 1e-9) & (starts < phrase.offset - 1e-9)
        through = (starts[inside] - phrase.onset) / max(phrase.duration, 1e-9)
        late = np.maximum(through - _BROADENS_FROM, 0) / (1 - _BROADENS_FROM)
        bend[inside] = _ARC * (4 * through * (1 - through) - 2 / 3) - _BROADENING * late**2
    return bend


def _wander(count: int, rng: np.random.Generator) -> Array:
    """Return slow noise: white noise under a window of some beats."""
    window = np.hanning(round(_WANDER_BEATS / _STEP) + 2)
    noise = np.convolve(rng.standard_normal(count + len(window) - 1), window, "valid")
    return np.asarray(_WANDER * noise / np.sqrt((window**2).sum()))
