"""Give a tune other chords."""

from __future__ import annotations

from dataclasses import asdict

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.style.lead_sheet import LeadSheet


@stage
class Reharmonize:
    """Replace chords by ones of the style that do the same and fit the tune."""

    style: str = param("jazz-swing", help="whose harmony; see: tonearm styles")
    amount: float = param(
        -1.0, low=-1, high=1, help="0 colors only, 0.5 as professionals do, 1 bold; -1 the style's"
    )
    lock: str = param("", help="bars that stay as they are, such as 1-8,17")

    def __call__(self, sheet: LeadSheet, run: Run) -> LeadSheet:
        """Return the sheet with other chords; reports what was done, and to which chord."""
        from toolkit.style.band.tempo_choice import shortest_held
        from toolkit.style.bar_ranges import spans
        from toolkit.style.harmony.reharmonize import explained
        from toolkit.style.style import load_style

        style = load_style(self.style)
        harmony = style.harmony
        made = explained(
            sheet,
            amount=harmony.reharm if self.amount < 0 else self.amount,
            palette=harmony.palette,
            color=harmony.color,
            rng=run.rng(),
            locked=spans(self.lock, sheet),
            held=shortest_held(sheet, style.tempo),
        )
        run.report(
            chords_before=len(sheet.chords),
            chords_after=len(made.sheet.chords),
            moves=[asdict(change) for change in made.changes],
        )
        return made.sheet


STAGE = Reharmonize
