"""Hear the drums of a drum stem: bass drum, snare and hi-hat.

Three bands tell them apart: a bass drum is what begins below 110 Hz, a snare what begins as noise
between 250 and 5000 Hz *and rings on* there, a hi-hat (or another cymbal) what begins above 8 kHz.
In each band b the level L_b(t) = 10 log10(1 + E_b(t)/ε) is compared with the loudest of the
frames around 20 ms earlier, which slow changes and the beating of decays do not exceed
(S. Böck and G. Widmer, "Maximum filter vibrato suppression for onset detection", 2013):

    N_b(t) = max(0, L_b(t) - max(L_b(t-5) … L_b(t-3))).

Peaks of N_b are hits if they rise enough and are not far softer than the loudest hits of their
band; in the low band, which even steady noise makes rise, they must stand out or rise elsewhere
too. What begins in one band leaks into the others. Hits that rise in both lower bands are told
apart by their difference in level, low minus middle: two clusters of it are sought (k-means in one
dimension), bass drums above, snares below; a middle band that is silent again after 35 ms was only
a beater's click. A snare sounds in the top band too, so a hi-hat struck with it cannot be heard; it
is taken to go on through a snare when it was heard shortly before and after. Everything else of a
kit is taken for the nearest of the three.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from toolkit import chunks
from toolkit.dsp.mono import mono
from toolkit.dsp.stft import Grid
from toolkit.run import Run
from toolkit.values import DRUMS, Audio, Note, Notes, Samples

KICK, SNARE, HAT = 36, 38, 42
"""General MIDI drums."""

SAMPLE_RATE = 44100
_HOP = 256
_BLOCK = 2048 * _HOP
_BANDS_HZ = ((20.0, 110.0), (250.0, 5000.0), (8000.0, 16000.0))
_LOW, _MIDDLE, _HIGH = range(3)
# Below the loudest frame: what is softer is the room, not the drummer.
_FLOOR_DB = 60.0
_RISE_DB = (9.0, 9.0, 6.0)
_BELOW_LOUD_DB = (18.0, 16.0, 30.0)
_APART_FRAMES = 9
_TOGETHER_FRAMES = 4
# The middle band 35 ms after the hit, compared with the hit.
_RING_FRAMES = 6
_RING_DB = 14.0
_CLUSTERS_DB = 8.0
# The low band is so narrow that steady noise wavers in it, by up to 9 dB above its median.
_STANDING_OUT_DB = 12.0
# Half a second: an eighth at 60 beats a minute.
_GOES_ON_FRAMES = 86
_LENGTH = 0.1

_Levels = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Peaks:
    """Hold the hits of one band: frames and levels in dB."""

    frames: npt.NDArray[np.int64]
    levels: _Levels


def transcribe(audio: Audio, run: Run) -> Notes:
    """Return the hits as notes of program `DRUMS`, each 0.1 s long.

    Parameters
    ----------
    audio : Audio
        Drums alone, of any rate, channels and length.
    run : Run
        Gives scratch space, takes progress and how many hits of each drum were found.
    """
    levels = band_levels(mono(audio, SAMPLE_RATE, run), run)
    found = hits(levels)
    notes = [
        Note(frame * _HOP / SAMPLE_RATE, frame * _HOP / SAMPLE_RATE + _LENGTH, pitch, loud, DRUMS)
        for frame, pitch, loud in found
    ]
    pitches = [pitch for _, pitch, _ in found]
    run.report(kicks=pitches.count(KICK), snares=pitches.count(SNARE), hats=pitches.count(HAT))
    return Notes(tuple(notes))


def band_levels(samples: Samples, run: Run, block: int = _BLOCK) -> _Levels:
    """Return the energy of each band in dB re full scale, shape (3, frames), frames 5.8 ms apart.

    Parameters
    ----------
    samples : np.ndarray, shape (1, samples)
        At `SAMPLE_RATE`; may be a memory map.
    run : Run
        Takes progress.
    block : int
        Samples that are looked at at once, a multiple of 256; makes no difference to the result.
    """
    parts = list(_parts(samples, run, block))
    empty = np.full((3, 0), -200, np.float32)
    return np.concatenate(parts, axis=1) if parts else empty


def _parts(samples: Samples, run: Run, size: int) -> Iterator[_Levels]:
    grid = Grid(_HOP)
    bins = np.fft.rfftfreq(grid.n_fft, 1 / SAMPLE_RATE)
    chosen = [slice(*np.searchsorted(bins, band)) for band in _BANDS_HZ]
    for block in chunks.blocks(samples, size=size, context=grid.n_fft):
        power = grid.power(grid.analyze(block.samples, block.start))[0]
        first = grid.frame_range(block.start, block.samples.shape[1])[0]
        # Frame i is the block's own if its center is: the grid belongs to the whole signal.
        own = slice(block.span.start // _HOP - first, -(-block.span.stop // _HOP) - first)
        energy = np.stack([power[own, each].sum(axis=1) for each in chosen])
        yield (10 * np.log10(energy + 1e-20)).astype(np.float32)
        run.tick(block.span.stop, samples.shape[1])


def hits(levels: _Levels) -> list[tuple[int, int, float]]:
    """Return (frame, General MIDI drum, velocity 0..1) of every hit, in order.

    Parameters
    ----------
    levels : np.ndarray, shape (3, frames)
        As `band_levels` gives them.
    """
    if not levels.size or levels.max() < -100:
        return []
    levels = np.maximum(levels, levels.max() - _FLOOR_DB)
    kicks, snares, hats = (
        _peaks(levels[band], _RISE_DB[band], _BELOW_LOUD_DB[band]) for band in range(3)
    )
    kicks = _struck(kicks, levels[_LOW], np.sort(np.concatenate((snares.frames, hats.frames))))
    snares = _ringing(snares, levels[_MIDDLE])
    kicks, snares = _told_apart(kicks, snares, levels)
    hats = _going_on(hats, snares)
    found = [
        (int(frame), pitch, _velocity(level, peaks.levels))
        for pitch, peaks in ((KICK, kicks), (SNARE, snares), (HAT, hats))
        for frame, level in zip(peaks.frames, peaks.levels, strict=True)
    ]
    return sorted(found)


def _peaks(level: _Levels, rise_db: float, below_loud_db: float) -> _Peaks:
    """Return where a band rises by enough, at levels near those of its loudest hits."""
    before = ndimage.maximum_filter1d(np.pad(level, (5, 0), mode="edge"), 3)[1 : 1 + len(level)]
    rise = np.maximum(level - before, 0)
    highest = ndimage.maximum_filter1d(rise, _APART_FRAMES)
    frames = np.flatnonzero((rise >= rise_db) & (rise == highest))
    frames = frames[np.diff(frames, prepend=-_APART_FRAMES) >= _APART_FRAMES // 2]
    # What begins where the recording ends is the end.
    frames = frames[frames < len(level) - _TOGETHER_FRAMES]
    if not len(frames):
        return _Peaks(frames, np.zeros(0, np.float32))
    reached = _reached(level)[frames]
    near = reached >= np.percentile(reached, 90) - below_loud_db
    return _Peaks(frames[near], reached[near])


def _struck(kicks: _Peaks, low: _Levels, others: npt.NDArray[np.int64]) -> _Peaks:
    """Return the hits of the low band that stand out of it or begin in another band as well."""
    loud = kicks.levels >= np.median(low) + _STANDING_OUT_DB
    keeps = loud | _shared(kicks.frames, others)
    return _Peaks(kicks.frames[keeps], kicks.levels[keeps])


def _ringing(snares: _Peaks, middle: _Levels) -> _Peaks:
    later = middle[np.minimum(snares.frames + _RING_FRAMES, len(middle) - 1)]
    keeps = snares.levels - later <= _RING_DB
    return _Peaks(snares.frames[keeps], snares.levels[keeps])


def _told_apart(kicks: _Peaks, snares: _Peaks, levels: _Levels) -> tuple[_Peaks, _Peaks]:
    """Return the peaks of both bands, each hit that has one in both left to one of them."""
    both = _shared(kicks.frames, snares.frames)
    difference = _reached(levels[_LOW]) - _reached(levels[_MIDDLE])
    border = _border(difference[kicks.frames[both]])
    kick_only = kicks.frames[both][difference[kicks.frames[both]] >= border]
    snare_only = kicks.frames[both][difference[kicks.frames[both]] < border]
    return _without(kicks, snare_only), _without(snares, kick_only)


def _border(differences: _Levels) -> float:
    """Return what divides differences in dB into two clusters; 0 where there are no two."""
    if not len(differences):
        return 0.0
    low, high = float(differences.min()), float(differences.max())
    for _ in range(20):
        upper = differences >= (low + high) / 2
        if upper.all() or not upper.any():
            break
        low, high = float(differences[~upper].mean()), float(differences[upper].mean())
    return (low + high) / 2 if high - low > _CLUSTERS_DB else 0.0


def _going_on(hats: _Peaks, snares: _Peaks) -> _Peaks:
    """Return the hits of the top band, those at a snare only if others are near on both sides."""
    at_snare = _shared(hats.frames, snares.frames)
    free = hats.frames[~at_snare]
    place = np.searchsorted(free, hats.frames)
    padded = np.concatenate(([-(1 << 40)], free, [1 << 40]))
    since, until = hats.frames - padded[place], padded[place + 1] - hats.frames
    keeps = ~at_snare | (np.maximum(since, until) <= _GOES_ON_FRAMES)
    return _Peaks(hats.frames[keeps], hats.levels[keeps])


def _reached(level: _Levels) -> _Levels:
    """Return the highest level within 25 ms from each frame on."""
    highest: _Levels = ndimage.maximum_filter1d(level, 5, origin=-2)
    return highest


def _shared(frames: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which frames have one of the others within 23 ms."""
    place = np.searchsorted(others, frames)
    padded = np.concatenate(([-(1 << 40)], others, [1 << 40]))
    nearest = np.minimum(frames - padded[place], padded[place + 1] - frames)
    shared: npt.NDArray[np.bool_] = nearest <= _TOGETHER_FRAMES
    return shared


def _without(peaks: _Peaks, frames: npt.NDArray[np.int64]) -> _Peaks:
    keeps = ~_shared(peaks.frames, frames)
    return _Peaks(peaks.frames[keeps], peaks.levels[keeps])


def _velocity(level: float, of_all: _Levels) -> float:
    """Return how hard a drum was struck compared with its own loudest hits, 40 dB for 0..1."""
    return float(np.clip(0.9 + (level - np.percentile(of_all, 90)) / 40, 0.05, 1))
