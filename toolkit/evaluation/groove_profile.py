"""Describe a groove: where in the beat and in the bar each role of a band plays, and how.

What the style profiles of Groove2Groove (O. Cífka et al., 2020) count, in fewer bins, so that a few
hundred grooves suffice to learn from: when notes come, in which steps, how long and how many.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from toolkit.evaluation.versions import DURATION, ONSET, PITCH

Array = npt.NDArray[np.float64]

KIT = {
    "kick": (35, 36),
    "snare": (37, 38, 39, 40),
    "hat": (42, 44, 46),
    "ride": (51, 53, 59),
    "crash": (49, 52, 55, 57),
}
"""General MIDI instruments by group; all others are ``hand`` percussion."""

_GROUPS = (*KIT, "hand")
_PHASES = np.array([0.0, 0.25, 1 / 3, 0.5, 2 / 3, 0.75])
_STEPS = (0, 1, 3, 5, 6, 8, 13)
_TOGETHER = 0.06
_BASS_BELOW = 52


def groove_profile(parts: Mapping[str, Array], beats_per_bar: int) -> Array:
    """Return the features of a groove.

    Parameters
    ----------
    parts : Mapping[str, np.ndarray]
        Notes of ``bass``, ``chords`` and ``drums`` in beats of the groove's own pulse, shape
        (notes, 3): onset, duration, pitch. What is missing counts as silent.
    beats_per_bar : int
        Of the music.

    Returns
    -------
    np.ndarray, shape (`NUM_FEATURES`,)
        Shares and rates, none of them above a few.
    """
    none = np.zeros((0, 3))
    bass, chords = parts.get("bass", none), parts.get("chords", none)
    drums = parts.get("drums", none)
    length = max((each[:, ONSET].max(initial=0.0) for each in (bass, chords, drums)), default=0.0)
    length = max(length, 1.0)
    return np.concatenate(
        [
            _rhythm(bass, length, beats_per_bar),
            _steps(bass),
            _rhythm(_attacks(chords), length, beats_per_bar),
            [len(chords) / max(len(_attacks(chords)), 1) / 4, _late(chords, bass)],
            *(_rhythm(drums[_in_group(drums, name)], length, beats_per_bar) for name in _GROUPS),
            [_late(drums)],
        ]
    )


def by_range(notes: Array) -> dict[str, Array]:
    """Return pitched notes as bass and chords: the bass is what attacks lowest, below E3."""
    low = np.zeros(len(notes), bool)
    for first in np.unique(np.round(notes[:, ONSET] / _TOGETHER)):
        here = np.flatnonzero(np.round(notes[:, ONSET] / _TOGETHER) == first)
        lowest = here[notes[here, PITCH].argmin()]
        low[lowest] = notes[lowest, PITCH] < _BASS_BELOW
    return {"bass": notes[low], "chords": notes[~low]}


def _rhythm(notes: Array, length: float, beats_per_bar: int) -> Array:
    """Return attacks a beat at each place of a beat, on backbeats and downbeats, and lengths."""
    if not len(notes):
        return np.zeros(len(_PHASES) + 4)
    onset = notes[:, ONSET]
    phase = onset - np.floor(onset + 0.04)
    nearest = np.abs(phase[:, None] - np.append(_PHASES, 1.0)).argmin(axis=1) % len(_PHASES)
    places = np.bincount(nearest, minlength=len(_PHASES)) / len(notes)
    on_beat = nearest == 0
    beat = np.round(onset).astype(int) % max(beats_per_bar, 1)
    one = (on_beat & (beat == 0)).sum() / len(notes)
    back = (on_beat & (beat % 2 == 1)).sum() / len(notes)
    rate = min(len(notes) / length, 4.0) / 2
    return np.concatenate(
        [places, [one, back, rate, min(float(np.median(notes[:, DURATION])), 4.0) / 2]]
    )


def _steps(notes: Array) -> Array:
    """Return the shares of a line's steps by size."""
    size = np.abs(np.diff(notes[:, PITCH]))
    counts = np.histogram(np.minimum(size, 12), np.array(_STEPS))[0]
    return np.asarray(counts / max(len(size), 1))


def _late(*tables: Array) -> float:
    """Return where second eighths come on average, in beats after the usual half."""
    onset = np.concatenate([table[:, ONSET] for table in tables])
    phase = onset - np.floor(onset)
    second = phase[(phase > 0.42) & (phase < 0.8)]
    return 4 * float(np.mean(second) - 0.5) if len(second) >= 4 else 0.0


def _attacks(notes: Array) -> Array:
    """Return one note for each attack of chords: the first."""
    if not len(notes):
        return notes
    ordered = notes[np.argsort(notes[:, ONSET], kind="stable")]
    fresh = np.append(True, np.diff(ordered[:, ONSET]) > _TOGETHER)
    return np.asarray(ordered[fresh])


def _in_group(drums: Array, name: str) -> npt.NDArray[np.bool_]:
    known = [pitch for group in KIT.values() for pitch in group]
    wanted = KIT.get(name)
    if wanted is None:
        return ~np.isin(drums[:, PITCH], known)
    return np.isin(drums[:, PITCH], wanted)


NUM_FEATURES = len(groove_profile({}, 4))
