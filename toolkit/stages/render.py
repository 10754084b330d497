"""Make played notes sound."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.style.performance import Performance
from toolkit.values import Audio, Stems

_TAIL_SECONDS = 3.0


@stage
class Render:
    """Play every part with the best SoundFont that is here, each into a stem of its own."""

    sample_rate: int = param(44100, unit="Hz", low=8000, high=96000, help="of the stems")

    def __call__(self, performance: Performance, run: Run) -> Stems:
        """Return the dry parts, stereo; reports the font, its licence and what played it."""
        from toolkit.adapters import sound_bank

        bank = sound_bank.best()
        run.report(soundfont=bank.name, licence=bank.licence, synthesizer=bank.synthesizer)
        last = max((part.duration for part in performance.parts.values()), default=0.0)
        shape = (2, round((last + _TAIL_SECONDS) * self.sample_rate))
        stems = {}
        for place, (name, notes) in enumerate(performance.parts.items()):
            samples = run.scratch(shape)
            if len(notes):
                kit = performance.arrangement.part(name).kit
                bank.play_into(samples, notes, sample_rate=self.sample_rate, kit=kit)
            stems[name] = Audio(samples, self.sample_rate)
            run.tick(place + 1, len(performance.parts))
        return Stems(stems)


STAGE = Render
