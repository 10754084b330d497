"""Lay a piece and what was made of it over the same beats: those of the source.

All metrics of style transfer compare two versions of a piece. A version is notes by role, chords
and keys; whether an arrangement writes a beat of its source as two or as half a one is undone here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from toolkit.style import timeline
from toolkit.style.arrangement import ROLES, Arrangement
from toolkit.style.lead_sheet import ChordSpan, LeadSheet, LineNote
from toolkit.style.performance import Performance
from toolkit.style.performing.melody_voice import melody_voice
from toolkit.values import Notes

Array = npt.NDArray[np.float64]

ONSET, DURATION, PITCH = 0, 1, 2
"""Columns of a table of notes."""

_FACTORS = (0.5, 1.0, 2.0, 3.0)


@dataclass(frozen=True, eq=False)
class Version:
    """Hold a version of a piece.

    Parameters
    ----------
    sheet : LeadSheet
        Chords, keys, bars and phrases in the source's beats, and the melody as written.
    parts : Mapping[str, np.ndarray]
        By role of `toolkit.style.arrangement.ROLES`, notes as played, shape (notes, 3): onset and
        duration in the source's beats, pitch; ascending. Swing and micro-timing are in them.
    length : float
        Without introduction and ending, in the source's beats.
    pulse : float
        How many beats of its own a beat of the source has.
    tempo : float
        Beats a minute of its own.
    """

    sheet: LeadSheet
    parts: Mapping[str, Array]
    length: float
    pulse: float = 1.0
    tempo: float = 120.0

    def __post_init__(self) -> None:
        known = {role: self.parts.get(role, np.zeros((0, 3))) for role in ROLES}
        object.__setattr__(self, "parts", MappingProxyType(known))

    @property
    def pitched(self) -> Array:
        """Return the notes of all roles but drums, ascending."""
        every = np.concatenate([self.parts[role] for role in ROLES if role != "drums"])
        return every[np.argsort(every[:, ONSET], kind="stable")]


def of_sheet(sheet: LeadSheet) -> Version:
    """Return a lead sheet as a version of itself, nothing changed."""
    voices = {"melody": sheet.melody, "bass": sheet.bass, "chords": sheet.inner}
    parts = {role: _table(notes) for role, notes in voices.items()}
    return Version(sheet, parts, sheet.length, 1.0, sheet.tempo)


def of_performance(source: LeadSheet, performance: Performance) -> Version:
    """Return what was made of a source, without introduction and ending.

    Parameters
    ----------
    source : LeadSheet
        Before anything was changed.
    performance : Performance
        Of an arrangement of it, whose `body` says where the source's music lies.
    """
    arrangement = performance.arrangement
    begin, end = arrangement.body
    factor = pulse(source, arrangement)
    pickup = min([0.0, *(note.onset for note in source.melody)]) * factor
    inside = begin + pickup - 0.25, end - 0.05
    tables: dict[str, list[Array]] = {}
    for part in arrangement.parts:
        table = played(performance.parts[part.name])
        if part.role == "melody":
            tune = melody_voice(part.tones, arrangement.sheet.melody)
            lead, rest = _divided(table, [part.tones[index].onset for index in tune],
                                  [part.tones[index].pitch for index in tune])  # fmt: skip
            tables.setdefault("chords", []).append(rest)
            table = lead
        tables.setdefault(part.role, []).append(table)
    parts = {}
    for role, found in tables.items():
        table = np.concatenate(found)
        table = table[(table[:, ONSET] >= inside[0]) & (table[:, ONSET] < inside[1])]
        table[:, ONSET] = (table[:, ONSET] - begin) / factor
        table[:, DURATION] /= factor
        parts[role] = table[np.argsort(table[:, ONSET], kind="stable")]
    sheet = _unscaled(arrangement, source, factor)
    return Version(sheet, parts, (end - begin) / factor, factor, arrangement.tempo[0][1])


def warped(version: Version, sheet: LeadSheet, moved: Callable[[Array], Array]) -> Version:
    """Return a version on the beats of another lead sheet of the same piece.

    Parameters
    ----------
    version : Version
        Made of a sheet that somebody heard.
    sheet : LeadSheet
        The piece as written, whose bars and phrases apply.
    moved : callable
        Where beats of the heard sheet lie in the written one.
    """
    parts = {}
    for role, table in version.parts.items():
        onset, offset = moved(table[:, ONSET]), moved(table[:, ONSET] + table[:, DURATION])
        parts[role] = np.column_stack([onset, offset - onset, table[:, PITCH]])
    heard = version.sheet
    melody = tuple(
        replace(note, onset=float(begin), duration=max(float(end - begin), 0.0))
        for note, begin, end in zip(heard.melody, *_ends(heard.melody, moved), strict=True)
    )
    chords = tuple(
        replace(span, onset=float(begin), duration=float(end - begin))
        for span, begin, end in zip(heard.chords, *_ends(heard.chords, moved), strict=True)
    )
    keys = tuple((float(moved(np.array([beat]))[0]), name) for beat, name in heard.keys)
    begin, end = moved(np.array([0.0, version.length]))
    stretch = version.length / max(float(end - begin), 1e-6)
    return Version(
        replace(sheet, melody=melody, chords=chords, keys=keys, bass=(), inner=()),
        parts,
        float(end - begin),
        version.pulse * stretch,
        version.tempo,
    )


def pulse(source: LeadSheet, arrangement: Arrangement) -> float:
    """Return as how many beats an arrangement writes a beat of its source."""
    ratio = arrangement.stretch(source)
    return min(_FACTORS, key=lambda factor: abs(np.log(ratio / factor)))


def played(notes: Notes) -> Array:
    """Return notes as onset, duration and pitch, in beats along their own tempo map."""
    if not len(notes):
        return np.zeros((0, 3))
    worth = 1.5 if notes.meters and notes.meters[0][2] == 8 else 1.0
    onsets = timeline.quarters(notes.tempo_map, [note.onset for note in notes]) / worth
    offsets = timeline.quarters(notes.tempo_map, [note.offset for note in notes]) / worth
    pitches = np.array([note.pitch for note in notes], float)
    return np.column_stack([onsets, offsets - onsets, pitches])


def _divided(table: Array, onsets: list[float], pitches: list[int]) -> tuple[Array, Array]:
    """Return the played notes that are a tune's, and the others.

    A tone of the tune is the nearest played note of its pitch, at most half a beat away.
    """
    taken = np.zeros(len(table), bool)
    for onset, pitch in zip(onsets, pitches, strict=True):
        near = np.flatnonzero((table[:, PITCH] == pitch) & ~taken)
        if len(near):
            best = near[np.abs(table[near, ONSET] - onset).argmin()]
            taken[best] = abs(table[best, ONSET] - onset) <= 0.5
    return table[taken], table[~taken]


def _ends(
    spans: Sequence[LineNote | ChordSpan], moved: Callable[[Array], Array]
) -> tuple[Array, Array]:
    return (
        moved(np.array([each.onset for each in spans])),
        moved(np.array([each.offset for each in spans])),
    )


def _unscaled(arrangement: Arrangement, source: LeadSheet, factor: float) -> LeadSheet:
    """Return the arrangement's sheet within its body, in the source's beats."""
    begin, end = arrangement.body
    sheet = arrangement.sheet

    def moved(beat: float) -> float:
        return (beat - begin) / factor

    pickup = min([0.0, *(note.onset for note in source.melody)]) * factor
    chords = tuple(
        ChordSpan(
            moved(max(span.onset, begin)),
            (min(span.offset, end) - max(span.onset, begin)) / factor,
            span.chord,
            span.function,
        )
        for span in sheet.chords
        if span.offset > begin + 1e-6 and span.onset < end - 1e-6
    )
    melody = tuple(
        LineNote(moved(note.onset), note.duration / factor, note.pitch, note.weight)
        for note in sheet.melody
        if begin + pickup - 1e-6 <= note.onset < end - 1e-6
    )
    keys = [(moved(beat), name) for beat, name in sheet.keys if begin < beat < end]
    keys.insert(0, (0.0, sheet.key_at(begin)))
    return replace(
        source,
        chords=chords,
        melody=melody,
        keys=tuple(keys),
        bass=(),
        inner=(),
    )


def _table(notes: Iterable[LineNote]) -> Array:
    rows = [(note.onset, note.duration, note.pitch) for note in notes]
    return np.array(rows, float).reshape(-1, 3)
