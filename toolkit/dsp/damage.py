"""What happens to a groove in a moment: clicks, scratches, dropouts.

Damage is drawn first, for the whole recording, as arrays of events; then it is applied to any
piece of the signal. So a file treated in blocks equals the file treated whole, and the truth about
where the damage lies is known. The click family follows the mixers with which declickers are
trained and compared: damped sines and impulses, 3 to 30 dB above the music around them, some of
which replace the signal (S. Godsill and P. Rayner, "Digital Audio Restoration", 1998, chapter 5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from toolkit import chunks
from toolkit.values import Samples

IMPULSE, RESONANCE, NOISE = 0, 1, 2

LEVEL_SECONDS = 0.05
"""How far to each side the level around a click is taken."""

LONGEST_SECONDS = 0.02
"""No click or dropout lasts longer."""

_QUIETEST = 1e-3
"""A click in a pause is as loud as one in music at -60 dB re full scale: the groove runs on."""


@dataclass(frozen=True, eq=False)
class Clicks:
    """Hold impulsive events in order of time, one entry of each array an event.

    Parameters
    ----------
    start, length : np.ndarray of int
        In samples.
    height_db : np.ndarray
        Peak above the signal's RMS within ±50 ms.
    frequency : np.ndarray
        Of a resonance, cycles a sample.
    decay : np.ndarray
        Time constant in samples.
    phase : np.ndarray
        In radians.
    kind : np.ndarray of int
        `IMPULSE`, `RESONANCE` or `NOISE`.
    replaces : np.ndarray of bool
        Whether the signal is lost under it.
    gains : np.ndarray, shape (events, channels)
        -1..1; 0 leaves the channel alone.
    """

    start: np.ndarray
    length: np.ndarray
    height_db: np.ndarray
    frequency: np.ndarray
    decay: np.ndarray
    phase: np.ndarray
    kind: np.ndarray
    replaces: np.ndarray
    gains: np.ndarray

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True)
class Recording:
    """Name the shape of the signal that damage is drawn for."""

    num_channels: int
    num_samples: int
    sample_rate: int


def draw_clicks(
    rng: np.random.Generator,
    recording: Recording,
    *,
    rate: float = 10.0,
    height_db: tuple[float, float] = (14.0, 7.0),
    impulses: float = 0.25,
    destructive: float = 0.2,
) -> Clicks:
    """Draw clicks at random times.

    Parameters
    ----------
    rate : float
        Mean number a second (Poisson).
    height_db : tuple[float, float]
        Mean and deviation of the peak over the local level; kept within 3..30 dB, which makes the
        amplitudes log-normal.
    impulses : float
        Share that last one to three samples; the others are damped sines of 200 to 12000 Hz that
        last 0.18 to 4.5 ms (8 to 200 samples at 44.1 kHz).
    destructive : float
        Share that replace the signal.
    """
    count = rng.poisson(rate * recording.num_samples / recording.sample_rate)
    kind = np.where(rng.random(count) < impulses, IMPULSE, RESONANCE)
    scale = recording.sample_rate / 44100
    length = np.exp(rng.uniform(np.log(8), np.log(200), count)) * scale
    length = np.where(kind == IMPULSE, rng.integers(1, 4, count), np.maximum(length, 1))
    top = min(12000.0, 0.45 * recording.sample_rate)
    frequency = np.exp(rng.uniform(np.log(min(200.0, top / 2)), np.log(top), count))
    return Clicks(
        start=np.sort(rng.integers(0, max(recording.num_samples, 1), count)),
        length=length.astype(np.int64),
        height_db=np.clip(rng.normal(*height_db, count), 3, 30),
        frequency=frequency / recording.sample_rate,
        decay=length / rng.uniform(1.5, 8, count),
        phase=rng.uniform(0, 2 * np.pi, count),
        kind=kind,
        replaces=rng.random(count) < destructive,
        gains=_gains(rng, count, recording.num_channels),
    )


def draw_scratches(
    rng: np.random.Generator,
    recording: Recording,
    *,
    rate: float = 2.0,
    height_db: tuple[float, float] = (14.0, 7.0),
) -> Clicks:
    """Draw scratches: a shock and its 3 to 12 weaker repeats, 1 to 6 ms apart.

    No model or threshold of this package was fitted to them; they are kept for evaluation. The
    detector of `toolkit.dsp.click_losses` was tuned on losses much like them, though.
    `rate` and `height_db` are those of the shocks, as in `draw_clicks`.
    """
    shocks = draw_clicks(
        rng, recording, rate=rate, height_db=height_db, destructive=0.0, impulses=0.0
    )
    repeats = rng.integers(3, 13, len(shocks))
    index = np.repeat(np.arange(len(shocks)), repeats + 1)
    position = np.arange(len(index)) - np.repeat(np.cumsum(repeats + 1) - repeats - 1, repeats + 1)
    spacing = np.repeat(rng.uniform(0.001, 0.006, len(shocks)), repeats + 1)
    scratches = _select(shocks, index)
    start = scratches.start + (position * spacing * recording.sample_rate).astype(np.int64)
    order = np.argsort(start, kind="stable")
    return _select(
        _with(scratches, start=start, height_db=scratches.height_db - 2.0 * position),
        order[start[order] < recording.num_samples],
    )


def draw_radial_scratches(
    rng: np.random.Generator,
    recording: Recording,
    *,
    rate: float = 0.05,
    rpm: float = 78.26,
    turns: int = 20,
    height_db: tuple[float, float] = (14.0, 7.0),
) -> Clicks:
    """Draw scratches across the grooves: each ticks once a revolution for a while.

    Parameters
    ----------
    rate : float
        Mean number of scratches that begin in a second (Poisson).
    rpm : float
        Turns a minute.
    turns : int
        Grooves that a scratch crosses. It crosses at a slant, so the tick comes up to 5 ms earlier
        or later each turn, always by the same amount, give or take 0.2 ms.
    height_db : tuple[float, float]
        Mean and deviation of a scratch's depth, as in `draw_clicks`; its ticks vary by 2 dB.
    """
    scratches = draw_clicks(
        rng, recording, rate=rate, height_db=height_db, destructive=0.0, impulses=0.0
    )
    count = len(scratches)
    index, turn = np.repeat(np.arange(count), turns), np.tile(np.arange(turns), count)
    slant = rng.uniform(-0.005, 0.005, count)[index]
    seconds = turn * (60 / rpm + slant) + rng.normal(0, 0.0002, len(index))
    start = scratches.start[index] + np.round(seconds * recording.sample_rate).astype(np.int64)
    start = np.maximum(start, 0)
    order = np.argsort(start, kind="stable")
    height = np.clip(scratches.height_db[index] + rng.normal(0, 2, len(index)), 3, 30)
    return _select(
        _with(_select(scratches, index), start=start, height_db=height),
        order[start[order] < recording.num_samples],
    )


def together(first: Clicks, second: Clicks) -> Clicks:
    """Return the events of both in order of time; both are for the same number of channels."""
    both = Clicks(
        **{
            each.name: np.concatenate([getattr(first, each.name), getattr(second, each.name)])
            for each in fields(Clicks)
        }
    )
    return _select(both, np.argsort(both.start, kind="stable"))


def draw_dropouts(rng: np.random.Generator, recording: Recording, *, rate: float = 1.0) -> Clicks:
    """Draw dropouts: 0.5 to 20 ms of noise 6 to 30 dB below the music, in its place.

    No model or threshold of this package was fitted to them; they are kept for evaluation. The
    detector of `toolkit.dsp.click_losses` was tuned on losses much like them, though.
    """
    dropouts = draw_clicks(rng, recording, rate=rate)
    count = len(dropouts)
    seconds = np.exp(rng.uniform(np.log(0.0005), np.log(LONGEST_SECONDS), count))
    return _with(
        dropouts,
        length=np.maximum((seconds * recording.sample_rate).astype(np.int64), 1),
        height_db=-rng.uniform(6, 30, count),
        kind=np.full(count, NOISE),
        replaces=np.full(count, True),
        gains=np.ones((count, recording.num_channels)),
    )


def add_clicks(block: Samples, start: int, clicks: Clicks, sample_rate: int) -> Samples:
    """Return a block with the clicks that touch it.

    Parameters
    ----------
    block : np.ndarray, shape (channels, samples)
        What lies within `LEVEL_SECONDS` + `LONGEST_SECONDS` of its edges is right only where the
        signal itself begins or ends.
    start : int
        Index of its first sample in the recording.
    clicks : Clicks
        Of the whole recording.
    sample_rate : int
        In Hz.
    """
    damaged = block.astype(np.float64)
    reach = round(LEVEL_SECONDS * sample_rate)
    longest = int(clicks.length.max(initial=0))
    stop = start + block.shape[1]
    first, last = np.searchsorted(clicks.start, [start - longest, stop])
    for event in range(first, last):
        at = int(clicks.start[event]) - start
        around = block[:, max(at - reach, 0) : max(at + reach, 0)].astype(np.float64)
        level = np.sqrt(np.mean(around**2, axis=1)) if around.shape[1] else np.zeros(len(block))
        peak = np.maximum(level, _QUIETEST) * 10 ** (clicks.height_db[event] / 20)
        wave = waveform(clicks, event) * (clicks.gains[event] * peak)[:, None]
        low, high = max(at, 0), min(at + wave.shape[1], block.shape[1])
        if low >= high:
            continue
        hit = clicks.gains[event] != 0 if clicks.replaces[event] else np.zeros(len(block), bool)
        damaged[hit, low:high] = 0.0
        damaged[:, low:high] += wave[:, low - at : high - at]
    return damaged.astype(np.float32)


def click_through(
    samples: Samples,
    clicks: Clicks,
    sample_rate: int,
    *,
    out: Samples,
    progress: Callable[[float, float], None] | None = None,
) -> Samples:
    """Add clicks to a signal of any length, block by block.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        May be a memory map.
    clicks : Clicks
        Of the whole recording.
    sample_rate : int
        In Hz.
    out : np.ndarray
        Like `samples`, zeroed; takes the result and is returned.
    progress : callable, optional
        ``progress(samples done, samples in all)``.
    """

    def apply(block: Samples, start: int) -> Samples:
        return add_clicks(block, start, clicks, sample_rate)

    context = round((LEVEL_SECONDS + LONGEST_SECONDS) * sample_rate) + 3
    return chunks.overlap_add(
        apply, samples, size=2**18, context=context, out=out, progress=progress
    )


def waveform(clicks: Clicks, event: int) -> np.ndarray:
    """Return the shape of one event, shape (1, its length); the peak is 1, noise has unit RMS."""
    time = np.arange(clicks.length[event])
    if clicks.kind[event] == NOISE:
        seed = [int(clicks.start[event]), int(clicks.length[event])]
        return np.random.default_rng(seed).standard_normal((1, len(time)))
    if clicks.kind[event] == IMPULSE:
        return np.array([[1.0, -0.6, 0.2]])[:, : len(time)]
    angle = 2 * np.pi * clicks.frequency[event] * time + clicks.phase[event]
    wave = np.sin(angle) * np.exp(-time / clicks.decay[event])
    return np.asarray(wave / max(np.abs(wave).max(), 1e-9))[None]


def _gains(rng: np.random.Generator, count: int, num_channels: int) -> np.ndarray:
    """Return each event's gains: one wall of the groove, or both at unequal strength."""
    polarity = rng.choice([-1.0, 1.0], (count, 1))
    gains = rng.uniform(0.3, 1.0, (count, num_channels))
    main = rng.integers(0, max(num_channels, 1), count)
    alone = rng.random(count) < 0.5
    gains[alone] = 0.0
    gains[np.arange(count), main] = 1.0
    return np.asarray(gains * polarity)


def _select(clicks: Clicks, index: np.ndarray) -> Clicks:
    return Clicks(**{each.name: getattr(clicks, each.name)[index] for each in fields(Clicks)})


def _with(clicks: Clicks, **changes: np.ndarray) -> Clicks:
    return Clicks(**{each.name: getattr(clicks, each.name) for each in fields(Clicks)} | changes)
