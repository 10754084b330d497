"""Say how well each chord fits what sounds in a beat, from what the symbols mean.

The emissions of a hidden Markov model over chord symbols (A. Sheh and D. Ellis, "Chord segmentation
and recognition using EM-trained hidden Markov models", 2003), not trained, but following from the
symbols: sounding tones are drawn from the chord's tones, or with a small probability from the
others, and the bass is the root more often than not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.style.listening.chord_symbols import QUALITIES

Array = npt.NDArray[np.float64]

# How common each quality is, in nats: what is rare needs more evidence.
_RARITY = {"maj": 0.0, "min": 0.0, "7": 0.25, "maj7": 0.4, "min7": 0.3}
_RARE = 0.7
_ROOT_SHARE, _TOP_SHARE = 1.25, 0.8  # of a chord's tones, the others being 1
_FOREIGN = 0.12
_BASS_ROOT, _BASS_TONE, _BASS_OTHER = 0.62, 0.12, 0.02
_EVIDENCE, _BASS_EVIDENCE = 6.0, 1.2
_CHANGE, _DOWNBEAT_CHANGE = 4.5, 2.5
_SILENT_SHARE = 0.05


def odds(tones: Array, bass: Array, lengths: Array) -> Array:
    """Return the log likelihood of each of `chord_symbols.SYMBOLS`, shape (spans, symbols).

    Parameters
    ----------
    tones, bass : np.ndarray, shape (spans, 12)
        How much of each pitch class sounds in each span, and of the bass; a silent span is zero.
    lengths : np.ndarray, shape (spans,)
        Of the spans, in seconds.
    """
    tone_logs, bass_logs, rarity = _templates()
    heard = tones.sum(axis=1, keepdims=True)
    # What sounds for part of a beat says less, but not in proportion.
    evidence = np.divide(np.sqrt(tones), np.sqrt(tones).sum(axis=1, keepdims=True) + 1e-12)
    low = bass / (bass.sum(axis=1, keepdims=True) + 1e-12)
    found = _EVIDENCE * evidence @ tone_logs.T + _BASS_EVIDENCE * low @ bass_logs.T - rarity
    silent = heard[:, 0] < _SILENT_SHARE * lengths
    none = np.where(silent, 0.0, found.max(axis=1) - 8.0)
    found[silent] = -6.0
    return np.column_stack([found, none])


def prices(begins: Array, bar_lines: Array | None) -> Array:
    """Return what a change costs at the beginning of each span, in nats, shape (spans,).

    Parameters
    ----------
    begins : np.ndarray, shape (spans,)
        In seconds.
    bar_lines : np.ndarray, optional
        In seconds: where chords change more readily.
    """
    change = np.full(len(begins), _CHANGE)
    if bar_lines is not None and len(bar_lines):
        nearest = np.abs(begins[:, None] - bar_lines[None]).min(axis=1)
        change[nearest < 1e-6] = _DOWNBEAT_CHANGE
    return change


def _templates() -> tuple[Array, Array, Array]:
    tone_logs, bass_logs, rarity = [], [], []
    for quality, intervals in QUALITIES.items():
        tones = np.full(12, _FOREIGN / (12 - len(intervals)))
        weights = np.ones(len(intervals))
        weights[0] = _ROOT_SHARE
        if len(intervals) > 3:
            weights[3] = _TOP_SHARE
        tones[list(intervals)] = (1 - _FOREIGN) * weights / weights.sum()
        bass = np.full(12, _BASS_OTHER)
        bass[list(intervals)] = _BASS_TONE
        bass[0] = _BASS_ROOT
        tone_logs += [np.roll(np.log(tones), root) for root in range(12)]
        bass_logs += [np.roll(np.log(bass / bass.sum()), root) for root in range(12)]
        rarity += [_RARITY.get(quality, _RARE)] * 12
    return np.array(tone_logs), np.array(bass_logs), np.array(rarity)
