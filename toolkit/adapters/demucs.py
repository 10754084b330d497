"""Separate recordings of any length, rate and channels with networks of the demucs package.

A segment is as long as the network's own; segments overlap, and their outputs are cross-faded,
which for overlaps up to a half is what the triangular weights of demucs come to (its (i+1)/(n+1)
is (i+½)/n here). The network sees real neighbors wherever it wants more samples than a segment has.
The level is set by the mean and standard deviation of the whole recording, as demucs does
(Défossez 2021, "Hybrid spectrogram and waveform source separation").

With shifts the grid of segments is moved by some seeded fractions of half a second and the results
are averaged. Networks of a bag are averaged with their weights. All that is accumulated in one
array; what the stems then miss of the mixture is shared out (`toolkit.dsp.consistency`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from toolkit import chunks
from toolkit.adapters.demucs_files import Bag
from toolkit.dsp.consistency import make_consistent
from toolkit.dsp.resample import resampled_blocks, resampled_length
from toolkit.errors import ResourceError, ToolkitError
from toolkit.run import Run
from toolkit.values import Audio, Samples, Stems

_REST = "other"
_MAX_SHIFT_SECONDS = 0.5
_BLOCK = 1 << 16
_NO_DEVICE = (
    "Torch not compiled",
    "Found no NVIDIA",
    "PyTorch is not",
    "CUDA error: invalid device",
)


def separate(bag: Bag, audio: Audio, run: Run, *, shifts: int = 0, overlap: float = 0.25) -> Stems:
    """Return the stems of a recording, at its own rate and with its own channels.

    Channels go in pairs, a single one as both sides of a pair. At another rate than the networks'
    the recording is resampled and the stems back; what lies above what both rates hold goes to the
    stem ``other``, or to the last one.

    Parameters
    ----------
    bag : Bag
        From `toolkit.adapters.demucs_files.load_bag`.
    shifts : int
        Shifted passes to average; 0 for one pass as it is.
    overlap : float
        Share of a segment that it shares with the next, 0..0.5.

    Raises
    ------
    ToolkitError
        If a network's output is not finite.
    ResourceError
        If the device has no room, or is not there.
    """
    if not any(block.samples.any() for block in chunks.blocks(audio.samples, size=_BLOCK)):
        return _stems(
            run.scratch((len(bag.stems) * audio.num_channels, audio.num_samples)), bag, audio
        )
    mixture = _at_rate(audio.samples, audio.sample_rate, bag.sample_rate, run)
    job = _Job.of(bag, mixture, run)
    lead = round(_MAX_SHIFT_SECONDS * bag.sample_rate) if shifts else 0
    offsets = run.rng("shifts").integers(0, lead + 1, shifts) if shifts else np.zeros(1, np.int64)
    out = run.scratch((job.num_rows, lead + mixture.shape[1]))
    passes = [(network, offset) for network in range(len(bag.networks)) for offset in offsets]
    with _networks_on(bag, run.device):
        for number, (network, offset) in enumerate(passes):
            job.accumulate(out, lead, network, int(offset), len(offsets), overlap, (number, passes))
    stems = out[:, lead:].reshape(len(bag.stems), audio.num_channels, -1)
    residual_db = make_consistent(stems, mixture)
    run.report(residual_db=round(residual_db, 1))
    rows = stems.reshape(job.num_rows, -1)
    if bag.sample_rate != audio.sample_rate:
        rows = _restored_rate(rows, audio, bag, run)
    return _stems(rows, bag, audio)


@dataclass(frozen=True)
class _Job:
    """Hold what is separated and at which level; rows are stem by stem, channel by channel."""

    bag: Bag
    mixture: Samples
    levels: tuple[tuple[float, float], ...]
    run: Run

    @classmethod
    def of(cls, bag: Bag, mixture: Samples, run: Run) -> _Job:
        levels = tuple(_level(mixture, pair) for pair in _groups(mixture.shape[0], bag))
        return cls(bag, mixture, levels, run)

    @property
    def num_rows(self) -> int:
        return len(self.bag.stems) * int(self.mixture.shape[0])

    def accumulate(
        self,
        out: Samples,
        lead: int,
        network: int,
        offset: int,
        num_shifts: int,
        overlap: float,
        progress: tuple[int, list[Any]],
    ) -> None:
        """Add one pass of one network to `out`, whose sample `lead` is the mixture's first.

        The grid of segments begins `lead - offset` samples before the mixture.
        """
        model = self.bag.networks[network]
        segment = int(model.samplerate * model.segment)
        # One sample at least, so that overlap_add adds to what earlier passes have left.
        shared = max(min(segment - int((1 - overlap) * segment), segment // 2), 1)
        weights = (np.array(self.bag.mix[network]) / num_shifts).astype(np.float32)
        scale: Samples = np.repeat(weights, self.mixture.shape[0])[:, None]
        before = lead - offset
        # The grid is longer than the mixture; its blocks only say where to read.
        grid = np.broadcast_to(np.float32(0), (1, out.shape[1] - offset))
        number, passes = progress

        def stems(block: Samples, start: int) -> Samples:
            return scale * self._segment(model, start - before, block.shape[1])

        chunks.overlap_add(
            stems,
            grid,
            size=segment,
            overlap=shared,
            out=out[:, offset:],
            progress=lambda done, total: self.run.tick(number + done / total, len(passes)),
        )

    def _segment(self, model: Any, start: int, length: int) -> Samples:
        """Return the stems of ``mixture[:, start : start + length]``, which may reach outside."""
        wanted = min(int(model.samplerate * model.segment), max(length, int(model.samplerate)))
        width = model.valid_length(wanted) if hasattr(model, "valid_length") else wanted
        first = start - (width - length) // 2
        given = _window(self.mixture, first, first + width)
        chunks.release(self.mixture)
        inside = np.zeros(width, np.float32)
        inside[max(-first, 0) : max(self.mixture.shape[1] - first, 0)] = 1
        rows = np.zeros((len(self.bag.stems), self.mixture.shape[0], length), np.float32)
        own = slice(start - first, start - first + length)
        for pair, (mean, deviation) in zip(
            _groups(self.mixture.shape[0], self.bag), self.levels, strict=True
        ):
            level = np.float32(deviation + 1e-8)
            # Beyond the ends of the recording there is silence at whatever level.
            estimates = _apply(model, (given[pair] - np.float32(mean)) / level * inside, self.run)
            rows[:, pair] = estimates[..., own] * level + np.float32(mean / len(rows))
        return rows.reshape(self.num_rows, length)


def _apply(model: Any, samples: Samples, run: Run) -> Samples:
    """Return the stems [stems, channels, n] of one or two channels [channels, n]."""
    import torch

    given = torch.from_numpy(np.ascontiguousarray(samples))
    if len(samples) < model.audio_channels:
        given = given.expand(model.audio_channels, -1)
    try:
        with torch.inference_mode():
            found = model(given[None].to(run.device))[0]
    except torch.OutOfMemoryError as error:
        raise ResourceError(
            f"no room on {run.device} for a segment of {samples.shape[1]} samples",
            "use: --device cpu",
        ) from error
    if len(samples) < model.audio_channels:
        found = found.mean(dim=1, keepdim=True)
    result: Samples = found.float().cpu().numpy()
    if not np.isfinite(result).all():
        raise ToolkitError(
            "the network's output holds NaN or infinite samples: nothing was kept",
            "use another model, such as --model band",
        )
    return result


@contextmanager
def _networks_on(bag: Bag, device: str) -> Iterator[None]:
    """Move the networks to a device and let them run on one thread, for the time being."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for network in bag.networks:
            network.to(device)
        yield
    except (AssertionError, RuntimeError) as error:
        if not str(error).startswith(_NO_DEVICE):
            raise
        raise ResourceError(f"there is no {device} here", "use: --device cpu") from error
    finally:
        torch.set_num_threads(threads)


def _groups(num_channels: int, bag: Bag) -> list[slice]:
    step = bag.num_channels
    return [slice(at, min(at + step, num_channels)) for at in range(0, num_channels, step)]


def _level(mixture: Samples, pair: slice) -> tuple[float, float]:
    """Return mean and standard deviation of the mean of a pair's channels."""
    total = square = 0.0
    count = mixture.shape[1]
    for block in chunks.blocks(mixture, size=_BLOCK):
        middle = block.samples[pair].mean(axis=0, dtype=np.float64)
        total += float(middle.sum())
        square += float(np.vdot(middle, middle))
    mean = total / max(count, 1)
    variance = (square - count * mean**2) / max(count - 1, 1)
    return mean, float(np.sqrt(max(variance, 0.0)))


def _window(samples: Samples, start: int, stop: int) -> Samples:
    """Return samples[:, start:stop] with zeros where that reaches outside."""
    total = samples.shape[1]
    begin, end = min(max(start, 0), total), min(max(stop, 0), total)
    window = np.zeros((samples.shape[0], stop - start), np.float32)
    window[:, begin - start : end - start] = samples[:, begin:end]
    return window


def _at_rate(samples: Samples, from_rate: int, to_rate: int, run: Run) -> Samples:
    """Return samples at another rate, the very same ones if it is no other."""
    if from_rate == to_rate:
        return samples
    length = max(resampled_length(samples.shape[1], from_rate, to_rate), 1)
    out = run.scratch((samples.shape[0], length))
    _resample_into(out, samples, from_rate, to_rate)
    return out


def _resample_into(out: Samples, samples: Samples, from_rate: int, to_rate: int) -> None:
    """Fill `out` from its beginning with resampled samples, as far as the shorter one goes."""
    at = 0
    for piece in resampled_blocks(samples, from_rate, to_rate):
        kept = piece[:, : out.shape[1] - at]
        out[:, at : at + kept.shape[1]] = kept
        at += kept.shape[1]
        chunks.release(out)


def _restored_rate(rows: Samples, audio: Audio, bag: Bag, run: Run) -> Samples:
    """Return the stems at the recording's own rate; one of them takes what was lost on the way."""
    channels = audio.num_channels
    out = run.scratch((rows.shape[0], audio.num_samples))
    for first in range(0, rows.shape[0], channels):
        stem = slice(first, first + channels)
        _resample_into(out[stem], rows[stem], bag.sample_rate, audio.sample_rate)
    taker = bag.stems.index(_REST) if _REST in bag.stems else len(bag.stems) - 1
    taken = whole = 0.0
    for block in chunks.blocks(audio.samples, size=_BLOCK):
        span = block.span
        parts = out[:, span].reshape(len(bag.stems), channels, -1)
        lost = block.samples - parts.sum(axis=0, dtype=np.float64)
        out[taker * channels : (taker + 1) * channels, span] += lost.astype(np.float32)
        taken += float(np.vdot(lost, lost))
        whole += float(np.vdot(block.samples, block.samples.astype(np.float64)))
        chunks.release(out)
    shared = min(bag.sample_rate, audio.sample_rate) / 2000
    level_db = float(np.clip(10 * np.log10((taken + 1e-30) / (whole + 1e-30)), -200, 200))
    run.report(
        separated_below_khz=round(shared, 3),
        rest_goes_to=bag.stems[taker],
        rest_db=round(level_db, 1),
    )
    return out


def _stems(rows: Samples, bag: Bag, audio: Audio) -> Stems:
    step = audio.num_channels
    return Stems(
        {
            name: audio.with_samples(rows[place * step : (place + 1) * step])
            for place, name in enumerate(bag.stems)
        }
    )
