"""Decode every other format (MP3, AAC, Ogg, Opus, AIFF, video …) through FFmpeg's libraries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from toolkit.errors import InputError
from toolkit.io.format import BYTES, Format, check_range, mask_of
from toolkit.io.growing import Growing
from toolkit.io.recording import Contents
from toolkit.io.wave_reader import check_floats
from toolkit.run import Run
from toolkit.values import Samples

if TYPE_CHECKING:
    from av.container import InputContainer

# Only formats that carry audio in the one file: a play list could name other files or hosts.
_DEMUXERS = ",".join(
    [
        *("aac", "ac3", "aiff", "amr", "amrnb", "amrwb", "ape", "asf", "au", "avi", "caf", "dsf"),
        *("dts", "eac3", "flac", "flv", "matroska", "mov", "mp3", "mpc", "mpc8", "mpeg", "mpegts"),
        *("mxf", "ogg", "rm", "shn", "tak", "tta", "truehd", "voc", "w64", "wav", "wsd", "wv"),
    ]
)
_BITS = {"u8": 8, "s16": 16, "s32": 24}
_SCALES = {"u8": 2.0**-7, "s16": 2.0**-15, "s32": 2.0**-31}
# These say exactly how long they are; the others only guess.
_EXACT = {"aiff", "au", "caf", "flac", "mov", "tta", "wv"}
_MAX_SECONDS = 100 * 3600
_MAX_PLANES = 8
_MARGIN = 0.1  # seconds by which encoder delay and rounding may shorten a file


def look(file: BinaryIO) -> Contents:
    """Return what FFmpeg knows about a file without decoding it.

    Raises
    ------
    InputError
        ``E_FORMAT`` if it holds no sound that can be decoded.
    """
    with _opened(file) as container:
        stream = _audio_stream(container)
        context = stream.codec_context
        check_range(context.sample_rate, context.channels)
        kind = context.format.name.rstrip("p") if context.format else ""
        speakers = [channel.name for channel in context.layout.channels]
        format = Format(
            container.format.name.split(",")[0],
            context.name if context.name not in BYTES else f"{context.name}_codec",
            context.sample_rate,
            context.channels,
            _BITS.get(kind, 0),
            mask_of(speakers),
            extensible=context.channels > 2,
        )
        seconds = _seconds(container, stream)
        tags = {**container.metadata, **stream.metadata}
        warnings = _stream_warnings(container)
        named = {name.lower(): value for name, value in tags.items()}
        return Contents(format, round(seconds * context.sample_rate), (), (), named, warnings)


def decode(
    file: BinaryIO,
    contents: Contents,
    first: int,
    count: int | None,
    run: Run,
    *,
    accept_truncated: bool = False,
) -> tuple[Samples, list[str]]:
    """Return samples from `first` on, `count` at most, and warnings; decoded from the beginning.

    Raises
    ------
    InputError
        ``E_DAMAGED`` or ``E_TRUNCATED`` unless `accept_truncated`; ``E_FORMAT`` if rate or channels
        change midway; ``E_NONFINITE`` and ``E_RANGE`` as for any float.
    """
    format = contents.format
    growing = Growing(format.num_channels, format.sample_rate, run)
    position, stop = 0, 2**62 if count is None else first + count
    failure = ""
    try:
        for block in _blocks(file, format):
            lead = max(first - position, 0)
            growing.append(block[:, lead : max(stop - position, 0)])
            position += block.shape[1]
            run.tick(position, max(contents.num_samples, position))
            if position >= stop:
                break
    except _decoder_errors() as error:
        failure = f"the file is damaged after {position / format.sample_rate:.1f} s ({error})"
    warnings = _judge(contents, position, stop, failure, accept_truncated=accept_truncated)
    return growing.finish(), warnings


def _judge(
    contents: Contents, position: int, stop: int, failure: str, *, accept_truncated: bool
) -> list[str]:
    """Return warnings, or raise, by how much of the promised length could be decoded."""
    rate = contents.format.sample_rate
    missing = min(contents.num_samples, stop) - position
    short = missing > max(_MARGIN * rate, 0.01 * contents.num_samples)
    if not failure and not short:
        return []
    cut = (
        f"the file says {contents.num_samples / rate:.1f} s but ends after {position / rate:.1f} s"
    )
    problem = InputError(
        failure or cut,
        "--accept-truncated takes what is there and says so in the record",
        code="E_DAMAGED" if failure else "E_TRUNCATED",
    )
    certain = failure or contents.format.container in _EXACT
    if certain and not accept_truncated:
        raise problem
    return [f"{problem.message}: what is there was taken"]


def _blocks(file: BinaryIO, format: Format) -> Iterator[Samples]:
    with _opened(file) as container:
        stream = _audio_stream(container)
        for frame in container.decode(stream):
            if (frame.sample_rate, frame.layout.nb_channels) != (
                format.sample_rate,
                format.num_channels,
            ):
                raise InputError(
                    "the file changes its sample rate or channels midway",
                    "cut it where it changes",
                    code="E_FORMAT",
                )
            for part in _packed(frame):
                yield _float32(part, format.num_channels)


def _packed(frame: Any) -> list[Any]:
    """Return a frame as it can be converted: the binding miscounts eight and more planes."""
    import av

    if not frame.format.is_planar or frame.layout.nb_channels < _MAX_PLANES:
        return [frame]
    resampler = av.AudioResampler(frame.format.packed, frame.layout, frame.sample_rate)
    return [*resampler.resample(frame), *resampler.resample(None)]


def _float32(frame: Any, num_channels: int) -> Samples:
    raw = frame.to_ndarray()
    kind = frame.format.name.rstrip("p")
    samples = raw if frame.format.is_planar else raw.reshape(-1, num_channels).T
    if kind in _SCALES:
        offset = 128 if kind == "u8" else 0
        result = (samples.astype(np.float32) - np.float32(offset)) * np.float32(_SCALES[kind])
        return np.asarray(result, np.float32)
    if kind not in ("flt", "dbl"):
        raise InputError(f"samples of the kind {kind!r} are not supported", code="E_BITS")
    check_floats(samples)
    return np.asarray(samples, np.float32)


class _Seekable:
    """Give FFmpeg a file that answers a seek to an impossible place, and does not raise.

    A damaged header sends it there; an exception out of a callback would be printed, or surface in
    another call.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError):
            return -1


def _opened(file: BinaryIO) -> InputContainer:
    import av

    file.seek(0)
    try:
        return av.open(
            _Seekable(file), "r", options={"format_whitelist": _DEMUXERS}, metadata_errors="replace"
        )
    except av.error.EOFError as error:
        message = "the file ends before there is any sound in it"
        raise InputError(message, "fetch the file again", code="E_TRUNCATED") from error
    except _decoder_errors() as error:
        raise InputError(
            "no sound format that is known here",
            "WAV, FLAC, AIFF, MP3, M4A, Ogg, Opus and the sound of videos can be read",
            code="E_FORMAT",
        ) from error


def _audio_stream(container: InputContainer) -> Any:
    stream: Any = container.streams.best("audio")
    if stream is None:
        raise InputError("there is no sound in this file", "name a sound file", code="E_NO_DATA")
    context = stream.codec_context
    if context is None or not context.sample_rate:
        raise InputError(
            "the sound in this file has an unknown codec", "convert it to WAV", code="E_FORMAT"
        )
    return stream


def _stream_warnings(container: InputContainer) -> tuple[str, ...]:
    count = len(container.streams.audio)
    return (f"the file has {count} sound tracks: the main one was taken",) if count > 1 else ()


def _seconds(container: InputContainer, stream: Any) -> float:
    if stream.duration is not None:
        seconds = float(stream.duration * stream.time_base)
    else:
        seconds = (container.duration or 0) / 1_000_000
    return seconds if 0 <= seconds <= _MAX_SECONDS else 0.0


def _decoder_errors() -> tuple[type[Exception], ...]:
    import av

    return av.error.FFmpegError, OSError, ValueError
