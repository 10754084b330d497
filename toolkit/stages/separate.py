"""Split a recording into the instruments it is the sum of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toolkit import chunks
from toolkit.errors import ToolkitError
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples, Stems

if TYPE_CHECKING:
    from toolkit.adapters.demucs_files import Bag

_BUNDLED = "band"
_CHECKPOINT = "separate-band-22k"
_MOST_SAMPLES, _LEAST_SECONDS = 24 * 96000, 4


@stage
class Separate:
    """Split a recording into stems that sum to it.

    ``band``, the bundled model, knows piano, bass, drums, other and noise, and was made for old
    narrow-band recordings too; it knows no voices. Any model of the demucs package can be used
    instead once it is on the machine: by name (``htdemucs``: drums, bass, other, vocals; see
    ``tonearm checkpoints``) or by the path of its ``.safetensors``, ``.th`` or ``.yaml``. Those run
    in their own segments, `overlap` of each cross-faded with the next, and `shifts` moved passes
    are averaged; `band` needs neither.

    Rate, length and channels stay as they are; channels beyond two go in pairs.
    """

    model: str = param(
        "band", help="band (bundled), a demucs model by name, or the path of its file"
    )
    shifts: int = param(
        0, low=0, high=20, help="moved passes of a demucs model to average; each takes as long"
    )
    overlap: float = param(
        0.25, low=0, high=0.5, help="share of a demucs segment that it shares with the next"
    )

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Return the bundled network's name, unless another model is asked."""
        return (_CHECKPOINT,) if self.model == _BUNDLED else ()

    def __call__(self, audio: Audio, run: Run) -> Stems:
        """Return the stems, each of the recording's own shape."""
        if self.model == _BUNDLED:
            return _with_bundled(audio, run)
        from toolkit.adapters import demucs

        bag = _bag(self.model)
        run.report(
            model=self.model, weights_sha256=" ".join(bag.sha256), stems=", ".join(bag.stems)
        )
        return demucs.separate(bag, audio, run, shifts=self.shifts, overlap=self.overlap)

    def names(self) -> tuple[str, ...]:
        """Return the stems that the model makes, in order.

        Raises
        ------
        ResourceError, UsageError, InputError
            If the model cannot be had.
        """
        if self.model == _BUNDLED:
            from toolkit.models.stem_masking import NAMES

            return NAMES
        return _bag(self.model).stems


def _bag(model: str) -> Bag:
    """Return the demucs networks given by the path of a file or by name."""
    from pathlib import Path

    from toolkit import external
    from toolkit.adapters.demucs_files import SUFFIXES, Files, load_bag, read_files

    if "/" in model or model.endswith(SUFFIXES):
        return load_bag(read_files(Path(model)))
    found = external.find(model)
    contents = dict(zip((each.file for each in found.files), found.read(), strict=True))
    return load_bag(Files(contents, found.mix, found.segment))


def _with_bundled(audio: Audio, run: Run) -> Stems:
    from toolkit.checkpoints import shipped
    from toolkit.models.stem_masking import StemMasking

    network = (run.checkpoints or shipped()).load(_CHECKPOINT, run.device)
    masking = StemMasking(network, audio.sample_rate, run.device)
    channels, names = audio.num_channels, masking.names

    def stems(samples: Samples, start: int) -> Samples:
        out = np.empty((len(names), channels, samples.shape[1]), np.float32)
        # One channel after the other: what a spectrogram takes is many times the samples.
        for channel in range(channels):
            out[:, channel] = masking.stems(samples[channel : channel + 1], start)
        if not np.isfinite(out).all():
            raise ToolkitError(
                "the network's output holds NaN or infinite samples: nothing was kept",
                f"verify it: tonearm checkpoints verify {_CHECKPOINT}",
            )
        return out.reshape(-1, samples.shape[1])

    # The context holds all that a sample depends on, so segments meet without a fade.
    most = round(_MOST_SAMPLES / channels)
    out = chunks.overlap_add(
        stems,
        audio.samples,
        size=min(masking.segment, max(most, _LEAST_SECONDS * audio.sample_rate)),
        context=masking.context,
        out=run.scratch((len(names) * channels, audio.num_samples)),
        progress=run.tick,
        halved=run.halved,
    )
    run.report(model=_BUNDLED, checkpoint=_CHECKPOINT, stems=", ".join(names))
    return Stems(
        {
            name: audio.with_samples(out[place * channels : (place + 1) * channels])
            for place, name in enumerate(names)
        }
    )


STAGE = Separate
