"""Decode FLAC audio through libsndfile, checked against the stream's own MD5."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from toolkit.errors import InputError
from toolkit.io import flac
from toolkit.io.atomic import storing
from toolkit.io.flac import StreamInfo
from toolkit.io.growing import Growing
from toolkit.io.recording import Contents
from toolkit.run import Run
from toolkit.values import Samples

# One frame of the usual encoders: of a damaged file no more than that is lost before the damage.
_BLOCK = 4096
_COPY_BYTES = 2**20
_DAMAGE_HINT = "fetch the file again, or take what can be decoded with --accept-truncated"
SUPPORTED_BITS = (8, 16, 24)
"""Depths libsndfile decodes; others go through FFmpeg."""


def decode(
    file: BinaryIO,
    contents: Contents,
    first: int,
    count: int | None,
    run: Run,
    *,
    accept_truncated: bool = False,
) -> tuple[Samples, list[str]]:
    """Return samples from `first` on, `count` at most, and warnings.

    Raises
    ------
    InputError
        ``E_TRUNCATED`` for a cut file, ``E_DAMAGED`` for one whose bits are wrong, unless
        `accept_truncated`: then what was decoded before the damage is returned.
    """
    stream = flac.stream_info(flac.load(file, contents.blocks[0]))
    growing = Growing(stream.num_channels, stream.sample_rate, run)
    fingerprint = flac.Fingerprint(stream.bits)
    failed = False
    try:
        for block in _blocks(file, contents, stream, first, count):
            fingerprint.update(block)
            growing.append(block.T.astype(np.float32) * np.float32(2.0**-31))
            run.tick(growing.num_samples, max(stream.num_samples, growing.num_samples))
    except _decoder_error():
        failed = True
    expected = max(stream.num_samples - first, 0)
    expected = expected if count is None else min(count, expected)
    problem = None
    if failed or growing.num_samples < expected:
        problem = _incomplete(file, growing.num_samples, expected)
    elif first == 0 and count is None and stream.md5 not in (b"", fingerprint.digest()):
        message = "the FLAC file's samples do not match its own MD5"
        problem = InputError(message, _DAMAGE_HINT, code="E_DAMAGED")
    if problem is None:
        return growing.finish(), []
    if not accept_truncated:
        raise problem
    return growing.finish(), [f"{problem.message}: what could be decoded was taken"]


def _incomplete(file: BinaryIO, found: int, expected: int) -> InputError:
    """Return what to say when samples are missing, by whether the end of the file is there."""
    missing = f"{found} of {expected} samples" if expected else f"{found} samples"
    if flac.ends_whole(file, file.seek(0, os.SEEK_END)):
        message, code = f"the FLAC file is damaged: {missing} could be decoded", "E_DAMAGED"
    else:
        message, code = f"the FLAC file is cut: {missing} could be decoded", "E_TRUNCATED"
    return InputError(message, _DAMAGE_HINT, code=code)


def _blocks(
    file: BinaryIO, contents: Contents, stream: StreamInfo, first: int, count: int | None
) -> Iterator[npt.NDArray[np.int32]]:
    """Yield samples [n, channels] whose highest bit is bit 31."""
    last = contents.blocks[-1]
    is_empty = last.offset + last.size == file.seek(0, os.SEEK_END)
    if is_empty or (stream.num_samples and first >= stream.num_samples):
        return
    with _opened(file, contents) as sound:
        skip = first
        if stream.num_samples and first:
            sound.seek(first)
            skip = 0
        left = skip + count if count is not None else 2**62
        while left > 0:
            block = sound.read(min(_BLOCK, left), dtype="int32", always_2d=True)
            if not len(block):
                return
            left -= len(block)
            yield block[skip:]
            skip = max(skip - len(block), 0)


@contextmanager
def _opened(file: BinaryIO, contents: Contents) -> Iterator[Any]:
    """Open the audio; where libFLAC stumbles over metadata, a copy without it."""
    import soundfile

    class Forward(soundfile.SoundFile):  # type: ignore[misc]
        """Read forward only: soundfile seeks after each read, which fails in a damaged stream."""

        def seekable(self) -> bool:
            return False

    # libsndfile gets a descriptor of its own: errors inside Python callbacks would be lost.
    file.seek(0)
    try:
        sound = Forward(os.dup(file.fileno()), closefd=True)
    except soundfile.LibsndfileError:
        with tempfile.TemporaryFile() as bare:
            _copy_audio(file, contents, bare)
            bare.seek(0)
            with Forward(os.dup(bare.fileno()), closefd=True) as sound:
                yield sound
        return
    with sound:
        yield sound


def _copy_audio(file: BinaryIO, contents: Contents, bare: BinaryIO) -> None:
    last = contents.blocks[-1]
    info = flac.load(file, contents.blocks[0])
    with storing("the temporary file"):
        bare.write(b"fLaC" + flac.framed(flac.STREAMINFO, info, last=True))
        file.seek(last.offset + last.size)
        while block := file.read(_COPY_BYTES):
            bare.write(block)
        bare.flush()


def _decoder_error() -> type[Exception]:
    import soundfile

    error: type[Exception] = soundfile.LibsndfileError
    return error
