"""Find the beats, bars and tempo of notes."""

from __future__ import annotations

from dataclasses import replace

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Notes


@stage
class TrackBeats:
    """Find the beats of notes and write them down as tempo map and meters.

    No note moves. Notes that have a tempo map keep it unless `again` is set.
    """

    again: bool = param(False, help="track beats even where a tempo map is known")

    def __call__(self, notes: Notes, run: Run) -> Notes:
        """Return the notes with tempo map and meters, unchanged if there are too few."""
        from toolkit.style import timeline
        from toolkit.style.listening import structure

        if notes.tempo_map and not self.again:
            return notes
        found = structure.pulse(notes)
        run.report(beats=len(found.beats), downbeats=len(found.downbeats))
        if len(found.beats) < 2:
            return notes
        run.report(tempo=round(found.tempo, 2), meter="{}/{}".format(*found.meter))
        tempo_map, meters = timeline.write(found.beats, found.places, found.lengths, found.compound)
        return replace(notes, tempo_map=tempo_map, meters=meters)


STAGE = TrackBeats
