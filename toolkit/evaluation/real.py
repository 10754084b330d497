"""Suite R1: a real side before and after, judged without a truth to compare with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import signal

from toolkit.adapters import grooveclean
from toolkit.errors import ToolkitError
from toolkit.evaluation import events, facts, metrics, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.musical_noise import kurtosis_ratio, quiet_floor_db
from toolkit.evaluation.tools import RESTORERS, untouched
from toolkit.io import audio_file
from toolkit.registry import folder
from toolkit.run import Run
from toolkit.values import Audio, Samples

SIDES = ("sousa-1917.flac",)

_TOOLS = {"untouched": untouched, **RESTORERS}
_IMPULSE_SIGMAS = 7.0
_LOCAL_SECONDS = 0.05


def real(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Restore a real record of 1917 and measure what can be measured without its clean twin."""
    sides = SIDES[:limit]
    chosen = choose(_TOOLS, methods)
    rows = table.collect([partial(_rows, side, tuple(chosen)) for side in sides], progress)
    return table.Report(
        suite="r1",
        title="R1: a real side of 1917",
        summary=rows,
        rows=rows,
        notes=(
            "Clicks are counted by grooveclean's detector, which learned from such sides, and by "
            "a threshold on what lies above 6 kHz, set by the untouched side: neither belongs to "
            "this toolkit's own detection.",
            "The floor is the quietest tenth between the notes; the kurtosis ratio is above 1 "
            "where noise was turned into musical noise (1 is none).",
            "Removed is the difference's energy relative to the input's. No listening test was "
            "run.",
        ),
        facts={"seeds": seeds, **facts.versions(("noisereduce", "grooveclean", "av"))},
        chart=chart(rows, y="impulses /s", y_label="impulses a second", by="tool"),
    )


def side_audio(name: str) -> Audio:
    """Return a sample recording of the checkout.

    Raises
    ------
    ToolkitError
        If it is not there, as in an installed wheel.
    """
    path = folder("samples") / name
    if not path.is_file():
        raise ToolkitError(f"no samples/{name}", "this suite is run from a checkout")
    return audio_file.read(path, Run(step="read")).audio


def impulses_per_second(samples: Samples, sample_rate: int, before: Samples | None = None) -> float:
    """Return how often the highs jump: events above 6 kHz, 7 local deviations high.

    The deviation is 1.4826 times the median magnitude within 50 ms, so that impulses do not raise
    their own threshold; events closer than 0.5 ms are one, and channels are averaged. Where the
    recording was denoised, `before` gives the deviations: a tick is no louder for a softer hiss
    around it.
    """
    cutoff = min(6000.0, 0.3 * sample_rate)
    sections = signal.butter(4, cutoff, "highpass", fs=sample_rate, output="sos")
    block = max(round(_LOCAL_SECONDS * sample_rate), 1)

    def highs(channel: Samples) -> npt.NDArray[np.float64]:
        filtered = np.abs(signal.sosfiltfilt(sections, channel))
        return np.asarray(filtered[: len(filtered) // block * block].reshape(-1, block))

    count = 0
    for channel, measured in zip(samples, samples if before is None else before, strict=True):
        deviation = 1.4826 * np.median(highs(measured), axis=1, keepdims=True)
        mask = (highs(channel) > _IMPULSE_SIGMAS * np.maximum(deviation, 1e-7)).ravel()
        count += len(events.spans(mask, round(events.MERGE_SECONDS * sample_rate)))
    return count * sample_rate / max(samples.size, 1)


def _rows(side: str, tools: Sequence[str]) -> list[dict[str, Any]]:
    audio = side_audio(side)
    return [_row(side, audio, tool) for tool in tools]


def _row(side: str, audio: Audio, tool: str) -> dict[str, Any]:
    output = _TOOLS[tool](audio)
    aligned, _ = metrics.align(audio.samples, output)
    after = audio.with_samples(aligned)
    rate = audio.sample_rate
    return {
        "side": side,
        "tool": tool,
        "clicks, grooveclean": grooveclean.count_clicks(after),
        "impulses /s": impulses_per_second(aligned, rate, audio.samples),
        "floor (dB)": quiet_floor_db(aligned, rate),
        "kurtosis ratio": kurtosis_ratio(audio.samples, aligned, rate),
        "removed (dB)": metrics.energy_removed_db(audio.samples, aligned),
    }
