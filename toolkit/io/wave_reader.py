"""Read WAV files of every kind: RIFF, RF64, BW64 and W64 with linear samples."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from toolkit.chunks import release
from toolkit.errors import InputError
from toolkit.io import bext, info, pcm, riff
from toolkit.io.format import parse_fmt
from toolkit.io.pcm import Stored
from toolkit.io.recording import Contents
from toolkit.values import Samples

if TYPE_CHECKING:
    from hashlib import _Hash

_BLOCK_BYTES = 2**20
_MAX_TAG_BYTES = 2**24
_MAX_PEAK = 1000.0  # +60 dBFS: beyond it these are not samples but damage or another encoding


def look(file: BinaryIO, size: int, *, accept_truncated: bool = False) -> Contents:
    """Return what the headers of a WAV file of `size` bytes say.

    Raises
    ------
    InputError
        ``E_TRUNCATED``, ``E_ZERO_SIZE`` or ``E_WRAPPED`` unless `accept_truncated`; ``E_NO_DATA``,
        ``E_FORMAT``, ``E_RATE``, ``E_CHANNELS`` and ``E_BITS`` always.
    """
    layout = riff.parse(file, size)
    fmt, data = layout.first(b"fmt "), layout.first(b"data")
    warnings = [*layout.warnings]
    for problem in layout.problems:
        if not accept_truncated:
            raise InputError(problem.message, problem.hint, code=problem.code)
        warnings.append(f"{problem.message}: what is there was taken")
    if fmt is None or data is None:
        raise InputError(
            f"the file has no {'fmt' if fmt is None else 'data'} chunk: no audio in it",
            "is it damaged?",
            code="E_NO_DATA",
        )
    head = riff.Chunk(fmt.id, fmt.offset, min(fmt.size, 64)).load(file)
    format = parse_fmt(head, layout.container)
    num_samples = 0
    if format.is_linear:
        num_samples, stray = divmod(data.size, format.block_align)
        if stray:
            warnings.append(f"the audio ends with {stray} bytes that are no whole sample: ignored")
    if data.size == 0:
        warnings.append("the file has a header only: no samples")
    tags = _tags(file, layout)
    return Contents(format, num_samples, layout.chunks, (), tags, tuple(warnings))


def decode(
    file: BinaryIO,
    contents: Contents,
    first: int,
    out: Samples,
    progress: Callable[[float, float], None],
) -> tuple[Contents, str]:
    """Fill `out` with the samples from `first` on, and hash the whole file on the way.

    Returns
    -------
    contents, sha256
        The contents are as given, but for the bits of a sample where the header was wrong.

    Raises
    ------
    InputError
        ``E_NONFINITE``, ``E_RANGE``; ``E_IO`` if the file changes meanwhile.
    """
    format = contents.format
    count = out.shape[1]
    begin = audio_offset(contents) + first * format.block_align
    digest = hashlib.sha256()
    file.seek(0)
    _hash(file, digest, begin)
    size = max(_BLOCK_BYTES // format.block_align, 1)
    used = 0
    for start in range(0, count, size):
        stop = min(start + size, count)
        raw = _exactly(file, (stop - start) * format.block_align)
        digest.update(raw)
        stored = pcm.decode(raw, format)
        used |= _check(stored, contents)
        out[:, start:stop] = pcm.to_float32(stored, format)
        release(out)
        progress(stop, count)
    _hash(file, digest)
    if used:
        full = replace(format, bits=8 * format.sample_size)
        note = f"samples use more than the {format.bits} bits that the header says"
        contents = replace(contents, format=full, warnings=(*contents.warnings, note))
    return contents, digest.hexdigest()


def stored_samples(file: BinaryIO, contents: Contents, first: int, count: int) -> Stored:
    """Return samples [channels, count] as the file holds them."""
    format = contents.format
    file.seek(audio_offset(contents) + first * format.block_align)
    return pcm.decode(_exactly(file, count * format.block_align), format)


def audio_offset(contents: Contents) -> int:
    """Return where in the file the audio begins, in bytes."""
    return next(chunk.offset for chunk in contents.chunks if chunk.id == b"data")


def check_floats(samples: Stored) -> None:
    """Refuse samples that are no audio.

    Raises
    ------
    InputError
        ``E_NONFINITE`` for NaN and infinity, ``E_RANGE`` beyond +60 dBFS.
    """
    peak = max(float(samples.max(initial=0)), -float(samples.min(initial=0)))
    if not np.isfinite(peak):
        raise InputError(
            "the file holds NaN or infinite samples", "repair it first", code="E_NONFINITE"
        )
    if peak > _MAX_PEAK:
        raise InputError(
            f"samples reach {peak:.3g} times full scale",
            "these are hardly floating-point samples: is the header right?",
            code="E_RANGE",
        )


def _check(stored: Stored, contents: Contents) -> int:
    """Check floats; return the bits that integers use although the header denies it."""
    format = contents.format
    if format.is_float:
        check_floats(stored)
        return 0
    unused = 8 * format.sample_size - format.bits
    return int(np.bitwise_or.reduce(stored, axis=None)) & (2**unused - 1) if unused else 0


def _exactly(file: BinaryIO, size: int) -> bytes:
    raw = file.read(size)
    if len(raw) != size:
        raise InputError(
            "the file became shorter while it was read", "is it still being written?", code="E_IO"
        )
    return raw


def _hash(file: BinaryIO, digest: _Hash, size: int | None = None) -> None:
    """Hash the next `size` bytes, or all that are left."""
    left = size if size is not None else -1
    while left and (block := file.read(min(left, _BLOCK_BYTES) if left > 0 else _BLOCK_BYTES)):
        digest.update(block)
        left -= len(block) if left > 0 else 0


def _tags(file: BinaryIO, layout: riff.Layout) -> dict[str, str]:
    tags: dict[str, str] = {}
    for chunk in layout.chunks:
        if chunk.id not in (b"LIST", b"bext") or chunk.size > _MAX_TAG_BYTES:
            continue
        payload = chunk.load(file)
        if chunk.id == b"LIST" and payload[:4] == b"INFO":
            tags |= info.tags_of(payload)
        elif chunk.id == b"bext" and len(payload) >= bext.FIXED_SIZE:
            tags |= bext.Bext(payload).tags()
    return tags
