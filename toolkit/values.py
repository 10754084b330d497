"""The values that flow through a pipeline. All of them are immutable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

DRUMS = 128
"""The program number that means the General MIDI drum kit, which has no number of its own."""


@dataclass(frozen=True, eq=False)
class Audio:
    """Hold a finite signal.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples), float32
        Full scale is ±1. The stored array is a read-only view; it may be a memory map, so take
        slices of it rather than the whole.
    sample_rate : int
        Samples a second and channel, in Hz.
    tags : Mapping[str, str]
        The user's own descriptions (title, date, source), carried along untouched.

    Raises
    ------
    ValueError
        If the array is not two-dimensional float32 or the rate is not positive.

    Examples
    --------
    >>> audio = Audio(np.zeros((2, 44100), np.float32), 44100)
    >>> audio.num_channels, audio.num_samples, audio.duration
    (2, 44100, 1.0)
    """

    samples: Samples
    sample_rate: int
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.samples.ndim != 2:
            raise ValueError(f"samples must be [channels, samples], not {self.samples.shape}")
        if self.samples.dtype != np.float32:
            raise ValueError(f"samples must be float32, not {self.samples.dtype}")
        if self.sample_rate <= 0:
            raise ValueError(f"sample_rate={self.sample_rate} must be positive")
        view = self.samples.view()
        view.flags.writeable = False
        object.__setattr__(self, "samples", view)
        object.__setattr__(self, "tags", MappingProxyType(dict(self.tags)))

    @property
    def num_channels(self) -> int:
        """Return the number of channels."""
        return int(self.samples.shape[0])

    @property
    def num_samples(self) -> int:
        """Return the length of one channel in samples."""
        return int(self.samples.shape[1])

    @property
    def duration(self) -> float:
        """Return the length in seconds."""
        return self.num_samples / self.sample_rate

    def with_samples(self, samples: Samples) -> Audio:
        """Return the same recording with other samples (any shape, same rate and tags)."""
        return replace(self, samples=samples)


@dataclass(frozen=True)
class Note:
    """Hold one note.

    Parameters
    ----------
    onset, offset : float
        In seconds from the beginning of the recording.
    pitch : int
        MIDI number 0..127; for drums the General MIDI instrument.
    velocity : float
        0..1.
    program : int
        General MIDI program 0..127, or `DRUMS`.
    bends : tuple[tuple[float, float], ...]
        (time in seconds, semitones above `pitch`), ascending in time; empty for none.
    confidence : float
        How sure a transcriber was, 0..1; 1 for notes that were written, not heard.
    """

    onset: float
    offset: float
    pitch: int
    velocity: float = 0.8
    program: int = 0
    bends: tuple[tuple[float, float], ...] = ()
    confidence: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.onset <= self.offset:
            raise ValueError(f"a note needs 0 <= onset <= offset, not {self.onset}..{self.offset}")
        if not 0 <= self.pitch <= 127:
            raise ValueError(f"pitch={self.pitch} is not a MIDI number 0..127")
        if not 0 <= self.velocity <= 1:
            raise ValueError(f"velocity={self.velocity} must be 0..1")
        if not 0 <= self.program <= DRUMS:
            raise ValueError(f"program={self.program} is no General MIDI program, nor DRUMS")


@dataclass(frozen=True)
class Notes:
    """Hold a performance as notes in order of onset, with what is known of its meter.

    Parameters
    ----------
    notes : tuple[Note, ...]
        Sorted by (onset, pitch) on construction.
    tempo_map : tuple[tuple[float, float], ...]
        (time in seconds, tempo in quarter notes a minute), ascending from time 0, each holding
        until the next; empty where unknown. Beats are counted from time 0, so a first downbeat at
        0.7 s is written as a tempo that puts a whole number of quarters before it.
    meters : tuple[tuple[float, int, int], ...]
        (time in seconds of a bar's beginning, numerator, denominator), ascending; a pickup is a
        first, shorter bar.
    keys : tuple[tuple[float, str], ...]
        (time in seconds, key such as ``C major`` or ``F# minor``), ascending.
    chords : tuple[tuple[float, str], ...]
        (time in seconds, chord symbol in Harte's notation such as ``G:7``, ``A:min7`` or ``N``),
        ascending, each holding until the next.
    pedal : tuple[tuple[float, float], ...]
        Spans (down, up) in seconds during which the sustain pedal of the piano is held.
    """

    notes: tuple[Note, ...] = ()
    tempo_map: tuple[tuple[float, float], ...] = ()
    meters: tuple[tuple[float, int, int], ...] = ()
    keys: tuple[tuple[float, str], ...] = ()
    chords: tuple[tuple[float, str], ...] = ()
    pedal: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.notes, key=lambda note: (note.onset, note.pitch)))
        object.__setattr__(self, "notes", ordered)

    def __len__(self) -> int:
        return len(self.notes)

    def __iter__(self) -> Iterator[Note]:
        return iter(self.notes)

    @property
    def duration(self) -> float:
        """Return the time at which the last note ends, in seconds."""
        return max((note.offset for note in self.notes), default=0.0)


@dataclass(frozen=True, eq=False)
class Stems(Mapping[str, Audio]):
    """Hold the parts of a mixture, in order, by name; their sum is the mixture.

    Raises
    ------
    ValueError
        If the parts differ in rate, length or channels, or there is none.
    """

    parts: Mapping[str, Audio]

    def __post_init__(self) -> None:
        shapes = {(audio.samples.shape, audio.sample_rate) for audio in self.parts.values()}
        if len(shapes) != 1:
            raise ValueError(f"stems must agree in shape and rate, not {sorted(shapes)}")
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))

    def __getitem__(self, name: str) -> Audio:
        return self.parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    def mixture(self) -> Audio:
        """Return the sum of all parts."""
        first, *rest = self.parts.values()
        total = first.samples.copy()
        for audio in rest:
            total += audio.samples
        return first.with_samples(total)
