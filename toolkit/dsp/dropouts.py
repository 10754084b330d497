"""Find dropouts: stretches in which a transfer stood still while the sound went on.

A player or an interface that loses data writes zeros or repeats its last value. Sound does not: two
neighbors are rarely the very same number, and a dozen practically never. What else stands still is
told apart by what surrounds it:

- music that is quiet or coarsely quantized repeats values all the time, so equal neighbors must be
  rare around the run;
- a pause is approached and left by faint sound, so the run must begin and end amid sound;
- the flat top of a clipped wave is the highest or lowest around, so a held value must not be.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.dsp.ar import Spans, merge_spans, runs

Signal = npt.NDArray[np.float32]

AROUND_SECONDS = 0.02
"""How much on each side decides whether a run is a dropout."""

_SHORTEST_SECONDS = 3e-4
_FEWEST = 4  # samples, at rates where the shortest dropout would be fewer
_EDGE_SECONDS = 0.002
_QUIETEST = 1e-3  # RMS of the sound at both edges, -60 dB
_FAINTEST = 0.05  # the same, relative to the RMS of everything around
_EQUAL_SHARE = 0.05  # share of equal neighbors around a run that sound does not reach


def find_dropouts(x: Signal, sample_rate: int, longest: float) -> Spans:
    """Return the dropouts of one channel as rows (first sample, one past the last).

    Parameters
    ----------
    x : np.ndarray, shape (samples,), float32
        Finite.
    sample_rate : int
        In Hz.
    longest : float
        Longest run that counts, in seconds.

    Returns
    -------
    np.ndarray, shape (dropouts, 2), int64
        Ascending; without the sample that is held, which is good. Runs of which less than 2 ms of
        surroundings are in the signal do not count.
    """
    still = np.concatenate([[False], x[1:] == x[:-1]]) if len(x) else np.zeros(0, bool)
    spans = runs(still)
    zeros = x[spans[:, 0]] == 0
    # The first zero of a run is as lost as the others.
    spans[:, 0] -= zeros
    lengths = spans[:, 1] - spans[:, 0]
    shortest = max(round(_SHORTEST_SECONDS * sample_rate), _FEWEST)
    spans = spans[(lengths >= shortest) & (lengths <= longest * sample_rate)]
    if not len(spans):
        return spans
    in_runs = np.zeros(len(x), bool)
    for start, stop in spans:
        in_runs[start:stop] = True
    kept = [_amid_sound(x, still, in_runs, start, stop, sample_rate) for start, stop in spans]
    return merge_spans(spans[np.array(kept)], len(x), 1)


def _amid_sound(
    x: Signal,
    still: npt.NDArray[np.bool_],
    in_runs: npt.NDArray[np.bool_],
    start: int,
    stop: int,
    sample_rate: int,
) -> bool:
    """Return whether what surrounds a run is sound that would not stand still by itself."""
    edge = max(round(_EDGE_SECONDS * sample_rate), _FEWEST)
    reach = max(round(AROUND_SECONDS * sample_rate), edge)
    before, after = slice(max(start - reach, 0), start), slice(stop, stop + reach)
    # Other runs, which may be dropouts too, say nothing about the sound.
    sound = [x[part][~in_runs[part]].astype(np.float64) for part in (before, after)]
    if min(len(part) for part in sound) < edge:
        return False
    around = np.concatenate(sound)
    faintest = max(_QUIETEST, _FAINTEST * float(np.sqrt(np.mean(around**2))))
    edges = (sound[0][-edge:], sound[1][:edge])
    if min(float(np.sqrt(np.mean(part**2))) for part in edges) < faintest:
        return False
    equal = [np.count_nonzero(still[part] & ~in_runs[part]) for part in (before, after)]
    if sum(equal) > _EQUAL_SHARE * len(around):
        return False
    value = float(x[stop - 1])
    return value == 0 or bool(around.min() < value < around.max())
