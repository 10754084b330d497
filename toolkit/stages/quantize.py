"""Move notes onto the grid of their beats."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Notes


@stage
class Quantize:
    """Move onsets and offsets to the nearest subdivision of the beats in the tempo map."""

    straight: int = param(4, low=1, high=8, help="parts of a quarter where the beat is even")
    triplet: bool = param(True, help="allow three parts where they fit better")

    def __call__(self, notes: Notes, run: Run) -> Notes:
        """Return the notes on the grid, in the same tempo map; as they are where there is none."""
        if not len(notes):
            return notes
        if not notes.tempo_map:
            run.report(notes=0, why="no beats are known")
            return notes
        from toolkit.style.listening.quantize import quantize

        parts = (self.straight, 3) if self.triplet and self.straight != 3 else (self.straight,)
        moved = quantize(notes, subdivisions=parts)
        run.report(notes=len(moved))
        return moved


STAGE = Quantize
