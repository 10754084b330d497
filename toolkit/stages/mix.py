"""Put the parts of a performance together."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.style.performance import Performance
from toolkit.values import Stems


@stage
class MixParts:
    """Set levels, places and a room for all parts, and bring the whole to a loudness."""

    lufs: float = param(-16.0, unit="LUFS", low=-40, high=-8, help="integrated loudness")

    def __call__(self, stems: Stems, performance: Performance, run: Run) -> Stems:
        """Return the parts as they are in the mix: their sum is the mix. Reports the faders."""
        from toolkit.style.performing.mixing import mix
        from toolkit.style.style import load_style

        style = load_style(performance.arrangement.style)
        return mix(stems, performance, style, lufs=self.lufs, run=run)


STAGE = MixParts
