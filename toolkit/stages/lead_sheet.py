"""Write a piece down as a lead sheet."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.style.lead_sheet import LeadSheet
from toolkit.values import Notes


@stage
class MakeLeadSheet:
    """Find tune, chords with their functions, keys, phrases and bars of a piece."""

    key: str = param("", help="transpose into this key, such as Eb or C# (mode stays)")
    title: str = param("", help="title of the piece")

    def __call__(self, notes: Notes, run: Run) -> LeadSheet:
        """Return the lead sheet; reports tempo, key, bars, and how sure the tune is."""
        from toolkit.style.key import nearest_transposition
        from toolkit.style.sheet.sheet_making import make_sheet

        sheet = make_sheet(notes, title=self.title, run=run)
        if self.key:
            sheet = sheet.transposed(nearest_transposition(sheet.keys[0][1], self.key))
        run.report(
            tempo=round(sheet.tempo, 1),
            key=sheet.keys[0][1],
            bars=len(sheet.bars),
            beats_per_bar=sheet.beats_per_bar,
            phrases=len(sheet.phrases),
            melody_notes=len(sheet.melody),
            melody_confidence=round(sheet.melody_confidence, 2),
        )
        return sheet


STAGE = MakeLeadSheet
