"""Find the key of notes."""

from __future__ import annotations

from dataclasses import replace

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Notes


@stage
class EstimateKey:
    """Find the keys of notes from how long each pitch class sounds."""

    modulations: bool = param(True, help="find changes of key, rather than one key for all")

    def __call__(self, notes: Notes, run: Run) -> Notes:
        """Return the notes with their keys, none where nothing pitched sounds."""
        from toolkit.style import key

        whole = key.key(notes)
        single = ((0.0, whole),) if whole else ()
        found = key.keys(notes) if self.modulations else single
        run.report(key=whole, keys=len(found))
        return replace(notes, keys=found)


STAGE = EstimateKey
