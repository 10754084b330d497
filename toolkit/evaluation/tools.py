"""The tools that are compared, all at their defaults: each takes a recording, returns samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from toolkit.adapters import ffmpeg, grooveclean, noisereduce
from toolkit.registry import stage_class
from toolkit.restore import restore_audio
from toolkit.run import Run
from toolkit.values import Audio, Samples

Tool = Callable[[Audio], Samples]


def untouched(audio: Audio) -> Samples:
    """Do nothing."""
    return audio.samples


def tonearm_restore(audio: Audio) -> Samples:
    """Run the `restore` pipeline, which sets its own strengths."""
    return restore_audio(audio, Run(), "restore").samples


def tonearm_declick(audio: Audio) -> Samples:
    """Run the stage `declick` alone."""
    return _stage("declick", audio)


def tonearm_denoise(audio: Audio) -> Samples:
    """Run the stage `denoise` alone."""
    return _stage("denoise", audio)


def noisereduce_default(audio: Audio) -> Samples:
    """Run noisereduce."""
    # Digital silence makes it divide by zero; it is spared that.
    return noisereduce.denoise(audio).samples if audio.samples.any() else audio.samples


def afftdn_default(audio: Audio) -> Samples:
    """Run FFmpeg's spectral denoiser."""
    return ffmpeg.apply(audio, "afftdn").samples


def adeclick_default(audio: Audio) -> Samples:
    """Run FFmpeg's autoregressive declicker."""
    return ffmpeg.apply(audio, "adeclick").samples


def grooveclean_default(audio: Audio) -> Samples:
    """Run grooveclean."""
    return grooveclean.declick(audio).samples


def _stage(key: str, audio: Audio) -> Samples:
    stage: Any = stage_class(key)()
    output: Audio = stage(audio, Run(step=key))
    return output.samples


RESTORERS: Mapping[str, Tool] = {
    "tonearm restore": tonearm_restore,
    "noisereduce": noisereduce_default,
    "afftdn": afftdn_default,
    "grooveclean": grooveclean_default,
}

DECLICKERS: Mapping[str, Tool] = {
    "tonearm declick": tonearm_declick,
    "grooveclean": grooveclean_default,
    "adeclick": adeclick_default,
}
