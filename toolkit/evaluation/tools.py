"""The tools that are compared, all at their defaults: each takes a recording, returns samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from toolkit.adapters import deepfilternet, ffmpeg, grooveclean, noisereduce
from toolkit.checkpoints import shipped
from toolkit.registry import stage_class
from toolkit.restore import restore_audio
from toolkit.run import Run
from toolkit.stage import build, parameters
from toolkit.values import Audio, Samples

Tool = Callable[[Audio], Samples]


def untouched(audio: Audio) -> Samples:
    """Do nothing."""
    return audio.samples


def tonearm_restore(audio: Audio) -> Samples:
    """Run the `restore` pipeline, which sets its own strengths."""
    return restore_audio(audio, fresh_run(), "restore").samples


def tonearm_declick(audio: Audio) -> Samples:
    """Run the stage `declick` alone."""
    return run_stage("declick", audio)


def tonearm_denoisers() -> dict[str, Tool]:
    """Return the stage `denoise` alone, once with each model it offers to choose."""
    model = next(each for each in parameters(stage_class("denoise")) if each.name == "model")
    return {
        f"tonearm denoise, {choice}": partial(run_stage, "denoise", model=choice)
        for choice in model.choices
    }


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


def adeclip_default(audio: Audio) -> Samples:
    """Run FFmpeg's autoregressive declipper."""
    return ffmpeg.apply(audio, "adeclip").samples


def grooveclean_default(audio: Audio) -> Samples:
    """Run grooveclean."""
    return grooveclean.declick(audio).samples


def deepfilternet_default(audio: Audio) -> Samples:
    """Run DeepFilterNet 3, which was made for speech."""
    return deepfilternet.denoise(audio).samples


def run_stage(key: str, audio: Audio, **values: Any) -> Samples:
    """Run one stage alone, at its defaults but for the named values."""
    stage: Any = build(stage_class(key), values)
    output: Audio = stage(audio, fresh_run(key))
    return output.samples


def fresh_run(step: str = "") -> Run:
    """Return a run with the checkpoints that ship, each of which is loaded once a process."""
    return Run(step=step, checkpoints=shipped())


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
