"""The values that flow through a pipeline. All of them are immutable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


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
    """Hold one note: times in seconds, pitch as MIDI number, velocity 0..1."""

    onset: float
    offset: float
    pitch: int
    velocity: float = 0.8
    program: int = 0
    bends: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.onset <= self.offset:
            raise ValueError(f"a note needs 0 <= onset <= offset, not {self.onset}..{self.offset}")
        if not 0 <= self.pitch <= 127:
            raise ValueError(f"pitch={self.pitch} is not a MIDI number 0..127")
        if not 0 <= self.velocity <= 1:
            raise ValueError(f"velocity={self.velocity} must be 0..1")


@dataclass(frozen=True)
class Notes:
    """Hold a performance as notes in order of onset.

    Parameters
    ----------
    notes : tuple[Note, ...]
        Sorted by (onset, pitch) on construction.
    tempo_map : tuple[tuple[float, float], ...]
        (time in seconds, tempo in beats a minute), ascending; empty where unknown.
    """

    notes: tuple[Note, ...] = ()
    tempo_map: tuple[tuple[float, float], ...] = ()

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


Value = Audio | Notes | Stems
