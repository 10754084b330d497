"""Vary a tune as players of a style do."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.style.lead_sheet import LeadSheet


@stage
class Embellish:
    """Keep a tune's structural notes, re-time and decorate the others, answer in its rests."""

    style: str = param("jazz-swing", help="in whose idiom; see: tonearm styles")
    amount: float = param(-1.0, low=-1, high=1, help="0 as written, 1 free; -1 the style's own")
    lock: str = param("", help="bars that stay as they are, such as 1-8,17")

    def __call__(self, sheet: LeadSheet, run: Run) -> LeadSheet:
        """Return the sheet with the varied melody; reports how many notes there were and are."""
        from toolkit.style.bar_ranges import spans
        from toolkit.style.melody.embellish import embellish
        from toolkit.style.style import load_style

        melody = load_style(self.style).melody
        varied = embellish(
            sheet,
            amount=melody.change if self.amount < 0 else self.amount,
            idiom=melody.idiom,
            rng=run.rng(),
            locked=spans(self.lock, sheet),
        )
        run.report(notes_before=len(sheet.melody), notes_after=len(varied.melody))
        return varied


STAGE = Embellish
