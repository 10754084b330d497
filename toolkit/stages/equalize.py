"""Apply the replay curve that a disc was cut for."""

from __future__ import annotations

from toolkit.dsp.replay_curves import REPLAY_CURVES
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio

_NAMES = tuple(REPLAY_CURVES)


@stage
class Equalize:
    """Apply the replay curve a disc was cut for, and take back the one the transfer has applied.

    Discs were cut with weak bass and, later, strong treble; each label had its own curve before
    1954. Which one fits is the user's knowledge: nothing is guessed, and with the defaults nothing
    is done. A 78 played through a modern (RIAA) preamplifier needs ``undo = "riaa"`` along with its
    own curve.
    """

    curve: str = param("flat", choices=_NAMES, help="replay curve to apply")
    undo: str = param("flat", choices=_NAMES, help="curve that the transfer has applied already")
    low_hz: float = param(
        0.0, unit="Hz", low=0, high=1000, help="remove what lies below (12 dB an octave), 0 = off"
    )
    high_hz: float = param(
        0.0,
        unit="Hz",
        low=0,
        high=384_000,
        help="remove what lies above (12 dB an octave), 0 = off",
    )
    strength: float = param(1.0, low=0, high=1, help="share of the equalized signal in the output")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the equalized recording, 0 dB at 1 kHz, of the same length."""
        from toolkit.dsp import equalizer

        if self.strength == 0 or audio.num_samples == 0:
            return audio
        sections = equalizer.replay_sections(
            audio.sample_rate,
            REPLAY_CURVES[self.curve],
            REPLAY_CURVES[self.undo],
            self.low_hz,
            self.high_hz,
        )
        if not len(sections):
            return audio
        out = equalizer.filter_sections(
            audio.samples,
            sections,
            out=run.scratch(audio.samples.shape),
            offset_span=audio.sample_rate,
            mix=self.strength,
            progress=run.tick,
        )
        run.report(curve=self.curve, undo=self.undo, sections=len(sections))
        return audio.with_samples(out)


STAGE = Equalize
