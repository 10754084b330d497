"""Say which melody notes a chord bears.

Avoid-notes are those of chord-scale theory (B. Nettles and R. Graf, "The Chord Scale Theory and
Jazz Harmony", 1997): a semitone above a chord tone, and what takes a chord's character away; a
dominant bears its altered tensions.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.style.chord import Chord
from toolkit.style.harmony.chord_events import CLASSES, NUM_CHORDS, class_of
from toolkit.style.lead_sheet import LeadSheet, LineNote

Array = npt.NDArray[np.float64]

_TONES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "maj7": (0, 4, 7, 11), "6": (0, 4, 7, 9), "m": (0, 3, 7), "m7": (0, 3, 7, 10),
    "m6": (0, 3, 7, 9), "7": (0, 4, 7, 10), "7b9": (0, 1, 4, 10), "7sus4": (0, 5, 7, 10),
    "m7b5": (0, 3, 6, 10), "dim7": (0, 3, 6, 9), "aug": (0, 4, 8),
}  # fmt: skip
_BORNE: dict[str, tuple[int, ...]] = {
    "": (2, 9), "maj7": (2, 6, 9), "6": (2, 6, 11), "m": (2, 5, 10), "m7": (2, 5, 9),
    "m6": (2, 5, 11), "7": (1, 2, 3, 6, 8, 9), "7b9": (3, 6, 7, 8, 9), "7sus4": (2, 9),
    "m7b5": (2, 5, 8), "dim7": (2, 5, 8, 11), "aug": (2, 6, 10, 11),
}  # fmt: skip
"""Tensions that may be held, in semitones above the root; all that is in neither is avoided."""

_TENSION_COST, _AVOID_COST = 0.25, 1.0
HELD = 1.0
"""From how many beats on a note is held, where a beat stays one."""

_HALF = 0.5
_EPSILON = 1e-6


def _costs() -> Array:
    table = np.full((len(CLASSES), 12), _AVOID_COST)
    for index, name in enumerate(CLASSES):
        table[index, list(_BORNE[name])] = _TENSION_COST
        table[index, list(_TONES[name])] = 0.0
    table[CLASSES.index("7"), [1, 3, 8]] = 0.45  # borne, but better said with the altered chord
    table[CLASSES.index("maj7"), 0] = 0.35  # the tonic on top rubs against the seventh
    return table


COSTS = _costs()
"""Cost of a note by class of chord and semitones above its root; 1 is to be avoided."""


def _tones() -> Array:
    table = np.zeros((NUM_CHORDS, 12))
    for chord in range(NUM_CHORDS):
        table[chord, [(chord + tone) % 12 for tone in _TONES[CLASSES[chord // 12]]]] = 1.0
    return table


TONES_OF_CHORDS = _tones()
"""Which pitch classes each chord has, shape (`NUM_CHORDS`, 12), C being the tonic."""


def is_avoided(chord: Chord, pitch: int) -> bool:
    """Return whether a melody note must not be held over a chord.

    The chord's own tones never are; a natural eleventh over a major third, a minor ninth over any
    chord but a dominant, or a major third over a minor one are.

    Examples
    --------
    >>> is_avoided(Chord(0, "maj7"), 65), is_avoided(Chord(7, "7"), 68)
    (True, False)
    """
    if pitch % 12 in chord.pitch_classes:
        return False
    above = (pitch - chord.root) % 12
    return bool(COSTS[class_of(chord), above] >= _AVOID_COST)


@dataclass(frozen=True)
class Heard:
    """Hold what of a melody note sounds within a span: how many beats, and whether it weighs."""

    note: LineNote
    beats: float
    weighs: bool


class Tune:
    """Find the melody notes of spans, and what they leave of the chords.

    Parameters
    ----------
    sheet : LeadSheet
        Whose melody it is.
    held : float
        From how many beats on a note is held.
    """

    def __init__(self, sheet: LeadSheet, held: float = HELD) -> None:
        self._notes = sheet.melody
        self._held = held
        self._ends = [note.offset for note in sheet.melody]
        strong = [bar.onset for bar in sheet.bars]
        strong += [bar.onset + bar.beats / 2 for bar in sheet.bars if bar.beats % 2 == 0]
        self._strong = {round(beat, 3) for beat in strong}
        self._fits: dict[tuple[float, float], tuple[Array, npt.NDArray[np.bool_]]] = {}

    def heard(self, onset: float, offset: float) -> list[Heard]:
        """Return what sounds in a span of beats.

        A note weighs if half a beat or more of it sounds there, and it is held or begins there on
        a strong beat.
        """
        found = []
        for note in self._notes[bisect_left(self._ends, onset + _EPSILON) :]:
            if note.onset >= offset - _EPSILON:
                break
            beats = min(note.offset, offset) - max(note.onset, onset)
            accented = note.onset >= onset - _EPSILON and round(note.onset, 3) in self._strong
            held = accented or note.duration >= self._held - _EPSILON
            least = min(_HALF, self._held)
            found.append(Heard(note, beats, held and beats >= least - _EPSILON))
        return found

    def bears(self, onset: float, offset: float, chord: Chord) -> bool:
        """Return whether a chord's root in some color bears all that weighs in a span of beats."""
        allowed = self.fit(onset, offset)[1]
        return bool(allowed.reshape(len(CLASSES), 12)[:, chord.root].any())

    def fit(self, onset: float, offset: float) -> tuple[Array, npt.NDArray[np.bool_]]:
        """Return the cost of every chord in a span, and whether no note that weighs is avoided.

        Chords are numbered as in `toolkit.style.harmony.chord_events`, with C as tonic; costs are
        in beats of avoided notes, accented ones counting twice.
        """
        key = (round(onset, 3), round(offset, 3))
        if key not in self._fits:
            self._fits[key] = self._fit(onset, offset)
        return self._fits[key]

    def _fit(self, onset: float, offset: float) -> tuple[Array, npt.NDArray[np.bool_]]:
        cost, allowed = np.zeros(NUM_CHORDS), np.ones(NUM_CHORDS, bool)
        roots = np.arange(12)
        for heard in self.heard(onset, offset):
            each = COSTS[:, (heard.note.pitch - roots) % 12].ravel()
            cost += each * heard.beats * (2.0 if heard.weighs else 0.5)
            if heard.weighs:
                allowed &= each < _AVOID_COST
        return cost, allowed


def clashes(sheet: LeadSheet) -> list[tuple[float, str, int]]:
    """Return (beat, chord symbol, pitch) of every note that weighs and is avoided by its chord."""
    tune = Tune(sheet)
    return [
        (max(heard.note.onset, span.onset), span.chord.symbol, heard.note.pitch)
        for span in sheet.chords
        for heard in tune.heard(span.onset, span.offset)
        if heard.weighs and is_avoided(span.chord, heard.note.pitch)
    ]
