"""Decide in what form a derivative is written, and tell the metadata how it differs."""

from __future__ import annotations

from dataclasses import replace

from toolkit.dsp.loudness import Loudness
from toolkit.errors import UsageError
from toolkit.io import bext, flac_encoder, info
from toolkit.io.format import WAV_FAMILY, Format, build_fmt, container_for, parse_fmt
from toolkit.io.pcm import is_wider_than_float32
from toolkit.io.policy import Change
from toolkit.io.recording import Recording
from toolkit.io.riff import Chunk
from toolkit.values import Audio

_WRITABLE = (*WAV_FAMILY, "flac")


def output_format(
    audio: Audio, source: Recording | None, suffix: str, wanted: Format | None
) -> Format:
    """Return the format to write.

    Parameters
    ----------
    suffix : str
        Of the file's name, such as ``.wav``; empty for a stream.
    wanted : Format, optional
        What the caller asks for; the source's form by default, 24-bit WAV if it cannot be written.

    Raises
    ------
    UsageError
        If the suffix, the wanted format and the audio do not go together.
    """
    format = wanted or _like(source)
    if wanted is not None and not wanted.is_linear:
        raise UsageError(f"cannot write {wanted.encoding}", "pcm_s24 or float32 can be written")
    if format.num_channels != audio.num_channels:
        many = audio.num_channels > 2
        format = replace(format, num_channels=audio.num_channels, channel_mask=0, extensible=many)
    format = replace(
        format,
        container=container_for(suffix, format.container),
        sample_rate=audio.sample_rate,
    )
    if format.container == "flac":
        flac_encoder.check_format(format)
        if format.sample_size > 3:
            return replace(format, encoding="pcm_s24", bits=24)
    return format


def _like(source: Recording | None) -> Format:
    if source is not None and source.format.is_linear and source.format.container in _WRITABLE:
        return source.format
    base = source.format if source is not None else Format("wav", "pcm_s24", 44100, 1, 24)
    return replace(base, container="wav", encoding="pcm_s24", bits=24)


def adds_to_original(audio: Audio, source: Recording, format: Format) -> bool:
    """Return whether only the change is to be added to what the source file holds.

    So it is where float32 cannot hold the source's samples and the output could.
    """
    return (
        source.format.container in WAV_FAMILY
        and is_wider_than_float32(format)
        and (source.format.encoding, source.format.bits) == (format.encoding, format.bits)
        and audio.samples.shape == source.audio.samples.shape
        and audio.sample_rate == source.audio.sample_rate
    )


def needs_loudness(source: Recording | None) -> bool:
    """Return whether the source has a broadcast extension that holds loudness (version 2)."""
    chunk = _chunk(source, b"bext")
    if source is None or chunk is None or chunk.size < bext.FIXED_SIZE:
        return False
    with source.origin.open() as file:
        fixed = Chunk(chunk.id, chunk.offset, bext.FIXED_SIZE).load(file)
    return bext.Bext(fixed).version >= 2


def change_of(
    audio: Audio,
    source: Recording | None,
    format: Format,
    loudness: Loudness | None,
    history: str,
    software: str,
) -> Change:
    """Return how a derivative differs from its source, for `toolkit.io.policy.carry`."""
    ratio = audio.sample_rate / source.format.sample_rate if source else 1.0
    return Change(
        fmt=_fmt(source, format),
        num_samples=audio.num_samples,
        line=bext.history_line(format, "; ".join(filter(None, (software, history)))),
        software=software,
        tags=audio.tags,
        loudness=loudness,
        offset=source.start if source else 0,
        ratio=ratio,
        same_length=lasts_as_long(audio, source),
        needs_fact=format.is_float,
    )


def lasts_as_long(audio: Audio, source: Recording | None) -> bool:
    """Return whether audio covers its source from beginning to end, at whatever rate."""
    if source is None:
        return True
    expected = source.total * audio.sample_rate / source.format.sample_rate
    return source.is_whole and abs(audio.num_samples - expected) <= 1


def lost_tags(source: Recording | None, format: Format) -> list[str]:
    """Return a warning for descriptions that the new container has no place for."""
    if source is None or format.container == "flac" or source.chunks:
        return []
    lost = sorted(name for name in source.tags if not info.can_hold(name))
    notes = [f"WAV has no place for these tags: {', '.join(lost)}"] if lost else []
    if any(block.kind == 6 for block in source.contents.blocks):
        notes.append("WAV has no place for the embedded picture")
    return notes


def _fmt(source: Recording | None, format: Format) -> bytes:
    """Return the source's own ``fmt`` payload where the format is the same, else a new one."""
    chunk = _chunk(source, b"fmt ")
    same = source is not None and replace(source.format, container="") == replace(
        format, container=""
    )
    if source is None or chunk is None or not same or chunk.size > 64:
        return build_fmt(format)
    with source.origin.open() as file:
        payload = chunk.load(file)
    # Kept inside a FLAC file, the chunk may be of an earlier life of the audio.
    told = parse_fmt(payload, format.container)
    agrees = (told.encoding, told.sample_rate, told.num_channels) == (
        format.encoding,
        format.sample_rate,
        format.num_channels,
    )
    return payload if agrees else build_fmt(format)


def _chunk(source: Recording | None, id: bytes) -> Chunk | None:
    chunks = source.chunks if source is not None else ()
    return next((chunk for chunk in chunks if chunk.id == id), None)
