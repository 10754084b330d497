"""Listen to a recording of any length with the note network.

The recording is brought to 22.05 kHz mono and to one level, that of its louder seconds. Segments of
twelve seconds with real neighbors as context are analyzed one after another; what the network says
is kept in scratch space, one row a pitch, and decoded row by row. The context covers all that a
frame depends on, so where segments meet makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from toolkit import chunks
from toolkit.dsp.mono import mono
from toolkit.models.constant_q import (
    CONTEXT_FRAMES,
    HOP_LENGTH,
    NUM_PITCHES,
    SAMPLE_RATE,
    ConstantQ,
)
from toolkit.models.note_decoding import Thresholds, decode
from toolkit.run import Run
from toolkit.values import Audio, Notes, Samples

if TYPE_CHECKING:
    from toolkit.models.note_finder import Model

LEVEL = 0.1
"""RMS to which recordings are brought."""

SEGMENT_FRAMES = 512

_CURVES = 3
_SILENCE = 1e-5
_LOUD_SHARE = 0.1


def listen(
    model: Model,
    audio: Audio,
    run: Run,
    *,
    thresholds: Thresholds,
    program: int = 0,
    segment_frames: int = SEGMENT_FRAMES,
) -> Notes:
    """Return the notes of a recording of any pitched instruments.

    Parameters
    ----------
    model : Model
        In eval mode, on the run's device.
    audio : Audio
        Of any rate, channels and length; may be a memory map of hours.
    run : Run
        Gives scratch space and device, takes progress.
    thresholds : Thresholds
        From which probabilities on something is a note.
    program : int
        That the notes get.
    segment_frames : int
        Frames of 23 ms that are heard at once; makes no difference to the result.

    Returns
    -------
    toolkit.values.Notes
        With velocities and confidences.
    """
    samples = mono(audio, SAMPLE_RATE, run)
    level = loud_level(samples)
    if level < _SILENCE:
        return Notes()
    rows = curves(model, samples, LEVEL / level, run, segment_frames)
    num_pitches = len(rows) // _CURVES
    notes = []
    for index in range(num_pitches):
        onset, frame, velocity = (
            np.array(rows[kind * num_pitches + index]) for kind in range(_CURVES)
        )
        chunks.release(rows)
        notes += decode(
            onset, frame, velocity, pitch_index=index, thresholds=thresholds, program=program
        )
    # The last frame may lie beyond the end, and so may what is interpolated from it.
    return Notes(tuple(note for note in notes if note.onset <= audio.duration))


def loud_level(samples: Samples) -> float:
    """Return the RMS of those seconds that are not far below the loudest, 0 for none.

    Parameters
    ----------
    samples : np.ndarray, shape (1, samples)
        At 22.05 kHz.
    """
    powers = np.array(
        [
            np.mean(np.square(block.samples, dtype=np.float64))
            for block in chunks.blocks(samples, size=SAMPLE_RATE)
            if block.samples.size
        ]
    )
    if not powers.size:
        return 0.0
    loud = powers[powers >= _LOUD_SHARE**2 * powers.max()]
    return float(np.sqrt(loud.mean()))


def curves(
    model: Model,
    samples: Samples,
    gain: float,
    run: Run,
    segment_frames: int = SEGMENT_FRAMES,
) -> Samples:
    """Return what the network says of each pitch and frame.

    Parameters
    ----------
    samples : np.ndarray, shape (1, samples)
        At 22.05 kHz.
    gain : float
        That brings them to `LEVEL`.
    model, run, segment_frames
        As in `listen`.

    Returns
    -------
    np.ndarray, shape (3 · 88, frames)
        First the probabilities of an onset at each pitch, then those of a sounding note, then the
        velocities; in scratch space of the run.
    """
    num_frames = -(-samples.shape[1] // HOP_LENGTH)
    out = run.scratch((_CURVES * NUM_PITCHES, num_frames))
    analysis = ConstantQ().to(run.device)
    context = CONTEXT_FRAMES + model.config.context
    for part, keep, span in _segments(num_frames, segment_frames, context):
        first, stop = part.start * HOP_LENGTH, part.stop * HOP_LENGTH
        heard = torch.from_numpy(gain * samples[:, first:stop]).to(run.device)
        with torch.inference_mode():
            onset, frame, velocity = model(analysis(heard))[0, :, keep]
            said = torch.cat((torch.sigmoid(onset), torch.sigmoid(frame), velocity), dim=1)
        out[:, span] = said.T.cpu().numpy()
        chunks.release(samples)
        chunks.release(out)
        run.tick(span.stop, num_frames)
    return out


def _segments(total: int, size: int, context: int) -> Iterator[tuple[slice, slice, slice]]:
    """Yield the frames to hear, which of them to keep, and where those belong."""
    for begin in range(0, total, size):
        end = min(begin + size, total)
        start = max(begin - context, 0)
        heard = slice(start, min(end + context, total))
        yield heard, slice(begin - start, end - start), slice(begin, end)
