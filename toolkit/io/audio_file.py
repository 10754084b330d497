"""Read and write audio files: every sample, chunk and tag that need not change stays as it is.

>>> from pathlib import Path
>>> import tempfile, numpy as np
>>> from toolkit.io.audio_file import probe, read, write
>>> from toolkit.run import Run
>>> from toolkit.values import Audio
>>> folder = Path(tempfile.mkdtemp())
>>> tone = Audio(np.full((1, 44100), 0.25, np.float32), 44100)
>>> write(folder / "tone.wav", tone, None, rng=np.random.default_rng(0)).clipped
0
>>> recording = read(folder / "tone.wav", Run())
>>> recording.format.encoding, recording.audio.duration
('pcm_s24', 1.0)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from toolkit.errors import InputError, UsageError
from toolkit.io import decoder, flac, flac_decoder, wave_reader
from toolkit.io.format import WAV_FAMILY, Format
from toolkit.io.origin import Origin, origin_of
from toolkit.io.recording import Contents, Recording
from toolkit.io.writer import Written, check, write, write_difference
from toolkit.run import Run
from toolkit.values import Audio, Samples

__all__ = [
    "Format",
    "Recording",
    "Written",
    "check",
    "probe",
    "read",
    "write",
    "write_difference",
]

_SUFFIXES = {
    "wav": {".wav", ".wave", ".bwf", ".rf64", ".bw64", ".w64"},
    "flac": {".flac"},
}
_MAX_PADDING = 8192
_NAMES = {"mov": "MP4 or QuickTime", "matroska": "Matroska", "wav": "WAV"}


def probe(path: Path | str) -> tuple[Format, int, tuple[str, ...]]:
    """Return format, samples a channel and warnings of a file from its headers alone.

    The number of samples is an estimate for lossy formats, and what is really there for a file
    that is cut; how the file is damaged is then among the warnings.

    Raises
    ------
    InputError
        If the file cannot be opened or is no sound file; see `read`.
    """
    origin = origin_of(path)
    with _named(origin):
        contents = _look(origin, accept_truncated=True)
    return contents.format, contents.num_samples, contents.warnings


def read(
    source: Path | str | BinaryIO,
    run: Run,
    *,
    start: float = 0.0,
    duration: float | None = None,
    accept_truncated: bool = False,
) -> Recording:
    """Return a recording, decoded block by block into scratch space of the run.

    Parameters
    ----------
    source : Path, str or BinaryIO
        A file, or a binary stream such as standard input, which is kept in a temporary file.
        The format is told by the content, not by the name.
    run : Run
        Gives scratch space and takes progress.
    start, duration : float
        The part wanted, in seconds; all of it by default.
    accept_truncated : bool
        Whether to take what there is of a damaged file, with a warning.

    Returns
    -------
    Recording
        Its sha256 is that of the whole file, whatever part was wanted.

    Raises
    ------
    InputError
        Its ``code`` is ``E_MISSING``, ``E_DIRECTORY``, ``E_PERMISSION``, ``E_EMPTY``, ``E_FORMAT``,
        ``E_RIFX``, ``E_NO_DATA``, ``E_TRUNCATED``, ``E_ZERO_SIZE``, ``E_WRAPPED``, ``E_DAMAGED``,
        ``E_RATE``, ``E_CHANNELS``, ``E_BITS``, ``E_NONFINITE``, ``E_RANGE``, ``E_TOO_LONG`` or
        ``E_IO``.
    UsageError
        If the part wanted is not in the file.
    ResourceError
        If there is no room for the samples.
    """
    origin = origin_of(source, run.scratch_dir)
    with _named(origin):
        return _read(origin, run, start, duration, accept_truncated=accept_truncated)


def _read(
    origin: Origin, run: Run, start: float, duration: float | None, *, accept_truncated: bool
) -> Recording:
    contents = _look(origin, accept_truncated=accept_truncated)
    if start < 0 or (duration is not None and duration <= 0):
        raise UsageError(f"{start=:g} s and {duration=} s must be positive", "try start = 0")
    rate = contents.format.sample_rate
    first = round(start * rate)
    count = None if duration is None else max(round(duration * rate), 1)
    if _is_linear_wav(contents):
        return _read_wav(origin, contents, first, count, run)
    if count is None and contents.chunks and contents.format.container != "flac":
        count = max(contents.num_samples - first, 0) or None
    with origin.open() as file:
        decode = flac_decoder.decode if _by_libsndfile(contents) else decoder.decode
        samples, notes = decode(
            file, contents, first, count, run, accept_truncated=accept_truncated
        )
    _check_start(first, samples, contents)
    total = first + samples.shape[1] if count is None else contents.num_samples
    return _recording(origin, contents, samples, origin.sha256(), first, total, notes)


@contextmanager
def _named(origin: Origin) -> Iterator[None]:
    """Put the file's name in front of what is wrong with it."""
    try:
        yield
    except InputError as error:
        if origin.name in error.message:
            raise
        message = f"{origin.name}: {error.message}"
        raise InputError(message, error.hint, code=error.code) from error


def _read_wav(
    origin: Origin, contents: Contents, first: int, count: int | None, run: Run
) -> Recording:
    total = contents.num_samples
    stop = total if count is None else min(first + count, total)
    samples = run.scratch((contents.format.num_channels, max(stop - first, 0)))
    _check_start(first, samples, contents)
    with origin.open() as file:
        contents, sha256 = wave_reader.decode(file, contents, first, samples, run.tick)
    return _recording(origin, contents, samples, sha256, first, total, [])


def _recording(
    origin: Origin,
    contents: Contents,
    samples: Samples,
    sha256: str,
    first: int,
    total: int,
    notes: list[str],
) -> Recording:
    return Recording(
        audio=Audio(samples, contents.format.sample_rate, contents.tags),
        contents=contents,
        origin=origin,
        sha256=sha256,
        start=first,
        total=total,
        warnings=(*contents.warnings, *notes),
    )


def _check_start(first: int, samples: Samples, contents: Contents) -> None:
    if first > 0 and not samples.shape[1]:
        rate = contents.format.sample_rate
        raise UsageError(
            f"the part wanted begins at {first / rate:g} s, "
            f"the recording lasts {contents.num_samples / rate:g} s",
            "begin earlier",
        )


def _is_linear_wav(contents: Contents) -> bool:
    return contents.format.is_linear and contents.format.container in WAV_FAMILY


def _by_libsndfile(contents: Contents) -> bool:
    return bool(contents.blocks) and contents.format.bits in flac_decoder.SUPPORTED_BITS


def _look(origin: Origin, *, accept_truncated: bool) -> Contents:
    size = origin.size()
    if size == 0:
        raise InputError(f"{origin.name} is empty", "fetch it again", code="E_EMPTY")
    with origin.open() as file:
        kind = _sniff(file)
        if kind == "wav":
            contents = wave_reader.look(file, size, accept_truncated=accept_truncated)
            if not contents.format.is_linear:
                contents = _with_codec(file, contents)
        elif kind == "flac":
            contents = flac.look(file, size)
        else:
            contents = decoder.look(file)
    return _with_name_warning(origin, contents, kind)


def _with_codec(file: BinaryIO, contents: Contents) -> Contents:
    """Return the contents of a WAV file with another codec than linear samples."""
    decoded = decoder.look(file)
    format = replace(decoded.format, container=contents.format.container)
    note = f"WAV with {decoded.format.encoding}: decoded by FFmpeg"
    fact = next((chunk for chunk in contents.chunks if chunk.id == b"fact"), None)
    # Block codecs pad their last block; the fact chunk says where in it the audio really ends.
    said = int.from_bytes(fact.load(file)[:8], "little") if fact is not None else 0
    in_last_block = 0 <= decoded.num_samples - said <= _MAX_PADDING
    return replace(
        contents,
        format=format,
        num_samples=said if in_last_block else decoded.num_samples,
        warnings=(*contents.warnings, note),
    )


def _with_name_warning(origin: Origin, contents: Contents, kind: str) -> Contents:
    suffix = origin.path.suffix.lower() if origin.path is not None else ""
    claimed = next((name for name, known in _SUFFIXES.items() if suffix in known), None)
    if claimed is None or claimed == kind:
        return contents
    name = contents.format.container
    note = f"the name says {suffix[1:].upper()}, the content is {_NAMES.get(name, name.upper())}"
    return replace(contents, warnings=(*contents.warnings, note))


def _sniff(file: BinaryIO) -> str:
    """Return ``wav``, ``flac`` or ``other`` by the first bytes."""
    file.seek(0)
    head = file.read(12)
    if head[:4] in (b"RIFF", b"RF64", b"BW64", b"RIFX"):
        # AVI is RIFF too; what is too short to tell is left to the WAV reader's message.
        return "other" if len(head) == 12 and head[8:] == b"AVI " else "wav"
    if head[:4] == b"riff":
        return "wav"
    return "flac" if flac.is_flac(file) else "other"
