"""Stage `dethump`: take away thumps, rumble and an offset."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

import numpy as np

from toolkit.chunks import blocks, release
from toolkit.dsp.condition import Condition
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio

if TYPE_CHECKING:
    from toolkit.dsp.rumble_floor import RumbleFloor

# Seconds on each side that a decision depends on: levels over 1 s, models over 0.75 s, kernels.
_CONTEXT = 3.0
_BLOCK_SAMPLES = 2**21
# Rumble this far below the music is neither heard nor moves a loudspeaker.
_RUMBLE_MARGIN_DB, _INAUDIBLE_DB = 40.0, -80.0
_SMALLEST_OFFSET = 1e-3


@stage
class Dethump:
    """Take away low thumps of groove damage, rumble below the music, and an offset.

    Thumps are interpolated in the band below 75 Hz only. An offset is taken away as a constant, and
    rumble by a gentle high-pass without phase shift, but only if they are there all the time:
    bass that comes and goes with the notes is music. Heavy rumble that reaches further up, to where
    drums and basses play, is turned down like hiss up to 45 Hz, but only by 6 dB: with more taken,
    a mask that comes later has less to tell noise by, and over the tuning mixtures 12 dB gained
    less in the end.
    """

    strength: float = param(1.0, low=0, high=1, help="share of thumps and rumble taken away")
    threshold: float = param(
        4.0, low=1.5, high=100, help="times above the deep level around it that a thump swings"
    )
    cutoff_hz: float = param(
        16.0, unit="Hz", low=0, high=40, help="rumble below is taken away; 0 takes none"
    )
    floor_db: float = param(
        6.0, unit="dB", low=0, high=40, help="most that heavy rumble below 45 Hz is turned down"
    )

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the audio without thumps and rumble."""
        if self.strength == 0 or audio.num_samples == 0:
            return audio
        from toolkit.dsp.rumble import constant_offset, has_rumble
        from toolkit.dsp.thumps import low_factor

        offsets = self.strength * constant_offset(audio.samples, audio.sample_rate)
        rumble = has_rumble(audio.samples, audio.sample_rate, self.cutoff_hz)
        cutoff_hz = self.cutoff_hz if rumble else 0.0
        factor = low_factor(audio.sample_rate)
        floors = self._floors(audio, factor)
        own = max(_BLOCK_SAMPLES // audio.num_channels, audio.sample_rate)
        context = -(-int(_CONTEXT * audio.sample_rate) // factor) * factor
        out = run.scratch(audio.samples.shape)
        thumps = 0
        for block in blocks(audio.samples, size=-(-own // factor) * factor, context=context):
            for channel, signal in enumerate(block.samples):
                place = block.start // factor
                floor = floors[channel]
                cleaned, starts = self._clean(signal, audio.sample_rate, cutoff_hz, floor, place)
                out[channel, block.span] = cleaned[block.keep] - np.float32(offsets[channel])
                first = np.asarray(starts)
                thumps += int(np.sum((first >= block.keep.start) & (first < block.keep.stop)))
            release(out)
            run.tick(block.span.stop, audio.num_samples)
        run.report(
            thumps_repaired=thumps,
            thumps_per_minute=round(60 * thumps / audio.num_channels / audio.duration, 3),
            offset=round(float(np.max(np.abs(offsets), initial=0.0)), 6),
            rumble="taken away" if rumble else "none that is steady",
            **({"rumbling_channels": sum(map(bool, floors))} if self.floor_db else {}),
        )
        return audio.with_samples(out)

    def _floors(self, audio: Audio, factor: int) -> list[RumbleFloor | None]:
        """Return the rumble of each channel that is to be turned down, None where there is none."""
        if self.floor_db == 0:
            return [None] * audio.num_channels
        from toolkit.dsp.rumble_floor import learn

        return learn(audio.samples, audio.sample_rate, factor)

    def _clean(
        self,
        signal: np.ndarray,
        sample_rate: int,
        cutoff_hz: float,
        floor: RumbleFloor | None,
        place: int,
    ) -> tuple[np.ndarray, list[int]]:
        """Return one channel of a block cleaned, and where its thumps begin.

        `place` is where the block begins in the low-rate signal.
        """
        from toolkit.dsp.thumps import correction, listen_deep, low_factor, take_away

        factor = low_factor(sample_rate)
        # Mirrored ends keep the mean, where zeros would look like a step.
        edge = -(-sample_rate // 2 // factor) * factor
        padded = np.pad(np.nan_to_num(signal, posinf=0.0, neginf=0.0), edge, mode="reflect")
        deep = listen_deep(padded, sample_rate, self.threshold)
        # A mirrored tone has a bend at the mirror, which is no thump.
        begins, ends = deep.thumps[:, 0] * factor, deep.thumps[:, 1] * factor
        deep = replace(deep, thumps=deep.thumps[(begins > edge) & (ends < edge + len(signal))])
        wrong = correction(deep, cutoff_hz)
        if floor is not None:
            least = 10 ** (-self.floor_db / 20)
            wrong = wrong + floor.excess(deep.signal - wrong, place - edge // factor, least)
        cleaned = take_away(padded, sample_rate, wrong, self.strength)
        starts = (deep.thumps[:, 0] * factor - edge).tolist()
        return cleaned[edge : edge + len(signal)].astype(np.float32), starts

    def tuned(self, condition: Condition) -> tuple[Self, str]:
        """Return this stage at full strength where thumps, rumble or an offset were measured."""
        if condition.thumps_per_minute >= 1:
            return replace(self, strength=1.0), f"{condition.thumps_per_minute:.3g} thumps a minute"
        if abs(condition.dc) > _SMALLEST_OFFSET:
            return replace(self, strength=1.0), f"an offset of {condition.dc:.2g}, if it is steady"
        if condition.rumble_db > max(condition.level_db - _RUMBLE_MARGIN_DB, _INAUDIBLE_DB):
            return replace(self, strength=1.0), (
                f"{condition.rumble_db:.1f} dBFS below 30 Hz, taken away if it is steady"
            )
        return replace(self, strength=0.0), (
            f"{condition.thumps_per_minute:.2g} thumps a minute, rumble at "
            f"{condition.rumble_db:.1f} dBFS: nothing to do"
        )


STAGE = Dethump
