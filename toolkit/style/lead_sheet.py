"""The lead sheet: what a piece is when its instruments and its style are taken away.

All positions and lengths are in **beats**, the pulse that is felt: a quarter note in 4/4 and 3/4, a
dotted quarter in 6/8 and 12/8, where a beat has three parts. Time 0 is the first downbeat; a
pickup lies before it, at negative positions.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Any

from toolkit.style.chord import Chord

FUNCTIONS = ("T", "S", "D")
"""Tonic, subdominant, dominant."""


@dataclass(frozen=True)
class LineNote:
    """Hold a note of a voice.

    Parameters
    ----------
    onset, duration : float
        In beats.
    pitch : int
        MIDI number.
    weight : float
        How structural it is, 0 for an ornament, 1 for a note the tune cannot do without.
    velocity : float
        0..1.
    """

    onset: float
    duration: float
    pitch: int
    weight: float = 1.0
    velocity: float = 0.7

    @property
    def offset(self) -> float:
        """Return where it ends, in beats."""
        return self.onset + self.duration

    def transposed(self, semitones: int) -> LineNote:
        """Return the note so many semitones higher."""
        return replace(self, pitch=self.pitch + semitones)


@dataclass(frozen=True)
class ChordSpan:
    """Hold a chord and how long it lasts; `function` is one of `FUNCTIONS`, empty if unknown."""

    onset: float
    duration: float
    chord: Chord
    function: str = ""

    @property
    def offset(self) -> float:
        """Return where it ends, in beats."""
        return self.onset + self.duration


@dataclass(frozen=True)
class Bar:
    """Hold a bar: where it begins and how many beats it has."""

    onset: float
    beats: int

    @property
    def offset(self) -> float:
        """Return where it ends, in beats."""
        return self.onset + self.beats


@dataclass(frozen=True)
class Phrase:
    """Hold a phrase. Phrases of one label are the same music, varied (``A`` and ``A'`` share A)."""

    onset: float
    duration: float
    label: str = "A"

    @property
    def offset(self) -> float:
        """Return where it ends, in beats."""
        return self.onset + self.duration


@dataclass(frozen=True)
class LeadSheet:
    """Hold a piece as tune, chords and form.

    Parameters
    ----------
    bars : tuple[Bar, ...]
        Ascending, without gaps, from beat 0; at least one.
    melody : tuple[LineNote, ...]
        One note at a time, ascending.
    chords : tuple[ChordSpan, ...]
        Ascending, not overlapping; a gap is a bar without harmony.
    bass, inner : tuple[LineNote, ...]
        The lowest voice, and all that is neither melody nor bass.
    keys : tuple[tuple[float, str], ...]
        (beat, key such as ``F# minor``), ascending; at least one.
    phrases : tuple[Phrase, ...]
        Ascending, covering all bars.
    tempo : float
        Beats a minute.
    parts : int
        Into how many parts a beat falls, 2, or 3 in compound meters.
    title : str
        Of the piece.
    melody_confidence : float
        How sure it is that the melody is one, 0..1; low in fugues and in textures without a tune.
    """

    bars: tuple[Bar, ...]
    melody: tuple[LineNote, ...] = ()
    chords: tuple[ChordSpan, ...] = ()
    bass: tuple[LineNote, ...] = ()
    inner: tuple[LineNote, ...] = ()
    keys: tuple[tuple[float, str], ...] = ((0.0, "C major"),)
    phrases: tuple[Phrase, ...] = ()
    tempo: float = 120.0
    parts: int = 2
    title: str = ""
    melody_confidence: float = 1.0
    _onsets: tuple[float, ...] = field(default=(), repr=False, compare=False)
    _bar_lines: tuple[float, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.bars or not self.keys:
            raise ValueError("a lead sheet needs a bar and a key at least")
        for voice in ("melody", "bass", "inner"):
            notes = sorted(getattr(self, voice), key=lambda note: (note.onset, note.pitch))
            object.__setattr__(self, voice, tuple(notes))
        chords = tuple(sorted(self.chords, key=lambda span: span.onset))
        object.__setattr__(self, "chords", chords)
        object.__setattr__(self, "_onsets", tuple(span.onset for span in chords))
        object.__setattr__(self, "_bar_lines", tuple(bar.onset for bar in self.bars))

    @property
    def length(self) -> float:
        """Return where the last bar ends, in beats."""
        return self.bars[-1].offset

    @property
    def beats_per_bar(self) -> int:
        """Return the most frequent number of beats of a bar."""
        counts = [bar.beats for bar in self.bars]
        return max(set(counts), key=counts.count)

    def chord_at(self, beat: float) -> ChordSpan | None:
        """Return the chord that sounds at a beat, None where there is none."""
        index = bisect_right(self._onsets, beat + 1e-6) - 1
        if index < 0 or self.chords[index].offset <= beat + 1e-6:
            return None
        return self.chords[index]

    def key_at(self, beat: float) -> str:
        """Return the key at a beat; before the first one, the first."""
        known = [name for start, name in self.keys if start <= beat + 1e-6]
        return known[-1] if known else self.keys[0][1]

    def bar_at(self, beat: float) -> int:
        """Return the index of the bar that a beat lies in; the first for a pickup."""
        return max(bisect_right(self._bar_lines, beat + 1e-6) - 1, 0)

    def phrase_at(self, beat: float) -> Phrase:
        """Return the phrase that a beat lies in; without phrases, one over the whole."""
        inside = [each for each in self.phrases if each.onset <= beat + 1e-6]
        if inside:
            return inside[-1]
        return self.phrases[0] if self.phrases else Phrase(0.0, self.length)

    def transposed(self, semitones: int) -> LeadSheet:
        """Return the piece so many semitones higher, keys and chords included."""
        from toolkit.style.key import transposed_key

        voices: dict[str, Any] = {
            voice: tuple(note.transposed(semitones) for note in getattr(self, voice))
            for voice in ("melody", "bass", "inner")
        }
        return replace(
            self,
            chords=tuple(
                replace(span, chord=span.chord.transposed(semitones)) for span in self.chords
            ),
            keys=tuple((beat, transposed_key(name, semitones)) for beat, name in self.keys),
            **voices,
        )
