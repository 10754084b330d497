"""Play an arrangement."""

from __future__ import annotations

from dataclasses import replace

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.style.arrangement import Arrangement
from toolkit.style.performance import Performance


@stage
class Perform:
    """Turn beats into seconds as players do: swing by role and tempo, timing, dynamics."""

    swing: float = param(
        0.0, low=0, high=4, help="ratio of a soloist's eighths, 1 is even; 0: by style and tempo"
    )

    def __call__(self, arrangement: Arrangement, run: Run) -> Performance:
        """Return the notes of every part in seconds."""
        from toolkit.style.performing.perform import perform
        from toolkit.style.style import load_style

        style = load_style(arrangement.style)
        played = perform(
            arrangement,
            style=replace(style, feel=arrangement.feel or style.feel),
            rng=run.rng(),
            swing=self.swing or None,
        )
        run.report(notes=sum(len(part) for part in played.parts.values()))
        return played


STAGE = Perform
