"""Write a derivative: same kind of file as its source, with the chunks and tags of the source."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

import toolkit
from toolkit.chunks import release
from toolkit.dsp import loudness as bs1770
from toolkit.dsp.loudness import Loudness
from toolkit.errors import UsageError
from toolkit.io import flac_encoder, flac_metadata, pcm, wave_reader
from toolkit.io.atomic import Sink, check_target, replacing, storing
from toolkit.io.derivative import (
    adds_to_original,
    change_of,
    lost_tags,
    needs_loudness,
    output_format,
)
from toolkit.io.format import Format
from toolkit.io.pcm import Encoder, Stored
from toolkit.io.policy import Carried, carry
from toolkit.io.recording import Recording
from toolkit.io.riff import RIFF_LIMIT, name_of
from toolkit.io.riff_writer import Piece, Plan, fitting
from toolkit.values import Audio, Samples

SOFTWARE = f"tonearm {toolkit.__version__}"
_BLOCK = 2**17
_COPY_BYTES = 2**20
Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class Written:
    """Hold what was written.

    Parameters
    ----------
    path : Path, optional
        None for a stream.
    sha256 : str
        Of the file, in hexadecimal.
    format : Format
        How the samples are stored.
    clipped : int
        Samples cut at full scale.
    loudness_lufs, true_peak_db : float, optional
        Integrated loudness and true peak where they were measured.
    warnings : tuple[str, ...]
        What could not be kept.
    """

    path: Path | None
    sha256: str
    format: Format
    clipped: int
    loudness_lufs: float | None
    true_peak_db: float | None
    warnings: tuple[str, ...]


def write(
    target: Path | str | BinaryIO,
    audio: Audio,
    source: Recording | None,
    *,
    rng: np.random.Generator,
    history: str = "",
    force: bool = False,
    format: Format | None = None,
    measure_loudness: bool = False,
    progress: Progress | None = None,
    riff_limit: int = RIFF_LIMIT,
) -> Written:
    """Write audio as a derivative of its source, whole or not at all.

    Container, encoding, depth and speakers are the source's unless `format` says otherwise; sources
    that are lossy or cannot be written become 24-bit WAV. The suffix of the name decides between
    WAV, W64 and FLAC. Samples that were not changed are stored as they were, bit for bit.

    Parameters
    ----------
    target : Path, str or BinaryIO
        A new file, or a binary stream such as standard output.
    source : Recording, optional
        Where chunks, tags and format come from.
    rng : np.random.Generator
        Its seed decides the dither.
    history : str
        What was done, for the bext CodingHistory; the software's name is put in front.
    force : bool
        Whether an existing file may be overwritten. Never the source itself.
    format : Format, optional
        Another encoding or depth; its rate and channels must be the audio's.
    measure_loudness : bool
        Whether to measure loudness where no chunk calls for it.
    progress : callable, optional
        ``progress(samples done, samples in all)``.
    riff_limit : int
        Bytes beyond which a RIFF file becomes RF64.

    Raises
    ------
    UsageError
        If the target exists, is the source, or cannot hold the audio.
    ResourceError
        If the disk is full or the folder cannot be written.
    ToolkitError
        If a sample is not finite.
    """
    job = _Job.of(target, audio, source, format, rng)
    # Without a loudness the field says "unknown", as it must where BS.1770 defines none.
    defined = 1 <= audio.num_channels <= bs1770.MAX_CHANNELS
    loudness = (
        bs1770.measure_loudness(audio.samples, audio.sample_rate)
        if defined and (measure_loudness or needs_loudness(source))
        else None
    )
    blocks = (job.encoder.quantize(part.samples, part.original) for part in job.parts(progress))
    return job.store(blocks, loudness, history, force=force, riff_limit=riff_limit)


def check(target: Path | BinaryIO, source: Recording, *, force: bool) -> None:
    """Refuse a target that `write` would refuse, before any work is done for it.

    Raises
    ------
    UsageError
        If the target exists, is the source, or its folder is missing or its format only read.
    """
    if isinstance(target, Path):
        _refuse_source(target, source)
        check_target(target, force=force)
        output_format(source.audio, source, target.suffix, None)


def write_difference(
    target: Path | str | BinaryIO,
    audio: Audio,
    source: Recording,
    *,
    rng: np.random.Generator,
    history: str = "",
    force: bool = False,
    format: Format | None = None,
    progress: Progress | None = None,
    riff_limit: int = RIFF_LIMIT,
) -> Written:
    """Write what `write` took away: source minus the samples as stored, dither included.

    Adding it to the output gives the source back within one unit of the last place. The arguments
    must be those given to `write`, with a generator of the same seed.

    Raises
    ------
    UsageError
        As `write`; also if rate, channels or length of the audio are not the source's.
    """
    shapes = (audio.samples.shape, audio.sample_rate)
    if shapes != (source.audio.samples.shape, source.audio.sample_rate):
        raise UsageError(
            "a difference needs the rate, channels and length of the source",
            "leave out the stages that change them, or the difference",
        )
    job = _Job.of(target, audio, source, format, rng)
    remainder = _Remainder(job, source)
    blocks = map(remainder.of, job.parts(progress))
    written = job.store(blocks, None, history, force=force, riff_limit=riff_limit)
    notes = written.warnings
    if remainder.clipped:
        notes = (*notes, f"{remainder.clipped} samples of the difference exceed full scale")
    return replace(written, clipped=remainder.clipped, warnings=notes)


def _refuse_source(target: Path, source: Recording | None) -> None:
    if source is not None and source.origin.is_same_file(target):
        raise UsageError(f"{target} is the source: it is never overwritten", "name another file")


@dataclass(frozen=True)
class _Part:
    """Hold a stretch of the audio from sample `start` on, with the source's own numbers for it."""

    start: int
    samples: Samples
    original: Stored | None


@dataclass(frozen=True)
class _Job:
    """Hold what is to be written, as what, and where."""

    target: Path | BinaryIO
    audio: Audio
    source: Recording | None
    format: Format
    encoder: Encoder

    @classmethod
    def of(
        cls,
        target: Path | str | BinaryIO,
        audio: Audio,
        source: Recording | None,
        format: Format | None,
        rng: np.random.Generator,
    ) -> _Job:
        target = Path(target) if isinstance(target, str) else target
        suffix = target.suffix if isinstance(target, Path) else ""
        if isinstance(target, Path):
            _refuse_source(target, source)
        chosen = output_format(audio, source, suffix, format)
        return cls(target, audio, source, chosen, Encoder(chosen, rng))

    def parts(self, progress: Progress | None) -> Iterator[_Part]:
        """Yield the audio in order, and with it what float32 could not hold."""
        total = self.audio.num_samples
        size = max(_BLOCK // self.format.num_channels, 1)
        with ExitStack() as stack:
            source = self.source
            wide = source is not None and adds_to_original(self.audio, source, self.format)
            file = stack.enter_context(source.origin.open()) if source and wide else None
            for start in range(0, total, size):
                samples = np.array(self.audio.samples[:, start : start + size])
                release(self.audio.samples)
                original = None
                if source and file:
                    at, count = source.start + start, samples.shape[1]
                    original = wave_reader.stored_samples(file, source.contents, at, count)
                yield _Part(start, samples, original)
                if progress is not None:
                    progress(start + samples.shape[1], total)

    def store(
        self,
        blocks: Iterable[Stored],
        loudness: Loudness | None,
        history: str,
        *,
        force: bool,
        riff_limit: int,
    ) -> Written:
        """Write the blocks, with everything around them, to the target."""
        source = self.source
        with ExitStack() as stack:
            sink = stack.enter_context(_sink(self.target, force=force))
            file = stack.enter_context(source.origin.open()) if source else None
            change = change_of(self.audio, source, self.format, loudness, history, SOFTWARE)
            carried = carry(source.chunks if source else (), file, change)
            store = _store_flac if self.format.container == "flac" else _store_wave
            format = store(sink, self, blocks, carried, file, riff_limit)
        return Written(
            path=self.target if isinstance(self.target, Path) else None,
            sha256=sink.sha256,
            format=format,
            clipped=self.encoder.clipped,
            loudness_lufs=loudness.integrated_lufs if loudness else None,
            true_peak_db=loudness.true_peak_db if loudness else None,
            warnings=(*carried.warnings, *lost_tags(source, format)),
        )


def _store_wave(
    sink: Sink,
    job: _Job,
    blocks: Iterable[Stored],
    carried: Carried,
    file: BinaryIO | None,
    riff_limit: int,
) -> Format:
    format, total = job.format, job.audio.num_samples
    before, after = (_nameable(each, format, carried) for each in (carried.before, carried.after))
    plan = Plan(format.container, before, total * format.block_align, after, total)
    plan = fitting(plan, riff_limit)
    for data in plan.opening(file):
        sink.write(data)
    for block in blocks:
        sink.write(pcm.pack(block, format))
    for data in plan.closing(file):
        sink.write(data)
    return replace(format, container=plan.container)


def _nameable(pieces: list[Piece], format: Format, carried: Carried) -> tuple[Piece, ...]:
    """Return the pieces whose id the container can express, with a warning for each other."""
    lost = [] if format.container == "w64" else [each for each in pieces if len(each.id) != 4]
    carried.warnings += [
        f"chunk {name_of(each.id)} was left out: only W64 can name it" for each in lost
    ]
    return tuple(each for each in pieces if each not in lost)


def _store_flac(
    sink: Sink,
    job: _Job,
    blocks: Iterable[Stored],
    carried: Carried,
    file: BinaryIO | None,
    riff_limit: int,
) -> Format:
    format, total = job.format, job.audio.num_samples
    metadata = flac_metadata.assemble(job.source, file, carried, job.audio, format, SOFTWARE)
    folder = job.target.parent if isinstance(job.target, Path) else None
    flac_encoder.encode(sink, blocks, format, metadata, total, folder)
    return format


class _Remainder:
    """Subtract what is stored from the source, in the numbers of the file."""

    def __init__(self, job: _Job, source: Recording) -> None:
        self._job = job
        self._source = source
        self.clipped = 0

    def of(self, part: _Part) -> Stored:
        """Return source minus output for one part."""
        format = self._job.format
        stored = self._job.encoder.quantize(part.samples, part.original)
        before = part.original
        if before is None:
            samples = self._source.audio.samples
            before = np.array(samples[:, part.start : part.start + part.samples.shape[1]])
            release(samples)
            if not format.is_float:
                before = np.rint(before * 2.0 ** (8 * format.sample_size - 1))
        if format.is_float:
            return before.astype(np.float64) - stored
        top = 2 ** (8 * format.sample_size - 1)
        exact = before.astype(np.int64) - stored
        cut = np.clip(exact, -top, top - 1)
        self.clipped += int(np.count_nonzero(cut != exact))
        return cut


@contextmanager
def _sink(target: Path | BinaryIO, *, force: bool) -> Iterator[Sink]:
    """Open a sink for a file, or one that hands everything to a stream at the end."""
    if isinstance(target, Path):
        with replacing(target, force=force) as sink:
            yield sink
        return
    with tempfile.TemporaryFile(buffering=0) as file:
        yield (sink := Sink(file, "the temporary file"))
        file.seek(0)
        with storing("standard output"):
            shutil.copyfileobj(file, target, _COPY_BYTES)
            target.flush()
