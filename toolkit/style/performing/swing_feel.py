"""Say how late the second eighth of a beat comes: by feel, by tempo and by who plays.

One ratio for all players is no swing. Drummers keep the short note of the ride cymbal at about a
tenth of a second (A. Friberg and A. Sundström, "Swing ratios and ensemble timing in jazz
performance", 2002), which is 3.5 to 1 near 120 beats a minute and even when fast; soloists play far
more evenly, begin their beats a little late, and meet the others off the beat (C. Nelias et al.,
"Downbeat delays are a key component of swing in jazz", 2022).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Medians of 25,713 pairs of eighths of the Weimar Jazz Database, at the middles of tempo classes.
_SOLOIST_TEMPI = (60.0, 125.0, 175.0, 225.0, 275.0, 325.0)
_SOLOIST = (1.25, 1.29, 1.38, 1.24, 1.18, 1.11)
_DELAY_TEMPI = (75.0, 175.0, 225.0, 275.0, 325.0)
_DELAY = (0.021, 0.018, 0.011, 0.005, 0.001)

_RIDE_TEMPI = (60.0, 120.0, 300.0)
_RIDE = (3.0, 3.5, 1.0)
_SHUFFLE = 2.0
_LATEST = 0.8
_THIRD = 0.02

ROLE_SHARE = {"melody": 0.0, "counter": 0.15, "chords": 0.4, "bass": 0.5, "drums": 1.0}
"""Where each role lies between the soloist's place of the second eighth and the ride's."""


def soloist_ratio(tempo: float | Array) -> Array:
    """Return the soloist's ratio of the first eighth to the second, by beats a minute."""
    return np.asarray(np.interp(np.asarray(tempo, float), _SOLOIST_TEMPI, _SOLOIST))


def soloist_delay(tempo: float | Array) -> Array:
    """Return by how many seconds a soloist's on-beats come late, by beats a minute."""
    return np.asarray(np.interp(np.asarray(tempo, float), _DELAY_TEMPI, _DELAY))


def ride_ratio(tempo: float | Array) -> Array:
    """Return the ride cymbal's ratio of the first eighth to the second, by beats a minute."""
    return np.asarray(np.interp(np.asarray(tempo, float), _RIDE_TEMPI, _RIDE))


def second_eighth(feel: str, role: str, tempo: float, swing: float | None = None) -> float:
    """Return where the second eighth of a beat lies, in beats.

    Parameters
    ----------
    feel : {'straight', 'swing', 'shuffle'}
        As in `toolkit.style.style.FEELS`.
    role : str
        Of `toolkit.style.arrangement.ROLES`.
    tempo : float
        In beats a minute.
    swing : float, optional
        The soloist's ratio instead of the usual one: 1 is straight, 2 a triplet. The other roles
        move along and keep their order.

    Examples
    --------
    >>> second_eighth("straight", "drums", 120.0), second_eighth("shuffle", "bass", 120.0, 1.0)
    (0.5, 0.5)
    >>> round(second_eighth("swing", "drums", 120.0), 3), second_eighth("swing", "melody", 120.0, 3)
    (0.778, 0.75)
    """
    soloist, mine = _usual(feel, role, tempo)
    if swing is None:
        return mine
    wanted = min(swing / (1 + swing), _LATEST)
    if wanted <= soloist:
        # Straight for one is straight for all.
        return 0.5 + (mine - 0.5) * (wanted - 0.5) / max(soloist - 0.5, 1e-9)
    return mine + (wanted - soloist) * (_LATEST - mine) / (_LATEST - soloist)


def _usual(feel: str, role: str, tempo: float) -> tuple[float, float]:
    if feel == "straight":
        return 0.5, 0.5
    ratios = (soloist_ratio(tempo), ride_ratio(tempo)) if feel == "swing" else (_SHUFFLE, _SHUFFLE)
    soloist, ride = (float(ratio / (1 + ratio)) for ratio in ratios)
    ride = max(soloist, ride) if feel == "swing" and role != "drums" else ride
    return soloist, soloist + ROLE_SHARE[role] * (ride - soloist)


def swung(beats: Array, second: npt.ArrayLike) -> Array:
    """Return positions in beats with the second eighth of each beat moved.

    Triplets stay where they are; sixteenths are scaled within their eighth.

    Parameters
    ----------
    beats : np.ndarray
        Positions in even eighths.
    second : array-like
        Where the second eighth lies, 0.5 for no change, one or as many as `beats`.

    Examples
    --------
    >>> swung(np.array([0.0, 0.25, 0.5, 1 / 3, 1.5]), 0.6).round(3).tolist()
    [0.0, 0.3, 0.6, 0.333, 1.6]
    """
    beat = np.floor(beats + 1e-6)
    phase = beats - beat
    late = np.asarray(second, float)
    moved = np.where(phase < 0.5, phase * 2 * late, late + (phase - 0.5) * 2 * (1 - late))
    triplet = np.abs(phase * 3 - np.round(phase * 3)) < 3 * _THIRD
    return np.asarray(beat + np.where(triplet, phase, moved))
