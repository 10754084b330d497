"""Find the beats in attacks whose tempo breathes.

Where the network heard notes (`toolkit.style.listening.beat_network`), the beats are the path that
agrees best with it (`toolkit.style.listening.beat_paths`). Where only the strength of attacks is
known, as in audio, a chain of beats is sought near each of many tempi
(`toolkit.style.listening.beat_chains`); which of them a listener would tap is decided by what music
does at its metrical levels (`toolkit.style.listening.beat_levels`). That is done a section at a
time, so that a recording may hold more than one movement and be as long as it likes. Beats are
moved to the attacks near them last.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.style.listening import beat_chains, beat_levels
from toolkit.style.listening.attacks import Attacks
from toolkit.style.listening.beat_paths import path

Array = npt.NDArray[np.float64]

_SECTION_SECONDS, _OVERLAP_SECONDS = 60.0, 8.0
_LONGEST_SECTION = 100.0
_NEAR_SECONDS, _NEAR_BEATS = 0.06, 0.12
_FEWEST = 2


def track(attacks: Attacks) -> Array:
    """Return the times of the beats in seconds, ascending, from before the first to after the last.

    Parameters
    ----------
    attacks : Attacks
        Fewer than two give no beats.
    """
    if len(attacks.times) < _FEWEST:
        return np.zeros(0)
    found = _chained(attacks) if attacks.said is None else path(attacks.times, attacks.said)
    moved = refined(found, attacks)
    return np.asarray(moved[moved >= 0])


def _chained(attacks: Attacks) -> Array:
    beats = np.zeros(0)
    before = None
    for section, cut in _sections(attacks):
        found = beat_levels.choose(beat_chains.chains(section), section, before)
        before = float(np.median(np.diff(found)))
        beats = _joined(beats, found, cut)
    return beats


def _sections(attacks: Attacks) -> list[tuple[Attacks, float]]:
    """Part attacks into overlapping sections, each with the time from which its beats count."""
    first, last = attacks.times[0], attacks.times[-1]
    if last - first <= _LONGEST_SECTION:
        return [(attacks, -np.inf)]
    sections = []
    for begin in np.arange(first, last - _OVERLAP_SECONDS, _SECTION_SECONDS):
        end = begin + _SECTION_SECONDS + _OVERLAP_SECONDS
        section = attacks.within(begin, end)
        if len(section.times) >= _FEWEST:
            cut = -np.inf if begin == first else begin + _OVERLAP_SECONDS / 2
            sections.append((section, cut))
    return sections


def _joined(beats: Array, more: Array, cut: float) -> Array:
    """Let beats go on with those of the next section, without two for one nor none for many."""
    if not len(beats):
        return more
    kept = beats[beats < cut]
    period = float(np.median(np.diff(more)))
    more = more[more > kept[-1] + 0.6 * period]
    missing = int(np.rint((more[0] - kept[-1]) / period)) - 1 if len(more) else 0
    between = np.linspace(kept[-1], more[0], missing + 2)[1:-1] if missing > 0 else np.zeros(0)
    return np.concatenate([kept, between, more])


def refined(beats: Array, attacks: Attacks) -> Array:
    """Move each beat to the attacks near it, weighted by how much they sound like a beat."""
    if len(beats) < _FEWEST:
        return beats
    moved = beats.copy()
    near = np.minimum(_NEAR_SECONDS, _NEAR_BEATS * np.gradient(beats))
    low = np.searchsorted(attacks.times, beats - near)
    high = np.searchsorted(attacks.times, beats + near, side="right")
    for index in np.flatnonzero(high > low):
        span = slice(low[index], high[index])
        moved[index] = np.average(attacks.times[span], weights=np.exp(attacks.accents[span] / 2))
    return np.asarray(moved[np.append(True, np.diff(moved) > _NEAR_SECONDS)])
