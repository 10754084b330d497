"""Measure whether a version is still the same piece: tune, harmony, key and form.

Positions are compared in the source's beats. The content measure is that of O. Cífka et al.
("Groove2Groove: one-shot music style transfer with supervision from synthetic data", 2020): the
cosine of chroma in windows of two beats. The alignment of functions follows W. B. de Haas et al.
("Automatic functional harmonic analysis", 2013) in comparing what chords do, not what they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.evaluation.correlation import pearson
from toolkit.evaluation.same_form import phrase_f1, repeats_kept, self_similarity
from toolkit.evaluation.versions import DURATION, ONSET, PITCH, Version
from toolkit.style import key as keys_of
from toolkit.style.harmony.functions import function
from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.values import Note, Notes

Array = npt.NDArray[np.float64]

FRAMES_PER_BEAT = 12

_NEAR = 0.5 + 1e-6
_ON_BEAT = 0.05
_LONG = 1.0
_WINDOW, _HOP = 2, 1  # beats
_BAND = 2  # beats by which a function may come early or late
_SECONDS = 0.5
_INSIDE = 0.1  # beats after a beat: chords of a recording begin a moment early or late
_ROWS = 256


def same_piece(source: Version, other: Version) -> dict[str, float]:
    """Return every measure of likeness, 0..1 but for the correlations, which are -1..1.

    Parameters
    ----------
    source, other : Version
        In the same beats.
    """
    recall, precision = anchors(source, other)
    similar, by_chroma = self_similarity(source, other)
    return {
        "anchor_recall": recall,
        "anchor_precision": precision,
        "contour": contour(source, other),
        "content_chroma": content_chroma(source, other),
        "root_retention": root_retention(source.sheet, other.sheet),
        "function_agreement": function_agreement(source.sheet, other.sheet),
        "key_agreement": key_agreement(source, other),
        "cadence_retention": cadence_retention(source.sheet, other.sheet),
        "self_similarity": similar,
        "self_similarity_chroma": by_chroma,
        "repeats_kept": repeats_kept(source.sheet, other.sheet),
        "phrase_f1": phrase_f1(source.sheet, other),
        "bars_kept": float(abs(other.length - source.length) < _ON_BEAT),
    }


def structural(sheet: LeadSheet) -> tuple[LineNote, ...]:
    """Return the structural notes of a tune: those on a beat, and those of a beat or more.

    This is simpler than what the embellisher goes by, on purpose: the judge has rules of its own.
    """
    return tuple(
        note
        for note in sheet.melody
        if abs(note.onset - round(note.onset)) <= _ON_BEAT or note.duration >= _LONG - _ON_BEAT
    )


def anchors(source: Version, other: Version) -> tuple[float, float]:
    """Return recall of the source's structural notes and precision of the other's notes.

    A note is found if the other melody begins one of its pitch class within half a beat. Notes
    count by their length; nan where there is nothing to count.
    """
    wanted = structural(source.sheet)
    made = other.parts["melody"]
    recall = _share(_of_notes(wanted), made)
    return recall, _share(made, _of_notes(source.sheet.melody))


def recall_of(notes: Array, other: Version) -> float:
    """Return the share of known notes (onset, duration, pitch) that another melody has."""
    return _share(notes, other.parts["melody"])


def contour(source: Version, other: Version) -> float:
    """Return Pearson's correlation of the two melodies' pitches, half beat by half beat."""
    ends = [table[:, ONSET].max(initial=0.0) for table in _melodies(source, other)]
    at = np.arange(0, min(ends) + 0.5, 0.5)
    first, second = (_pitch_at(table, at) for table in _melodies(source, other))
    both = np.isfinite(first) & np.isfinite(second)
    return pearson(first[both], second[both])


def content_chroma(source: Version, other: Version) -> float:
    """Return the mean cosine of the two versions' chroma in windows of two beats."""
    length = round(source.sheet.length)
    first, second = (chroma(each.pitched, length) for each in (source, other))
    return _mean_cosine(first, second)


def chroma(notes: Array, length: int) -> Array:
    """Return chroma in windows of two beats every beat, shape (windows, 12).

    Twelve frames a beat count which pitch classes sound, whatever their loudness.
    """
    frames = np.zeros((12, max(length, _WINDOW) * FRAMES_PER_BEAT + 1))
    first = np.clip(np.round(notes[:, ONSET] * FRAMES_PER_BEAT), 0, frames.shape[1] - 1).astype(int)
    ends = (notes[:, ONSET] + notes[:, DURATION]) * FRAMES_PER_BEAT
    last = np.clip(np.maximum(np.round(ends), first + 1), 0, frames.shape[1] - 1).astype(int)
    tone = notes[:, PITCH].astype(int) % 12
    np.add.at(frames, (tone, first), 1)
    np.add.at(frames, (tone, last), -1)
    sounding = np.cumsum(frames, axis=1)
    total = np.cumsum(np.pad(sounding, ((0, 0), (1, 0))), axis=1)
    begin = np.arange(0, max(length, _WINDOW) - _WINDOW + 1, _HOP) * FRAMES_PER_BEAT
    return np.asarray((total[:, begin + _WINDOW * FRAMES_PER_BEAT] - total[:, begin]).T)


def root_retention(source: LeadSheet, other: LeadSheet) -> float:
    """Return at how many of the source's bar lines the chord's root is the same."""
    pairs = [
        (source.chord_at(bar.onset + _INSIDE), other.chord_at(bar.onset + _INSIDE))
        for bar in source.bars
    ]
    known = [(one, two) for one, two in pairs if one is not None and two is not None]
    kept = [one.chord.root == two.chord.root for one, two in known]
    return float(np.mean(kept)) if kept else np.nan


def function_agreement(source: LeadSheet, other: LeadSheet) -> float:
    """Return the share of beats whose function the other has, aligned within two beats.

    The longest common subsequence of both rows of functions, one a beat, in which no beat is
    matched with one more than two beats away.
    """
    first, second = (functions(sheet, round(source.length)) for sheet in (source, other))
    count = sum(each != "" for each in first)
    return common_beats(first, second, _BAND) / count if count else np.nan


def functions(sheet: LeadSheet, length: int) -> list[str]:
    """Return ``T``, ``S`` or ``D`` of every beat, empty where no chord is."""
    found = []
    following = {
        span.onset: after.chord for span, after in zip(sheet.chords, sheet.chords[1:], strict=False)
    }
    for beat in range(length):
        span = sheet.chord_at(beat + _INSIDE)
        name = "" if span is None else function(
            span.chord, sheet.key_at(beat), following.get(span.onset)
        )  # fmt: skip
        found.append(name)
    return found


def common_beats(first: list[str], second: list[str], band: int) -> int:
    """Return the length of the longest common subsequence of two rows of one length, blanks apart.

    Parameters
    ----------
    first, second : list of str
        Of the same length.
    band : int
        By how many places matched ones may differ.
    """
    best = np.zeros((len(first) + 1, len(second) + 1), int)
    for row, name in enumerate(first):
        # Nothing matches outside the band, so the best row of matches never leaves it.
        for column in range(max(row - band, 0), min(row + band + 1, len(second))):
            here = max(best[row, column + 1], best[row + 1, column])
            if name and name == second[column]:
                here = max(here, best[row, column] + 1)
            best[row + 1, column + 1] = here
    return int(best[-1, -1])


def key_agreement(source: Version, other: Version) -> float:
    """Return the share of beats at which both versions' notes are heard in the same key."""
    beats = np.arange(0, source.sheet.length)
    first, second = (_keys_heard(each, beats) for each in (source, other))
    return float(np.mean([one == two for one, two in zip(first, second, strict=True)]))


def cadence_retention(source: LeadSheet, other: LeadSheet) -> float:
    """Return how many of the source's phrases end on a chord of the same root and function."""
    kept = []
    for phrase in source.phrases:
        at = phrase.offset - 1 + _INSIDE
        one, two = source.chord_at(at), other.chord_at(at)
        if one is None:
            continue
        same = two is not None and one.chord.root == two.chord.root
        alike = two is not None and function(one.chord, source.key_at(at)) == function(
            two.chord, other.key_at(at)
        )
        kept.append(same or alike)
    return float(np.mean(kept)) if kept else np.nan


def _melodies(source: Version, other: Version) -> tuple[Array, Array]:
    return _of_notes(source.sheet.melody), other.parts["melody"]


def _of_notes(notes: tuple[LineNote, ...]) -> Array:
    rows = [(note.onset, note.duration, note.pitch) for note in notes]
    return np.array(rows, float).reshape(-1, 3)


def _share(wanted: Array, made: Array) -> float:
    """Return the share of notes, by length, that have a like one in a table."""
    if not len(wanted):
        return np.nan
    # By rows, so that a long piece does not cost the square of its length in memory.
    rows = [wanted[at : at + _ROWS] for at in range(0, len(wanted), _ROWS)]
    found = np.concatenate([_is_there(each, made) for each in rows])
    weight = np.maximum(wanted[:, DURATION], 1e-3)
    return float(weight[found].sum() / weight.sum())


def _is_there(wanted: Array, made: Array) -> npt.NDArray[np.bool_]:
    near = np.abs(wanted[:, None, ONSET] - made[None, :, ONSET]) <= _NEAR
    alike = wanted[:, None, PITCH] % 12 == made[None, :, PITCH] % 12
    return np.asarray((near & alike).any(axis=1))


def _pitch_at(table: Array, at: Array) -> Array:
    """Return the pitch that sounds at each time, nan in rests."""
    if not len(table):
        return np.full(len(at), np.nan)
    last = np.searchsorted(table[:, ONSET], at + 0.1, side="right") - 1
    sounding = (last >= 0) & (table[last, ONSET] + table[last, DURATION] > at)
    return np.where(sounding, table[last, PITCH], np.nan)


def _mean_cosine(first: Array, second: Array) -> float:
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    heard = np.linalg.norm(first, axis=1) > 0
    cosines = (first * second).sum(axis=1) / np.maximum(norms, 1e-12)
    return float(cosines[heard].mean()) if heard.any() else np.nan


def _keys_heard(version: Version, beats: Array) -> list[str]:
    notes = tuple(
        Note(
            max(row[ONSET], 0.0) * _SECONDS,
            max(row[ONSET] + max(row[DURATION], 0.01), 0.0) * _SECONDS,
            int(row[PITCH]),
        )
        for row in version.pitched
    )
    names = keys_of.keys(Notes(notes))
    starts = np.array([time for time, _ in names])
    index = np.searchsorted(starts, beats * _SECONDS + 1e-6, side="right") - 1
    return [names[max(each, 0)][1] if names else "" for each in index]
