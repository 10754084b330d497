"""Loudness as ITU-R BS.1770-4 and EBU R 128 (2014) define it, in one pass and constant memory.

K-weighted power is averaged over 400 ms windows that overlap by 75 %; windows below -70 LUFS and
then those 10 LU below the mean of the rest are left out (the *gates*), and what remains is the
integrated loudness. The range (EBU Tech 3342) is the distance between the 10th and 95th percentile
of the 3 s windows. The true peak is that of the signal oversampled four times below 96 kHz and
twice below 192 kHz. The arithmetic is libebur128's; only the sliding maxima are ours: with
L = -0.691 + 10·log10(E) for a block of 100 ms, its energy E is had back from its loudness, and a
window of 400 ms or 3 s costs one sum of four or thirty energies instead of a pass over its samples.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import fsum, inf, log10

import pyebur128 as r128

from toolkit import chunks
from toolkit.values import Samples

# BS.1770-4 gives weights to five main channels; more are either a layout with a low-frequency
# channel or tracks that belong to no layout, and a file seldom says which.
MAX_CHANNELS = 5

_LAYOUTS: dict[int, tuple[r128.ChannelType, ...]] = {
    1: (r128.ChannelType.LEFT,),
    2: (r128.ChannelType.LEFT, r128.ChannelType.RIGHT),
    3: (r128.ChannelType.LEFT, r128.ChannelType.RIGHT, r128.ChannelType.CENTER),
    4: (
        r128.ChannelType.LEFT,
        r128.ChannelType.RIGHT,
        r128.ChannelType.LEFT_SURROUND,
        r128.ChannelType.RIGHT_SURROUND,
    ),
    5: (
        r128.ChannelType.LEFT,
        r128.ChannelType.RIGHT,
        r128.ChannelType.CENTER,
        r128.ChannelType.LEFT_SURROUND,
        r128.ChannelType.RIGHT_SURROUND,
    ),
}
_MODE = (
    r128.MeasurementMode.MODE_I
    | r128.MeasurementMode.MODE_LRA
    | r128.MeasurementMode.MODE_TRUE_PEAK
)
# Both sliding maxima are read ten times a second, the rate EBU Tech 3341 asks for at least.
_MOMENTARY_STEPS = 4
_SHORT_TERM_STEPS = 30
_OFFSET_DB = 0.691


@dataclass(frozen=True)
class Loudness:
    """Hold the five loudness numbers of a recording; -inf where there is too little signal.

    Parameters
    ----------
    integrated_lufs : float
        Gated loudness of the whole, -inf for silence (below -70 LUFS) or less than 0.4 s.
    range_lu : float
        Loudness range, 0 for less than 3 s.
    true_peak_db : float
        Highest true peak of all channels in dBTP.
    momentary_max : float
        Loudest 0.4 s in LUFS.
    short_term_max : float
        Loudest 3 s in LUFS.
    """

    integrated_lufs: float
    range_lu: float
    true_peak_db: float
    momentary_max: float
    short_term_max: float


def measure_loudness(
    samples: Samples,
    sample_rate: int,
    *,
    progress: Callable[[float, float], None] | None = None,
) -> Loudness:
    """Measure loudness, loudness range and true peak of a recording.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        1 to 5 channels: mono; L R; L R C; L R Ls Rs; L R C Ls Rs. May be a memory map.
    sample_rate : int
        In Hz, 4 kHz to 768 kHz.
    progress : callable, optional
        ``progress(samples done, samples in all)``.

    Raises
    ------
    ValueError
        For more than `MAX_CHANNELS` channels or none.
    """
    num_channels, total = samples.shape
    if num_channels not in _LAYOUTS:
        raise ValueError(
            f"loudness is defined for 1 to {MAX_CHANNELS} channels, not {num_channels}"
        )
    state = r128.R128State(num_channels, sample_rate, _MODE)
    for index, kind in enumerate(_LAYOUTS[num_channels]):
        state.set_channel(index, kind)
    momentary, short_term = _LoudestWindow(_MOMENTARY_STEPS), _LoudestWindow(_SHORT_TERM_STEPS)
    # The library's own step of 100 ms, so that each reading sees whole steps.
    step = (sample_rate + 5) // 10
    for block in chunks.blocks(samples, size=step):
        state.add_frames(block.samples.T.reshape(-1), block.samples.shape[1])
        if block.samples.shape[1] == step:
            energy = 10 ** ((r128.get_loudness_window(state, 100) + _OFFSET_DB) / 10)
            momentary.add(energy)
            short_term.add(energy)
        if progress is not None:
            progress(block.span.stop, total)
    return Loudness(
        r128.get_loudness_global(state),
        r128.get_loudness_range(state),
        _decibels(max(r128.get_true_peak(state, index) for index in range(num_channels))),
        momentary.loudness,
        short_term.loudness,
    )


class _LoudestWindow:
    """Keep the highest mean energy of `steps` consecutive blocks."""

    def __init__(self, steps: int) -> None:
        self._recent: deque[float] = deque(maxlen=steps)
        self._highest = 0.0

    def add(self, energy: float) -> None:
        self._recent.append(energy)
        if len(self._recent) == self._recent.maxlen:
            self._highest = max(self._highest, fsum(self._recent) / len(self._recent))

    @property
    def loudness(self) -> float:
        return 10 * log10(self._highest) - _OFFSET_DB if self._highest > 0 else -inf


def _decibels(amplitude: float) -> float:
    return 20 * log10(amplitude) if amplitude > 0 else -inf
