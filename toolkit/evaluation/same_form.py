"""Measure whether a version has the form of its source: which bars are alike, what comes again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from toolkit.evaluation.correlation import pearson
from toolkit.evaluation.versions import DURATION, ONSET, PITCH, Version
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.sheet.phrases import phrases

Array = npt.NDArray[np.float64]

_BARS = 128
_INSIDE = 0.1  # beats after a beat: chords of a recording begin a moment early or late


def self_similarity(source: Version, other: Version) -> tuple[float, float]:
    """Return Pearson's correlations of two self-similarity matrices, bar by bar.

    Returns
    -------
    tuple[float, float]
        For bars described by the chroma of the melody beside that of everything, and for bars
        described by the chroma of everything alone.
    """
    edges = np.array([bar.onset for bar in source.sheet.bars])
    whole, tune = [], []
    for version in (source, other):
        whole.append(_unit(_by_bar(version.pitched, edges, source.length)))
        tune.append(_unit(_by_bar(version.parts["melody"], edges, source.length)))
    above = np.triu_indices(len(edges), 1)
    first, second = (
        ((of_all @ of_all.T) + (of_tune @ of_tune.T))[above]
        for of_all, of_tune in zip(whole, tune, strict=True)
    )
    alone = [(each @ each.T)[above] for each in whole]
    return pearson(first, second), pearson(alone[0], alone[1])


def repeats_kept(source: LeadSheet, other: LeadSheet) -> float:
    """Return how much of what is said again in the source is said again in the other.

    Beats of phrases of one label are compared with those of the first such phrase: of the beats
    whose chord is the same there in the source, the share whose root is the same in the other.
    """
    first: dict[str, float] = {}
    kept = []
    for phrase in source.phrases:
        begin = first.setdefault(phrase.label, phrase.onset)
        for beat in np.arange(phrase.onset, phrase.offset) if begin < phrase.onset else ():
            places = begin + beat - phrase.onset + _INSIDE, float(beat) + _INSIDE
            one, two = (source.chord_at(at) for at in places)
            if one is None or two is None or one.chord != two.chord:
                continue
            mine, again = (other.chord_at(at) for at in places)
            same = mine is not None and again is not None and mine.chord.root == again.chord.root
            kept.append(same)
    return float(np.mean(kept)) if kept else np.nan


def phrase_f1(source: LeadSheet, other: Version) -> float:
    """Return F1 of phrase beginnings, found anew in the other version, within a beat."""
    wanted = [phrase.onset for phrase in source.phrases[1:]]
    bare = replace(other.sheet, phrases=())
    found = [phrase.onset for phrase in phrases(bare)[1:]]
    if not wanted and not found:
        return 1.0
    hits = sum(any(abs(at - each) <= 1 for each in found) for at in wanted)
    return 2 * hits / (len(wanted) + len(found))


def _by_bar(notes: Array, edges: Array, length: float) -> Array:
    """Return how long each pitch class sounds in each bar, shape (bars, 12)."""
    begins, ends = edges[:, None], np.append(edges[1:], length)[:, None]
    onset, offset = notes[:, ONSET], notes[:, ONSET] + notes[:, DURATION]
    tones = (notes[:, PITCH, None] % 12) == np.arange(12)
    rows = []
    # By some bars at a time, so that a long piece does not cost the square of its length.
    for at in range(0, len(edges), _BARS):
        first, last = begins[at : at + _BARS], ends[at : at + _BARS]
        inside = np.maximum(np.minimum(offset, last) - np.maximum(onset, first), 0.0)
        rows.append(inside @ tones)
    return np.concatenate(rows)


def _unit(rows: Array) -> Array:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
