"""Turn what the note network says of each frame and pitch into notes.

An onset is a peak of the onset curve. The network is taught triangles around each onset, two
frames wide to each side, so the true time between two frames follows from the peak's neighbors: for
values a, b, c with c > a on the flanks of a triangle the apex lies (c - a) / (2 (b - a)) frames
later (Q. Kong et al., "High-resolution piano transcription with pedals by regressing onset and
offset times", 2021). A note ends where its frame curve falls below the threshold, or at the next
onset of the same pitch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.models.constant_q import HOP_LENGTH, LOWEST_PITCH, SAMPLE_RATE
from toolkit.values import Note

Curve = npt.NDArray[np.float32]

_FRAME_SECONDS = HOP_LENGTH / SAMPLE_RATE
_SHORTEST_SECONDS = 0.04
# A tone that swells may reach the threshold some frames after its onset.
_SWELL_FRAMES = 6


@dataclass(frozen=True)
class Thresholds:
    """Hold from which probability on an onset and a sounding frame count."""

    onset: float = 0.5
    frame: float = 0.5


def decode(
    onset: Curve,
    frame: Curve,
    velocity: Curve,
    *,
    pitch_index: int,
    thresholds: Thresholds,
    program: int = 0,
) -> list[Note]:
    """Return the notes of one pitch.

    Parameters
    ----------
    onset, frame : np.ndarray, shape (frames,)
        Probabilities 0..1.
    velocity : np.ndarray, shape (frames,)
        0..1.
    pitch_index : int
        0..87 from the lowest note of the piano.
    thresholds : Thresholds
        From where on something counts.
    program : int
        That the notes are given.

    Returns
    -------
    list of Note
        In order of onset; their confidence is the height of the peak.
    """
    peaks = _peaks(onset, thresholds.onset)
    if not len(peaks):
        return []
    quiet = np.flatnonzero(frame < thresholds.frame)
    loud = np.flatnonzero(frame >= thresholds.frame)
    notes = []
    for index, peak in enumerate(peaks):
        begin = max(float(peak) + _apex(onset, int(peak)), 0.0)
        following = float(peaks[index + 1]) if index + 1 < len(peaks) else float(len(frame))
        end = min(_end(frame, int(peak), quiet, loud, thresholds.frame), following)
        onset_time = begin * _FRAME_SECONDS
        offset_time = max(end * _FRAME_SECONDS, onset_time + _SHORTEST_SECONDS)
        strength = float(np.clip(velocity[peak], 0, 1))
        sure = float(np.clip(onset[peak], 0, 1))
        pitch = LOWEST_PITCH + pitch_index
        notes.append(
            Note(onset_time, offset_time, pitch, strength, program=program, confidence=sure)
        )
    return notes


def _peaks(curve: Curve, threshold: float) -> npt.NDArray[np.int64]:
    """Return the frames that no neighbor exceeds; of two equal ones the first."""
    padded = np.pad(curve, 1, constant_values=-1)
    higher = (curve > padded[:-2]) & (curve >= padded[2:]) & (curve >= threshold)
    return np.flatnonzero(higher)


def _apex(curve: Curve, peak: int) -> float:
    """Return how far a triangle's apex is from the highest frame, -0.5..0.5."""
    if not 0 < peak < len(curve) - 1:
        return 0.0
    before, top, after = (float(value) for value in curve[peak - 1 : peak + 2])
    rise = top - min(before, after)
    return 0.5 * (after - before) / rise if rise > 1e-6 else 0.0


def _end(
    frame: Curve,
    peak: int,
    quiet: npt.NDArray[np.int64],
    loud: npt.NDArray[np.int64],
    threshold: float,
) -> float:
    """Return where the tone that begins at a peak falls below the threshold, in frames."""
    place = int(np.searchsorted(loud, peak))
    if place == len(loud) or loud[place] > peak + _SWELL_FRAMES:
        return float(peak)
    place = int(np.searchsorted(quiet, loud[place]))
    if place == len(quiet):
        return float(len(frame))
    last = int(quiet[place])
    above, below = float(frame[last - 1]), float(frame[last])
    return last - 1 + (above - threshold) / max(above - below, 1e-6)
