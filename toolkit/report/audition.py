"""Hear notes beside the recording they were heard in: left the recording, right the notes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from toolkit import chunks
from toolkit.dsp.mono import mono
from toolkit.run import Run
from toolkit.values import Audio, Notes

SAMPLE_RATE = 44100
_BLOCK = 1 << 18


def mix(notes: Notes, audio: Audio, run: Run) -> Audio:
    """Return stereo at 44.1 kHz: the recording left, the notes played right, equally loud.

    Parameters
    ----------
    notes : Notes
        With up to 15 programs and drums.
    audio : Audio
        Decides the length.
    run : Run
        Gives scratch space.

    Raises
    ------
    ToolkitError
        If the synthesizer is not installed.
    """
    from toolkit.adapters import soundfont

    left = mono(audio, SAMPLE_RATE, run)
    out = run.scratch((2, left.shape[1]))
    played = soundfont.play(notes, sample_rate=SAMPLE_RATE, sustain=notes.pedal)
    length = min(out.shape[1], played.num_samples)
    gain = np.float32(_rms(left) / max(_rms(played.samples), 1e-9))
    for start in range(0, out.shape[1], _BLOCK):
        out[0, start : start + _BLOCK] = left[0, start : start + _BLOCK]
        stop = min(start + _BLOCK, length)
        if stop > start:
            out[1, start:stop] = gain * played.samples[:, start:stop].mean(axis=0)
        chunks.release(out)
    return Audio(out, SAMPLE_RATE)


def write(notes: Notes, audio: Audio, path: Path) -> None:
    """Write `mix` as a WAV file, replacing what is there, lowered where it would clip."""
    from toolkit.io import audio_file

    run = Run()
    mixed = mix(notes, audio, run)
    blocks = chunks.blocks(mixed.samples, size=_BLOCK)
    peak = max((float(np.abs(block.samples).max(initial=0)) for block in blocks), default=0.0)
    if peak > 1:
        quieter = run.scratch(mixed.samples.shape)
        chunks.overlap_add(
            lambda block, start: block / np.float32(peak), mixed.samples, size=_BLOCK, out=quieter
        )
        mixed = mixed.with_samples(quieter)
    audio_file.write(path, mixed, None, rng=run.rng("audition"), force=True)


def _rms(samples: np.ndarray) -> float:
    energy = sum(
        float(np.sum(block.samples**2, dtype=np.float64))
        for block in chunks.blocks(samples, size=_BLOCK)
    )
    return float(np.sqrt(energy / max(samples.size, 1)))
