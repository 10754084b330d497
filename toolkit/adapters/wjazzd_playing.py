"""Take from transcribed solos what was written and what players made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.adapters import wjazzd
from toolkit.style.performing import swing_feel
from toolkit.style.performing.line_playing import Written

Array = npt.NDArray[np.float64]

USUAL_LENGTH = 0.85
"""Median share of their length that notes of solos sound."""


@dataclass(frozen=True, eq=False)
class Played:
    """Hold a solo as written, and how it was played.

    Parameters
    ----------
    written : Written
        The notes.
    values : np.ndarray, shape (notes, 3)
        Seconds later than the swung place, dB above the solo's median, share of the length that
        sounds; nan where the loudness is unknown.
    character : tuple of three floats
        Of `toolkit.style.performing.line_playing.features`.
    """

    written: Written
    values: Array
    character: tuple[float, float, float]

    def __len__(self) -> int:
        return len(self.values)


def played(solo: wjazzd.Solo) -> Played:
    """Return a solo as written in even eighths and what was made of it."""
    onsets = wjazzd.written(solo)
    kept = np.flatnonzero(np.append(True, np.diff(np.maximum.accumulate(onsets)) > 1e-6))
    onsets, pitches = onsets[kept], solo.pitches[kept]
    count = len(solo.beats)
    beat = np.minimum(np.floor(onsets + 1e-6).astype(int), count - 2)
    seconds = np.diff(solo.beats)[beat]
    sounding = solo.durations[kept] / seconds
    gaps = np.append(np.diff(onsets), max(sounding[-1], 0.5))
    # Nobody wrote how long the note before a rest is: the half beats that it reaches into.
    lengths = np.where(
        gaps <= 1, gaps, np.minimum(np.maximum(np.ceil(2 * sounding) / 2, 0.5), gaps)
    )
    tempo = 60 / seconds
    written = Written(onsets, lengths, pitches, solo.places[beat], solo.lengths[beat], tempo)
    ratio = swing_feel.soloist_ratio(tempo)
    places = swing_feel.swung(onsets, ratio / (1 + ratio))
    grid = np.interp(places, np.arange(count), solo.beats)
    loudness = solo.loudness[kept]
    middle = np.nanmedian(loudness) if np.isfinite(loudness).any() else np.nan
    late = solo.onsets[kept] - grid
    values = np.stack([late, loudness - middle, sounding / lengths], axis=1)
    return Played(written, values, _character(written, values))


def corpus(split: str) -> tuple[Played, ...]:
    """Return the solos of a split.

    Raises
    ------
    ToolkitError
        If the database is not unpacked.
    """
    return tuple(played(solo) for solo in wjazzd.solos(split))


def _character(line: Written, values: Array) -> tuple[float, float, float]:
    """Return a player's medians on the beat and off it, and of lengths, beyond what is usual."""
    phase = line.onsets - np.floor(line.onsets + 1e-6)
    late, usual = values[:, 0], swing_feel.soloist_delay(line.tempo)
    on_beat, off_beat = phase < 0.03, np.abs(phase - 0.5) < 0.03
    short = line.gaps <= 1
    return (
        _median((late - usual)[on_beat], 0.06),
        _median(((late - usual) * line.tempo / 60)[off_beat], 0.2),
        _median(values[short, 2] - USUAL_LENGTH, 0.4),
    )


def _median(values: Array, most: float) -> float:
    return float(np.clip(np.median(values), -most, most)) if len(values) >= 8 else 0.0
