"""Measure the marks of jazz that have numbers: colored chords, ii-V, chord rate, swing, delay.

The curves of swing and of delay by tempo are those of `toolkit.style.performing.swing_feel`:
medians of the Weimar Jazz Database (M. Pfleiderer et al., 2017), and of C. Nelias et al. (2022).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from toolkit.evaluation.versions import ONSET, PITCH, Version
from toolkit.style.harmony.changes import Changes, of_sheet
from toolkit.style.harmony.chord_events import class_of
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.performing import swing_feel

Array = npt.NDArray[np.float64]

Bigrams = Counter[tuple[int, int, int]]

_FEWEST = 6
_EXACT = 0.03
_APART = 0.45
_MINOR = ("m7", "m7b5", "m6", "m")
_DOMINANT = ("7", "7sus4", "aug7")


def harmony_marks(version: Version) -> dict[str, float]:
    """Return the share of colored chords, ii-V steps a bar, and chords a bar of its own pulse."""
    spans = version.sheet.chords
    bars = max(version.length * version.pulse / 4, 1e-6)
    pairs = pairwise(spans)
    two_five = sum(
        one.chord.quality in _MINOR
        and two.chord.quality in _DOMINANT
        and (two.chord.root - one.chord.root) % 12 == 5
        for one, two in pairs
    )
    return {
        "extended_share": extended_share(version.sheet),
        "two_fives": two_five / bars,
        "chords_per_bar": len(spans) / bars,
    }


def extended_share(sheet: LeadSheet) -> float:
    """Return the share of chords that have a sixth, a seventh or a tension; nan for none."""
    colored = [span.chord.is_extended for span in sheet.chords]
    return float(np.mean(colored)) if colored else float("nan")


def feel_marks(version: Version) -> dict[str, float]:
    """Return ratio and delay of the melody as played, and how far they are off the curves.

    Returns
    -------
    dict[str, float]
        ``swing_ratio``, ``swing_error``, ``delay_ms``, ``delay_error_ms``; nan where fewer than
        six pairs of eighths, or six notes on the beat, say so.
    """
    ratio, late_beats = manner(version)
    delay = 1000 * late_beats * 60 / version.tempo
    usual = float(swing_feel.soloist_ratio(version.tempo))
    late = 1000 * float(swing_feel.soloist_delay(version.tempo))
    return {
        "swing_ratio": ratio,
        "swing_error": abs(ratio - usual),
        "delay_ms": delay,
        "delay_error_ms": abs(delay - late),
    }


def manner(version: Version) -> tuple[float, float]:
    """Return swing ratio and delay in beats of a version's melody, nan where it tells none."""
    written, heard = paired(version)
    return swing_ratio(written, heard), on_beat_delay(written, heard)


def paired(version: Version) -> tuple[Array, Array]:
    """Return where notes of the melody are written and where they are played, in own beats.

    A written note is paired with the nearest played one of its pitch class within half a beat.
    """
    table = version.parts["melody"] * [version.pulse, version.pulse, 1.0]
    pairs = []
    for note in version.sheet.melody:
        at = note.onset * version.pulse
        near = np.flatnonzero(
            (table[:, PITCH] % 12 == note.pitch % 12) & (np.abs(table[:, ONSET] - at) < _APART)
        )
        if len(near):
            pairs.append((at, table[near[np.abs(table[near, ONSET] - at).argmin()], ONSET]))
    rows = np.array(pairs, float).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def swing_ratio(written: Array, heard: Array) -> float:
    """Return the median ratio of pairs of eighths, from one beat to the next.

    Parameters
    ----------
    written, heard : np.ndarray, shape (notes,)
        Where notes belong, in even eighths, and where they are played, in beats.
    """
    ratios = []
    for one in range(len(written) - 2):
        begin, middle, end = written[one : one + 3] - round(written[one])
        if max(abs(begin), abs(middle - 0.5), abs(end - 1)) < _EXACT:
            first, second = np.diff(heard[one : one + 3])
            ratios.append(first / max(second, 1e-3))
    return float(np.median(ratios)) if len(ratios) >= _FEWEST else float("nan")


def on_beat_delay(written: Array, heard: Array) -> float:
    """Return by how many beats notes that are written on a beat come late, the median."""
    late = (heard - written)[np.abs(written - np.round(written)) < _EXACT]
    return float(np.median(late)) if len(late) >= _FEWEST else float("nan")


def bigrams(charts: Iterable[Changes]) -> Bigrams:
    """Return how often each class of chord is followed by each, at each distance of roots."""
    found: Bigrams = Counter()
    for chart in charts:
        for one, two in pairwise(chart.chords):
            step = (two.chord.root - one.chord.root) % 12
            found[class_of(one.chord), step, class_of(two.chord)] += 1
    return found


def of_versions(versions: Iterable[Version]) -> Bigrams:
    """Return the same of the chords of versions."""
    return bigrams(of_sheet(version.sheet) for version in versions)


def divergence(first: Bigrams, second: Bigrams) -> float:
    """Return the Jensen-Shannon divergence of two counts in bits, 0..1."""
    names = sorted({*first, *second})
    shares = [np.array([counts[name] for name in names], float) for counts in (first, second)]
    one, two = (each / max(each.sum(), 1) for each in shares)
    middle = (one + two) / 2
    return float(sum(_relative(each, middle) for each in (one, two)) / 2)


def _relative(share: Array, other: Array) -> float:
    known = share > 0
    return float((share[known] * np.log2(share[known] / other[known])).sum())
