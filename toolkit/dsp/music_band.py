"""Tell up to which frequency a noisy recording has music at all.

Level alone does not tell: the noise of a record has humps and edges of its own, and crackle swells
like music. Two things do. A partial stands out of the frequencies beside it for some tenths of a
second, which noise does not, however loud it is and however it swells (the ridges of a spectrum
that McAulay & Quatieri follow, 1986). And cymbals, breath and consonants swell for longer than any
click rings.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from toolkit.dsp.stft import Power

# Five frames half a window apart. The average of so many exceeds three times the surroundings in
# 7 cells of 10,000 of white noise, a third of the share that counts as music.
_TONE_FRAMES, _TONE_BINS = 5, 17
_PROMINENCE = 3.0
_TONAL_SHARE = 0.002
_GAP_BANDS = 4
# Of the shares of a stretch together; an accident in one narrow band is less.
_LEAST_EVIDENCE = 0.02
_SILENCE = 1e-16


def tones(power: Power) -> npt.NDArray[np.bool_]:
    """Return where partials stand out.

    Parameters
    ----------
    power : np.ndarray, shape (frames, bins)
        Frames half a window apart.

    Returns
    -------
    np.ndarray, shape (frames, bins), bool
    """
    around = ndimage.uniform_filter1d(power, _TONE_BINS, axis=1, mode="nearest")
    # Each frame is compared with itself before they are averaged, or else a click would outweigh
    # the frames beside it and the average would be that of one frame.
    prominence = power / np.maximum(around, np.float32(_SILENCE))
    steady = ndimage.uniform_filter1d(prominence, _TONE_FRAMES, axis=0, mode="nearest")
    return np.asarray(steady > _PROMINENCE)


def music_band(
    tone_counts: npt.NDArray[np.int64],
    num_frames: int,
    swells: npt.NDArray[np.bool_],
    edges: npt.NDArray[np.intp],
) -> tuple[int, int]:
    """Return the first and the last bin that have music; (0, 0) if none has.

    Parameters
    ----------
    tone_counts : np.ndarray, shape (bins,)
        In how many frames `tones` found each bin.
    num_frames : int
        Of how many, > 0.
    swells : np.ndarray, shape (bands,), bool
        Where the level of a band rises above the noise for longer than clicks do.
    edges : np.ndarray, shape (bands + 1,)
        Bins where the bands begin.

    Notes
    -----
    Half an octave without music ends the band, so that a pilot tone or a whistle far above the
    music does not widen it. Of several such stretches the one with the most evidence is taken.
    """
    counts = np.add.reduceat(tone_counts[edges[0] :], edges[:-1] - edges[0])
    shares = counts / (num_frames * np.diff(edges))
    tonal = shares > _TONAL_SHARE
    evident = np.flatnonzero(tonal | swells)
    if not len(evident):
        return 0, 0
    stretches = np.split(evident, np.flatnonzero(np.diff(evident) > _GAP_BANDS) + 1)
    evidence = [float(np.sum(shares[stretch] + swells[stretch])) for stretch in stretches]
    if max(evidence) < _LEAST_EVIDENCE:
        return 0, 0
    best = stretches[int(np.argmax(evidence))]
    low, high = best[0], best[-1]
    # Where tones are the evidence, the bins themselves say where in its band the music ends.
    first, last = edges[low], edges[high + 1] - 1
    if not swells[low]:
        first += int(np.argmax(tone_counts[first : edges[low + 1]] > 0))
    if not swells[high]:
        last -= int(np.argmax(tone_counts[edges[high] : last + 1][::-1] > 0))
    return int(first), int(last)
