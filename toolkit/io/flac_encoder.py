"""Encode FLAC audio through libsndfile and put our own metadata around it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from toolkit.errors import InputError, ResourceError, UsageError
from toolkit.io import flac
from toolkit.io.atomic import Sink, storing
from toolkit.io.format import Format
from toolkit.io.pcm import Stored

_COPY_BYTES = 2**20
_MAX_RATE, _MAX_ODD_RATE, _MAX_CHANNELS = 655_350, 65_535, 8
_SUBTYPES = {1: "PCM_S8", 2: "PCM_16", 3: "PCM_24"}


def check_format(format: Format) -> None:
    """Refuse what FLAC cannot hold.

    Raises
    ------
    UsageError
        Beyond 8 channels or 655,350 Hz, and for rates that a frame cannot name (RFC 9639 §9.1.2).
    """
    rate = format.sample_rate
    if format.num_channels > _MAX_CHANNELS or rate > _MAX_RATE:
        raise UsageError(
            f"FLAC holds at most {_MAX_CHANNELS} channels at {_MAX_RATE} Hz, not "
            f"{format.num_channels} at {rate} Hz",
            "name the output .wav",
        )
    if rate > _MAX_ODD_RATE and rate % 10:
        raise UsageError(
            f"FLAC holds no sample rate of {rate} Hz: above {_MAX_ODD_RATE} only multiples of 10",
            "name the output .wav",
        )


def encode(
    sink: Sink,
    blocks: Iterable[Stored],
    format: Format,
    metadata: list[tuple[int, bytes]],
    num_samples: int,
    folder: Path | None,
) -> None:
    """Write a FLAC file with the given metadata blocks.

    Parameters
    ----------
    blocks : iterable of np.ndarray
        Integers [channels, n] at the format's depth.
    metadata : list of (kind, payload)
        Put behind STREAMINFO, in order.
    num_samples : int
        What the blocks hold together.
    folder : Path, optional
        Where the audio is kept until its metadata is known.

    Raises
    ------
    ResourceError
        If the disk is full.
    """
    with storing("the temporary file"), tempfile.TemporaryFile(dir=folder) as file:
        if num_samples:
            _encode_audio(file.fileno(), blocks, format)
        else:
            # libsndfile writes nothing at all when there are no samples.
            info = flac.empty_stream_info(format)
            file.write(b"fLaC" + flac.framed(flac.STREAMINFO, info, last=True))
        size = file.seek(0, os.SEEK_END)
        _check_written(file, size, num_samples)
        own, frames = flac.blocks_of(file, size)
        sink.write(
            b"fLaC" + flac.framed(flac.STREAMINFO, flac.load(file, own[0]), last=not metadata)
        )
        for index, (kind, payload) in enumerate(metadata, 1):
            sink.write(flac.framed(kind, payload, last=index == len(metadata)))
        file.seek(frames)
        while block := file.read(_COPY_BYTES):
            sink.write(block)


def _encode_audio(descriptor: int, blocks: Iterable[Stored], format: Format) -> None:
    import soundfile

    shift = 32 - 8 * format.sample_size
    try:
        with soundfile.SoundFile(
            os.dup(descriptor),
            "w",
            format.sample_rate,
            format.num_channels,
            _SUBTYPES[format.sample_size],
            format="FLAC",
            closefd=True,
        ) as sound:
            for block in blocks:
                sound.write(np.ascontiguousarray(block.T << shift, np.int32))
    except (soundfile.LibsndfileError, AssertionError) as error:
        raise _full() from error


def _full() -> ResourceError:
    return ResourceError(
        "cannot write the FLAC file: the disk is full",
        "free space or name another folder; nothing was left behind",
    )


def _check_written(file: BinaryIO, size: int, num_samples: int) -> None:
    """Make sure that libsndfile, which may fail silently on a full disk, wrote everything."""
    try:
        blocks, _ = flac.blocks_of(file, size)
        written = flac.stream_info(flac.load(file, blocks[0])).num_samples
    except InputError as error:
        raise _full() from error
    if written != num_samples:
        raise _full()
