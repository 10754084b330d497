"""Make up the treble that a recording has lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio

if TYPE_CHECKING:
    from toolkit.dsp.condition import Condition
    from toolkit.dsp.missing_band import Array, Guess

CHECKPOINT = "extend-bandwidth-44k"

# Cells of one channel's spectrogram that are worked on at a time.
_CELLS = 700_000
_EXCERPTS = (8, 5.0)
# Less is no evidence of a cut-off.
_SHORTEST_SECONDS = 0.1
# Nothing is worth adding to less than a quarter of an octave below the Nyquist frequency.
_LEAST_ROOM = 1.2
# With less noise than this the cut-off shows in the spectrum itself.
_NOISY_DB = 40.0


@stage
class ExtendBandwidth:
    """Make up treble above the frequency where a recording's own ends; invented, not recovered.

    A network tells from the band that is left how loud the missing one was; harmonics of what is
    there and noise are shaped accordingly and added. Below the cut-off the recording stays as it
    is. This is for listening, not for an archive: what is added was never on the recording.

    Where the treble falls by itself, or by a filter of less than some 30 dB an octave, no cut-off
    is found and the same recording comes back; `cutoff_hz` then says where to begin. The network
    was trained on cut-offs from 2.2 to 13 kHz and adds nothing above 20 kHz.
    """

    strength: float = param(1.0, low=0, high=1, help="level of what is added; 0 adds nothing")
    cutoff_hz: float = param(
        0.0, unit="Hz", low=0, high=13500, help="where the recording's treble ends; 0 to find it"
    )

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Return the network's name, unless nothing is asked."""
        return () if self.strength == 0 else (CHECKPOINT,)

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with treble; the same object if its band is full."""
        if self.strength == 0 or audio.num_samples == 0:
            return audio
        from toolkit.dsp import cutoff, missing_band
        from toolkit.dsp.measure import excerpts

        grid = missing_band.grid(audio.sample_rate)
        powers = cutoff.mean_powers(excerpts(audio, *_EXCERPTS), grid, audio.sample_rate)
        cutoff_hz = self.cutoff_hz
        if cutoff_hz == 0 and audio.duration >= _SHORTEST_SECONDS:
            cutoff_hz = cutoff.find_cutoff(powers, audio.sample_rate)
        power = missing_band.mean_power(powers, cutoff_hz)
        reason = _nothing_to_do(cutoff_hz, power, audio.sample_rate)
        if reason:
            run.report(cutoff_hz=round(cutoff_hz, 1), added=reason)
            return audio
        guess, context = _network(run)
        noise = missing_band.noise_table(run.rng(), grid)
        extender = missing_band.Extender(audio.sample_rate, cutoff_hz, power, noise)
        out = run.scratch(audio.samples.shape)
        energies = np.zeros(2)
        size = max(_CELLS // grid.num_bins - 2 * context, context) * grid.hop_length
        for block in chunks.blocks(audio.samples, size=size, context=context * grid.hop_length):
            for channel, own in enumerate(block.samples):
                made = np.float32(self.strength) * extender.added(own, block.start, guess)
                own, made = own[block.keep], made[block.keep]
                out[channel, block.span] = own + made
                energies += np.vdot(own, own), np.vdot(made, made)
            chunks.release(out)
            run.tick(block.span.stop, audio.num_samples)
        run.report(
            cutoff_hz=round(cutoff_hz, 1),
            added="made up above the cut-off",
            added_db=round(10 * float(np.log10((energies[1] + 1e-30) / (energies[0] + 1e-30))), 2),
        )
        return audio.with_samples(out)

    def tuned(self, condition: Condition) -> tuple[Self, str]:
        """Return this stage with the measured end of the music where noise hides it, and why."""
        from toolkit.dsp.cutoff import HIGHEST_HZ, LOWEST_HZ

        high_hz = condition.high_hz
        if not 0 < high_hz < HIGHEST_HZ:
            reach = f"music reaches {high_hz / 1000:.1f} kHz" if high_hz else "there is no music"
            return replace(self, strength=0.0), reach
        if self.cutoff_hz or condition.snr_db >= _NOISY_DB:
            return self, f"music was found up to {high_hz / 1000:.1f} kHz"
        cutoff_hz = max(high_hz, LOWEST_HZ)
        reason = f"the music ends at {high_hz / 1000:.1f} kHz, above that there was noise"
        return replace(self, cutoff_hz=cutoff_hz), reason


def _nothing_to_do(cutoff_hz: float, power: float, sample_rate: int) -> str:
    """Return why nothing can be added, empty if something can."""
    if cutoff_hz == 0:
        return "nothing: no cut-off was found"
    if sample_rate / 2 < _LEAST_ROOM * cutoff_hz:
        return f"nothing: the sample rate has no room above {cutoff_hz:.0f} Hz"
    return "" if power > 1e-14 else "nothing: there is nothing to tell it from"


def _network(run: Run) -> tuple[Guess, int]:
    """Return the network as a function of arrays, and how many hops of context it needs."""
    from toolkit.checkpoints import shipped

    model = (run.checkpoints or shipped()).load(CHECKPOINT, run.device)
    from toolkit.dsp.missing_band import HOPS_PER_READING
    from toolkit.dsp.stft import OVERLAP

    # Two windows for what is analyzed twice: the source is filtered and rectified in between.
    hops = HOPS_PER_READING * (model.config.context + 1) + 2 * OVERLAP
    return _as_function(model, run.device), hops


def _as_function(model: Any, device: str) -> Callable[[Array, Array], tuple[Array, Array]]:
    import torch

    def guess(levels: Array, known: Array) -> tuple[Array, Array]:
        with torch.inference_mode():
            given = (torch.from_numpy(each[None]).to(device) for each in (levels, known))
            level, flatness = model(*given)
        return level[0].cpu().numpy(), flatness[0].cpu().numpy()

    return guess


STAGE = ExtendBandwidth
