"""Run grooveclean, a declicker, for comparison."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import soundfile

from toolkit.errors import ToolkitError
from toolkit.values import Audio


def declick(audio: Audio, *, sensitivity: float = 0.5) -> Audio:
    """Return the recording as grooveclean leaves it.

    Parameters
    ----------
    sensitivity : float
        0..1; its default is 0.5.

    Raises
    ------
    ToolkitError
        If it is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        cleaned = Path(folder) / "cleaned.wav"
        _clean(audio, cleaned, sensitivity=sensitivity)
        samples, _ = soundfile.read(cleaned, dtype="float32", always_2d=True)
    return audio.with_samples(samples.T.copy())


def count_clicks(audio: Audio) -> int:
    """Return how many clicks grooveclean's detector finds at its defaults, all channels together.

    Raises
    ------
    ToolkitError
        If it is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = _clean(audio, Path(folder) / "cleaned.wav", report_only=True)
    return len(report["clicks"])


def _clean(audio: Audio, cleaned: Path, **options: Any) -> dict[str, Any]:
    try:
        from grooveclean import cli, detect
    except ImportError as error:
        raise ToolkitError(
            "grooveclean is not installed", "install it with: uv sync --group bench"
        ) from error
    source = cleaned.with_name("source.wav")
    soundfile.write(source, audio.samples.T, audio.sample_rate, subtype="FLOAT")
    detector = detect.Detector.load(device="cpu")
    report: dict[str, Any] = cli.clean_file(source, cleaned, detector=detector, **options)
    return report
