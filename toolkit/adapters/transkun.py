"""Transcribe a piano with Transkun (Yan et al., 2021 and 2024), an optional package with weights.

It hears 44.1 kHz in segments of 16 s that advance by 8 s, decodes whole notes as intervals (a
semi-Markov conditional random field), and tells velocities and pedals. Notes end where the key is
released: what the pedal holds beyond that is said by the pedal's spans. A second of music costs
about two seconds of a processor core.

The package keeps a whole recording in memory; here it gets two minutes at a time, with one segment
of context on each side.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from toolkit import chunks
from toolkit.dsp.mono import is_silent, mono
from toolkit.dsp.note_joining import TOLERANCE, join
from toolkit.errors import ToolkitError
from toolkit.run import Run
from toolkit.values import Audio, Note, Notes

SAMPLE_RATE = 44100
_PIECE_SECONDS = 120
_CONTEXT_SECONDS = 16
_PEDAL = -64
# Joining works on notes; while it does, the pedal is the note that no piano has.
_PEDAL_PITCH = 0


def is_installed() -> bool:
    """Return whether the package is there, without importing it."""
    return find_spec("transkun") is not None


def transcribe(audio: Audio, run: Run, *, program: int = 0) -> Notes:
    """Return the notes and the pedal of a recording of a piano.

    Parameters
    ----------
    audio : Audio
        Of any rate, channels and length.
    run : Run
        Says on which device the network runs, gives scratch space and takes progress.
    program : int
        That the notes get.

    Raises
    ------
    ToolkitError
        If the package is not installed.
    """
    model = _model(run.device)
    samples = mono(audio, SAMPLE_RATE, run)
    total = samples.shape[1]
    if is_silent(samples):
        return Notes()
    size, context = _PIECE_SECONDS * SAMPLE_RATE, _CONTEXT_SECONDS * SAMPLE_RATE

    def pieces() -> Iterator[tuple[float, float, Iterable[Note]]]:
        for block in chunks.blocks(samples, size=size, context=context):
            start = block.start / SAMPLE_RATE
            events = _events(model, block.samples, run.device)
            found = (_note(event, start, program) for event in events if event.pitch != -67)
            span = block.span
            stop = span.stop / SAMPLE_RATE if span.stop < total else audio.duration + 1
            yield span.start / SAMPLE_RATE, stop, list(found)
            run.tick(span.stop, total)

    joined = join(pieces())
    pedal = ((each.onset, each.offset) for each in joined if each.pitch == _PEDAL_PITCH)
    return Notes(
        tuple(each for each in joined if each.pitch != _PEDAL_PITCH), pedal=_sorted_apart(pedal)
    )


def _events(model: Any, samples: Any, device: str) -> list[Any]:
    import torch

    with torch.inference_mode(), warnings.catch_warnings():
        # The package asks for gradient checkpoints, which do nothing here, in an outdated way.
        warnings.filterwarnings("ignore", module=r"torch\.")
        signal = torch.from_numpy(samples.T.copy()).to(device)
        events: list[Any] = model.transcribe(signal)
    return events


def _note(event: Any, start: float, program: int) -> Note:
    pitch = _PEDAL_PITCH if event.pitch == _PEDAL else event.pitch
    onset = max(start + float(event.start), 0.0)
    offset = max(start + float(event.end), onset)
    return Note(onset, offset, pitch, min(max(event.velocity / 127, 0.0), 1.0), program)


def _sorted_apart(spans: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the spans in order; one that goes on right where another piece's ended joins it."""
    joined: list[tuple[float, float]] = []
    for down, up in sorted(spans):
        if joined and down < joined[-1][1] - TOLERANCE:
            joined[-1] = (joined[-1][0], max(up, joined[-1][1]))
        elif up > down:
            joined.append((down, up))
    return tuple(joined)


@lru_cache(maxsize=1)
def _model(device: str) -> Any:
    if not is_installed():
        raise ToolkitError(
            "transkun is not installed",
            "install it: uv sync --extra piano, or pip install tonearm[piano]",
        )
    import torch

    with warnings.catch_warnings():
        # On import it mentions deprecated calls of its own.
        warnings.simplefilter("ignore")
        from transkun.ModelTransformer import Config, TransKun
    folder = files("transkun") / "pretrained"
    config = Config()
    said = json.loads((folder / "2.0.conf").read_text(encoding="utf-8"))
    vars(config).update(said["Model"]["config"])
    with (folder / "2.0.pt").open("rb") as file:
        weights = torch.load(file, map_location="cpu", weights_only=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = TransKun(conf=config)
    model.load_state_dict(weights["state_dict"])
    return model.eval().to(device)
