"""Hand a lead sheet to a band."""

from __future__ import annotations

from dataclasses import replace

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.style.arrangement import Arrangement
from toolkit.style.lead_sheet import LeadSheet


@stage
class Arrange:
    """Write a part for every player of an ensemble, with introduction and ending."""

    style: str = param("jazz-swing", help="see: tonearm styles")
    ensemble: str = param("", help="such as trio, quartet, solo-piano; the style's first if empty")
    tempo: float = param(0.0, unit="beats/min", low=0, high=400, help="0: near the piece's own")
    rhythm: bool = param(True, help="new accompaniment; else the piece's own voices")
    harmony: bool = param(True, help="new harmony: chords and voices give way to each other")
    lock: str = param("", help="bars whose chords stay all the same, such as 1-8,17")
    timbre: bool = param(True, help="the style's instruments; else a piano plays all")

    def __call__(self, sheet: LeadSheet, run: Run) -> Arrangement:
        """Return the arrangement; reports tempo and how many tones each part has."""
        from toolkit.style.band import texture
        from toolkit.style.band.arranging import arrange
        from toolkit.style.bar_ranges import spans
        from toolkit.style.style import load_style

        style = load_style(self.style)
        if not self.rhythm:
            style = texture.as_written(style, self.ensemble, fitted=self.harmony)
        if not self.timbre:
            style = texture.on_piano(style)
        made = arrange(
            sheet,
            style=style,
            ensemble="" if not self.rhythm else self.ensemble,
            rng=run.rng(),
            tempo=self.tempo or None,
            locked=spans(self.lock, sheet) if self.harmony else None,
        )
        run.report(tempo=round(made.tempo[0][1], 1), tones=made.counts())
        if style.borrowed is not None:
            from toolkit.style.borrowed.pattern_network import CHECKPOINT
            from toolkit.style.borrowed.telling import told

            known = {bar.beats for bar in style.borrowed.bars}
            run.report(
                borrowed_from=style.borrowed.source,
                bars_chosen_by=CHECKPOINT,
                bars_fitted=sum(bar.beats not in known for bar in made.sheet.bars),
                **told(style),
            )
        # As it was asked for: a style in a file of the user's own is found by its path.
        return replace(made, style=self.style, feel=style.feel)


STAGE = Arrange
