"""Transcribe with basic-pitch (Bittner et al. 2022), whose weights come inside its package.

The package's ONNX model hears 2 s of 22.05 kHz mono at a time. Windows of 43844 samples advance by
36164, and of the 172 time steps of each the middle 142 are kept; 142 steps of 256 samples are 36352
samples, 188 more than a window advances, so a plain running count of steps would be late by 8.5 ms
more with every window. The package takes 10.3 ms off every 172 steps instead, which is the same on
average; its own rule is used here, so that the times are those of its own ``predict``.

Its note creation searches the whole recording for the loudest rest for every note it finds, which
takes hours for an hour. Up to four minutes are given to it at once, as ``predict`` does, longer
recordings in pieces of four minutes with eight seconds of context.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit import chunks
from toolkit.dsp.mono import is_silent, mono
from toolkit.dsp.note_joining import join
from toolkit.errors import ToolkitError
from toolkit.run import Run
from toolkit.values import Audio, Note, Notes, Samples

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLE_RATE = 22050
_HOP = 256
_WINDOW = 2 * SAMPLE_RATE - _HOP
_EDGE_STEPS = 15
_ADVANCE = _WINDOW - 2 * _EDGE_STEPS * _HOP
_WINDOW_STEPS, _KEPT_STEPS = 172, 142
_STEPS_A_SECOND = SAMPLE_RATE // _HOP
_PIECE = 120 * _WINDOW_STEPS
_CONTEXT = 4 * _WINDOW_STEPS
# What the package takes off its times for every 172 steps; the 1.8 ms are its own constant.
_LATE = _HOP / SAMPLE_RATE * (_WINDOW_STEPS - _WINDOW / _HOP) + 0.0018
_OUTPUTS = {
    "note": "StatefulPartitionedCall:1",
    "onset": "StatefulPartitionedCall:2",
    "contour": "StatefulPartitionedCall:0",
}
_INPUT = "serving_default_input_2:0"
_BENDS_A_SEMITONE = 3
# Its note creation drops notes of 11 steps or fewer.
_SHORTEST_STEPS = 12


def transcribe(
    audio: Audio,
    run: Run,
    *,
    onset_threshold: float = 0.5,
    frame_threshold: float = 0.3,
    bends: bool = False,
    program: int = 0,
    piece: int = _PIECE,
    context: int = _CONTEXT,
) -> Notes:
    """Return the notes of a recording of any pitched instruments.

    Parameters
    ----------
    audio : Audio
        Of any rate, channels and length.
    run : Run
        Gives scratch space and takes progress.
    onset_threshold, frame_threshold : float
        Activations 0..1 from which something is a beginning, or a note at all.
    bends : bool
        Whether notes carry how they stray from their pitch, in steps of a third of a semitone.
    program : int
        That the notes get.
    piece, context : int
        How many steps of 256 samples notes are created from at once, a multiple of 172, and how
        many more are looked at on each side.

    Returns
    -------
    toolkit.values.Notes
        Their velocity and confidence are the mean activation, which is all the model tells.

    Raises
    ------
    ToolkitError
        If the package is not installed.
    """
    samples = mono(audio, SAMPLE_RATE, run)
    num_steps = samples.shape[1] * _STEPS_A_SECOND // SAMPLE_RATE
    if num_steps < _SHORTEST_STEPS or is_silent(samples):
        return Notes()
    create = _note_creation().model_output_to_notes

    def pieces() -> Iterator[tuple[float, float, Iterable[Note]]]:
        for start in range(0, num_steps, piece):
            stop = min(start + piece, num_steps)
            steps = range(max(start - context, 0), min(stop + context, num_steps))
            heard = activations(samples, steps)
            # Where nothing changes at all the package divides nothing by nothing.
            with np.errstate(invalid="ignore", divide="ignore"):
                _, events = create(
                    heard,
                    onset_thresh=onset_threshold,
                    frame_thresh=frame_threshold,
                    include_pitch_bends=bends,
                )
            found = (_note(event, _time(steps[0]), program) for event in events)
            own_stop = _time(stop) if stop < num_steps else np.inf
            yield _time(start), own_stop, list(found)
            run.tick(stop, num_steps)

    return Notes(join(pieces()))


def activations(samples: Samples, steps: range) -> Mapping[str, Samples]:
    """Return what the network says of some time steps of 256 samples.

    Parameters
    ----------
    samples : np.ndarray, shape (1, samples)
        The whole recording at `SAMPLE_RATE`; may be a memory map.
    steps : range
        Of step 1.

    Returns
    -------
    dict
        ``note`` and ``onset`` of shape (steps, 88) and ``contour`` of shape (steps, 264), 0..1.
    """
    session = _session()
    first, last = steps[0] // _KEPT_STEPS, steps[-1] // _KEPT_STEPS
    heard: dict[str, list[Samples]] = {name: [] for name in _OUTPUTS}
    for window in range(first, last + 1):
        outputs = session.run(list(_OUTPUTS.values()), {_INPUT: _window(samples, window)})
        for name, output in zip(_OUTPUTS, outputs, strict=True):
            heard[name].append(output[0, _EDGE_STEPS:-_EDGE_STEPS])
    chunks.release(samples)
    offset = first * _KEPT_STEPS
    span = slice(steps[0] - offset, steps[-1] + 1 - offset)
    return {name: np.concatenate(parts)[span] for name, parts in heard.items()}


def _window(samples: Samples, number: int) -> Samples:
    """Return a window with zeros where it reaches beyond the recording, shape (1, samples, 1)."""
    start = number * _ADVANCE - _EDGE_STEPS * _HOP
    piece = samples[0, max(start, 0) : start + _WINDOW]
    window = np.zeros((1, _WINDOW, 1), np.float32)
    window[0, max(-start, 0) : max(-start, 0) + len(piece), 0] = piece
    return window


def _time(step: int) -> float:
    """Return when a step sounds, by the package's rule, which jumps at multiples of 172."""
    return step * _HOP / SAMPLE_RATE - step // _WINDOW_STEPS * _LATE


def _note(event: tuple[Any, ...], start: float, program: int) -> Note:
    """Return one of the package's events, whose numbers are numpy's, as a note."""
    begin, end, pitch, amplitude, bends = event
    onset, offset = max(start + float(begin), 0.0), max(start + float(end), 0.0)
    level = min(max(float(amplitude), 0.0), 1.0)
    return Note(onset, offset, int(pitch), level, program, _bends(bends, onset, offset), level)


def _bends(
    values: list[int] | None, onset: float, offset: float
) -> tuple[tuple[float, float], ...]:
    """Return the changes of an evenly spaced series of bends; empty if there is no bend at all."""
    if values is None or not any(values):
        return ()
    times = np.linspace(onset, offset, len(values)).tolist()
    semitones = [float(value) / _BENDS_A_SEMITONE for value in values]
    return tuple(
        (time, value)
        for place, (time, value) in enumerate(zip(times, semitones, strict=True))
        if place == 0 or value != semitones[place - 1]
    )


@lru_cache(maxsize=1)
def _session() -> Any:
    import onnxruntime

    package = Path(_note_creation().__file__).parent
    options = onnxruntime.SessionOptions()
    # More threads would only wait for one another: the network has 17 thousand weights.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(package / "saved_models" / "icassp_2022" / "nmp.onnx"),
        options,
        providers=["CPUExecutionProvider"],
    )


@lru_cache(maxsize=1)
def _note_creation() -> Any:
    with _quiet_import():
        try:
            import basic_pitch.note_creation as found
        except ImportError as error:
            raise ToolkitError(
                f"basic-pitch is not installed: {error}", "install it with: uv sync"
            ) from error
    return found


@contextmanager
def _quiet_import() -> Iterator[None]:
    """Import without TensorFlow, without a log handler of the package's making, without warnings.

    The package prefers TensorFlow where it finds it, and logs what it does not find through the
    root logger, which makes that one write to standard error from then on.
    """
    blocked = ("tensorflow", "coremltools", "tflite_runtime")
    saved = {name: sys.modules.get(name) for name in blocked}
    root = logging.getLogger()
    handlers = root.handlers[:]
    # None means: not to be imported.
    sys.modules.update(dict.fromkeys(blocked))  # type: ignore[arg-type]
    root.handlers[:] = [logging.NullHandler()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.handlers[:] = handlers
        for name, module in saved.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
