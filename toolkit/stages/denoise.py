"""Take steady noise (surface noise, hiss) out of music."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

import numpy as np

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Samples

if TYPE_CHECKING:
    from toolkit.dsp.condition import Condition
    from toolkit.dsp.noise_floor import NoiseFloor
    from toolkit.dsp.suppression_rule import Rule

_CHECKPOINT = "denoise-music-44k"
_SHORTEST_SECONDS = 0.5
# Long segments waste less on context; how long they are is limited by memory, at high rates and in
# stereo most.
_SEGMENT_SECONDS, _SEGMENT_SAMPLES = 40.0, 12 * 192000
_CONTEXT_SECONDS, _FADE_SECONDS = 2.0, 0.5
_KNOWN_HZ = 22050
# What remains where there is no music: 32 dB less noise, as even as it was.
_GAIN_FLOOR = 0.025
# Added to the logits of a mask that is not sure. Training also minded soft cells, which lets more
# noise through than the error's energy asks for; this gave most on the tuning pieces.
_BIAS = -1.5

# Cells of a spectrogram that are worked on at a time, all channels of a pair together.
_CELLS = 1_200_000
# Levels go into reports as plain numbers, and there is no number for minus infinity.
_SILENCE_DB = -200.0


@stage
class Denoise:
    """Take steady noise out: record surface, tape hiss, amplifier noise.

    A network that was trained on music tells from a segment of the spectrogram what is music; it
    knows frequencies up to 22.05 kHz at whatever sample rate, and turns down what lies above like
    the highest it knows. What remains of the noise is the same noise, evenly softer, since the ear
    forgives a steady hiss but not one that comes and goes. A stereo pair gets the same gains on
    both sides.

    ``model = "classical"`` needs no network: the noise is measured on the recording itself, in a
    first pass. Above the frequency where the music ends nothing but noise is expected, and it is
    turned down evenly. Of its rules the Wiener gain is the default: over eight pieces under
    simulated shellac noise at 2, 6 and 12 dB the chain with it gains 6.42 dB, with the log-spectral
    one 6.40 dB, at a log-spectral distance of 2.51 and a kurtosis ratio of 1.08 and 1.09.
    """

    strength: float = param(1.0, low=0, high=1, help="how much of the noise to take; 0 takes none")
    model: str = param(
        "best",
        choices=("best", "fast", "classical"),
        help="the network on every frame, on every other one, or no network",
    )
    rule: str = param(
        "wiener",
        choices=("wiener", "log-spectral"),
        help="what classical estimates: the waveform, or the logarithm of the spectrum",
    )

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Return the network's name, unless none is asked."""
        return () if self.strength == 0 or self.model == "classical" else (_CHECKPOINT,)

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording with its noise reduced; the same object at strength 0."""
        if self.strength == 0 or audio.num_samples == 0:
            return audio
        if self.model == "classical":
            return self._classical(audio, run)
        return self._network(audio, run)

    def _network(self, audio: Audio, run: Run) -> Audio:
        if audio.duration < _SHORTEST_SECONDS:
            run.report(left_alone="too short to tell noise from music")
            return audio
        from toolkit.checkpoints import shipped
        from toolkit.models.masking import Masking

        network = (run.checkpoints or shipped()).load(_CHECKPOINT, run.device)
        dense = self.model == "best"
        masking = Masking(network, audio.sample_rate, dense, _GAIN_FLOOR, _BIAS, run.device)
        means: list[float] = []

        def quieter(samples: Samples, start: int) -> Samples:
            out = samples.copy()
            found: list[float] = []
            for first, step in _pairs(audio.num_channels):
                removed, mean = masking.removed(samples[first : first + step], start)
                out[first : first + step] -= self.strength * removed
                found.append(mean)
            means.extend(found)
            return out

        width = audio.sample_rate * min(audio.num_channels, 2)
        seconds = float(np.clip(_SEGMENT_SAMPLES / width, 4, _SEGMENT_SECONDS))
        out = chunks.overlap_add(
            quieter,
            audio.samples,
            size=round(seconds * audio.sample_rate),
            context=round(_CONTEXT_SECONDS * audio.sample_rate),
            overlap=round(_FADE_SECONDS * audio.sample_rate),
            out=run.scratch(audio.samples.shape),
            progress=run.tick,
            halved=run.halved,
        )
        taken = 1 - self.strength * (1 - float(np.mean(means)))
        run.report(checkpoint=_CHECKPOINT, mean_gain_db=round(20 * float(np.log10(taken)), 2))
        if audio.sample_rate > 2 * _KNOWN_HZ:
            run.report(above_22_khz="gains of the highest frequencies that the network knows")
        return audio.with_samples(out)

    def _classical(self, audio: Audio, run: Run) -> Audio:
        from toolkit.dsp import mmse

        floors = _learn(audio, run)
        pairs = [slice(first, first + step) for first, step in _pairs(audio.num_channels)]
        gains = [mmse.gain_floor(_joint(floors[pair])) for pair in pairs]
        loudest = max(floors, key=lambda floor: floor.level_db)
        taken = [1 - self.strength * (1 - gain) for gain in gains]
        run.report(
            noise_floor_db=round(max(loudest.level_db, _SILENCE_DB), 2),
            reduction_db=round(-20 * float(np.log10(np.mean(taken))), 2) + 0.0,
        )
        if min(gains) == 1:
            return audio
        rule: Rule = "log-spectral" if self.rule == "log-spectral" else "wiener"
        denoisers = [
            mmse.Denoiser(audio.sample_rate, tuple(floors[pair]), gain, rule)
            for pair, gain in zip(pairs, gains, strict=True)
        ]

        def quieter(samples: Samples, start: int) -> Samples:
            out = samples.copy()
            for pair, denoiser in zip(pairs, denoisers, strict=True):
                if denoiser.gain_floor < 1:
                    out[pair] -= self.strength * denoiser.removed(samples[pair], start)
            return out

        hop = mmse.long_grid(audio.sample_rate).hop_length
        out = chunks.overlap_add(
            quieter,
            audio.samples,
            size=_block_hops(audio) * hop,
            context=mmse.CONTEXT_HOPS * hop,
            out=run.scratch(audio.samples.shape),
            progress=lambda done, total: run.tick(total + 2 * done, 3 * total),
        )
        return audio.with_samples(out)

    def tuned(self, condition: Condition) -> tuple[Self, str]:
        """Return this stage at the strength that the measured noise asks for, and why."""
        snr = condition.snr_db
        if not np.isfinite(condition.noise_floor_db) or snr >= 55:
            return replace(self, strength=0.0), "no steady noise was found under the music"
        strength = round(float(np.interp(snr, [35, 55], [self.strength, 0.0])), 2)
        return replace(self, strength=strength), f"the noise lies {snr:.0f} dB below the music"


def _learn(audio: Audio, run: Run) -> list[NoiseFloor]:
    """Return the noise floor of each channel, from one pass over the recording."""
    from toolkit.dsp import mmse

    sketches = [mmse.sketch(audio.sample_rate) for _ in range(audio.num_channels)]
    size = _block_hops(audio) * mmse.long_grid(audio.sample_rate).hop_length
    for block in chunks.blocks(audio.samples, size=size):
        mmse.learn_noise(sketches, block.samples, audio.sample_rate)
        run.tick(block.span.stop, 3 * audio.num_samples)
    return [each.estimate() for each in sketches]


def _joint(floors: list[NoiseFloor]) -> NoiseFloor:
    """Return the floor of a pair's noisier side: the one that decides how much to take."""
    return min(floors, key=lambda floor: floor.snr_db if np.isfinite(floor.snr_db) else np.inf)


def _pairs(num_channels: int) -> list[tuple[int, int]]:
    """Return (first, count): mono and stereo as they are, more channels one by one."""
    if num_channels <= 2:
        return [(0, num_channels)]
    return [(channel, 1) for channel in range(num_channels)]


def _block_hops(audio: Audio) -> int:
    from toolkit.dsp import mmse

    num_bins = mmse.long_grid(audio.sample_rate).num_bins * min(audio.num_channels, 2)
    return int(np.clip(_CELLS // num_bins, 48, 512))


STAGE = Denoise
