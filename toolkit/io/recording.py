"""A recording as read from a file: its audio, and everything that must survive beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.io.bext import FIXED_SIZE, Bext
from toolkit.io.format import Format
from toolkit.io.origin import Origin
from toolkit.io.riff import Chunk
from toolkit.values import Audio

# A history of codings has a line for each; what is longer is no history.
_MAX_BEXT_BYTES = 2**20


@dataclass(frozen=True)
class Block:
    """Say where a FLAC metadata block's payload lies: ``size`` bytes from ``offset`` on."""

    kind: int
    offset: int
    size: int


@dataclass(frozen=True)
class Contents:
    """Hold what a look at a file's headers tells.

    Parameters
    ----------
    format : Format
        How the samples are stored.
    num_samples : int
        Samples a channel; an estimate for lossy formats.
    chunks : tuple[Chunk, ...]
        RIFF chunks in order, those kept inside a FLAC file too; ``data`` marks the audio.
    blocks : tuple[Block, ...]
        FLAC metadata blocks.
    tags : Mapping[str, str]
        Descriptions, with names in lower case.
    warnings : tuple[str, ...]
        What is odd about the file.
    """

    format: Format
    num_samples: int
    chunks: tuple[Chunk, ...]
    blocks: tuple[Block, ...]
    tags: Mapping[str, str]
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Recording:
    """Hold a recording and where it comes from.

    Parameters
    ----------
    audio : Audio
        The samples; its tags are those of the file.
    contents : Contents
        What the headers say.
    origin : Origin
        Where the bytes can be read again.
    sha256 : str
        Of the whole file, in hexadecimal.
    start : int
        First sample of the file that `audio` holds.
    total : int
        Samples a channel that the file holds.
    warnings : tuple[str, ...]
        What is odd about the file, found in headers and while decoding.
    """

    audio: Audio
    contents: Contents
    origin: Origin
    sha256: str
    start: int
    total: int
    warnings: tuple[str, ...]

    @property
    def path(self) -> Path | None:
        """Return the file's path; None for a stream."""
        return self.origin.path

    @property
    def format(self) -> Format:
        """Return how the file stores its samples."""
        return self.contents.format

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """Return the RIFF chunks in order."""
        return self.contents.chunks

    @property
    def tags(self) -> Mapping[str, str]:
        """Return the descriptions found in the file."""
        return self.contents.tags

    @property
    def is_whole(self) -> bool:
        """Return whether the audio is the file's from beginning to end."""
        return self.start == 0 and self.audio.num_samples == self.total

    def bext(self) -> Bext | None:
        """Return the file's broadcast extension, None if it has none of a sensible size."""
        chunk = next((each for each in self.chunks if each.id == b"bext"), None)
        if chunk is None or not FIXED_SIZE <= chunk.size <= _MAX_BEXT_BYTES:
            return None
        with self.origin.open() as file:
            return Bext(chunk.load(file))
