"""Dropouts of a tape: for a moment something holds it off the head.

At a distance d a wavelength λ loses 54.6 d/λ dB (R. Wallace, "The reproduction of magnetically
recorded signals", 1951): in decibels the loss grows in proportion to frequency. Where oxide is
missing, every frequency loses alike. Here each does half of the loss at 10 kHz, and the loss fades
in and out over the dropout.

Between the full loss D and none the signal is interpolated from versions of losses 0, D/8, 2D/8 ...
D, each filtered with zero phase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from toolkit.dsp.damage import Recording
from toolkit.values import Samples

SHORTEST_SECONDS, LONGEST_SECONDS = 0.005, 0.08
"""How long a dropout lasts."""

MARGIN_SECONDS = 0.01
"""How far beside a dropout its filters look."""

_STEPS = 8
_REFERENCE_HZ = 10_000.0
_FADE = 0.25


@dataclass(frozen=True, eq=False)
class TapeDropouts:
    """Hold dropouts in order of time, none overlapping another.

    Parameters
    ----------
    start, length : np.ndarray of int
        In samples.
    loss_db : np.ndarray, shape (dropouts, channels)
        Largest loss at 10 kHz.
    """

    start: np.ndarray
    length: np.ndarray
    loss_db: np.ndarray

    def __len__(self) -> int:
        return len(self.start)


def draw_tape_dropouts(
    rng: np.random.Generator,
    recording: Recording,
    *,
    rate: float = 0.5,
    loss_db: tuple[float, float] = (6.0, 40.0),
) -> TapeDropouts:
    """Draw dropouts of 5 to 80 ms at random times.

    Parameters
    ----------
    rng : np.random.Generator
        Decides everything.
    recording : Recording
        The shape of the signal.
    rate : float
        Mean number a second (Poisson), before those that begin inside another are left out.
    loss_db : tuple[float, float]
        Range of the loss at 10 kHz; the worst channel's, the others lose 30 to 100 % of it.
    """
    count = rng.poisson(rate * recording.num_samples / recording.sample_rate)
    seconds = np.exp(rng.uniform(np.log(SHORTEST_SECONDS), np.log(LONGEST_SECONDS), count))
    length = np.maximum((seconds * recording.sample_rate).astype(np.int64), 1)
    start = np.sort(rng.integers(0, max(recording.num_samples, 1), count))
    shares = rng.uniform(0.3, 1.0, (count, recording.num_channels))
    shares[np.arange(count), rng.integers(0, recording.num_channels, count)] = 1.0
    loss = rng.uniform(*loss_db, (count, 1)) * shares
    ends = np.maximum.accumulate(start + length)
    alone = np.append(np.full(min(count, 1), True), start[1:] >= ends[:-1])
    return TapeDropouts(start[alone], length[alone], loss[alone])


def add_tape_dropouts(
    block: Samples, start: int, dropouts: TapeDropouts, sample_rate: int
) -> Samples:
    """Return a block with the dropouts that touch it.

    Parameters
    ----------
    block : np.ndarray, shape (channels, samples)
        What lies within `LONGEST_SECONDS` + `MARGIN_SECONDS` of its edges is right only where the
        signal itself begins or ends.
    start : int
        Index of its first sample in the recording.
    dropouts : TapeDropouts
        Of the whole recording.
    sample_rate : int
        In Hz.
    """
    damaged = block.copy()
    margin = round(MARGIN_SECONDS * sample_rate)
    longest = int(dropouts.length.max(initial=0))
    first, last = np.searchsorted(dropouts.start, [start - longest, start + block.shape[1]])
    for event in range(first, last):
        at, length = int(dropouts.start[event]) - start, int(dropouts.length[event])
        if at + length <= 0:
            continue
        low, high = max(at - margin, 0), min(at + length + margin, block.shape[1])
        depth = _depth(np.arange(low - at, high - at), length)
        for channel, loss_db in enumerate(dropouts.loss_db[event]):
            lossy = _lose(block[channel, low:high], depth, float(loss_db), sample_rate, margin)
            damaged[channel, low:high][depth > 0] = lossy[depth > 0]
    return damaged


def _depth(time: np.ndarray, length: int) -> np.ndarray:
    """Return the share of the loss at each sample of a dropout: raised cosines about a plateau."""
    edge = np.minimum(time + 0.5, length - 0.5 - time) / max(_FADE * length, 1)
    return np.asarray(np.sin(np.pi / 2 * np.clip(edge, 0, 1)) ** 2)


def _lose(
    part: np.ndarray, depth: np.ndarray, loss_db: float, sample_rate: int, margin: int
) -> np.ndarray:
    n_fft = fft.next_fast_len(len(part) + margin, real=True)
    spectrum = fft.rfft(part.astype(np.float64), n_fft)
    relative = fft.rfftfreq(n_fft, 1 / sample_rate) / _REFERENCE_HZ
    curve_db = loss_db * (0.5 + 0.5 * relative)
    step = depth * _STEPS
    lossy = np.zeros(len(part))
    for number in range(_STEPS + 1):
        weight = np.clip(1 - np.abs(step - number), 0, 1)
        version = fft.irfft(spectrum * 10 ** (-curve_db * number / _STEPS / 20), n_fft)
        lossy += weight * version[: len(part)]
    return lossy
