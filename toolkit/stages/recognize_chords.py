"""Find the chords of notes."""

from __future__ import annotations

from dataclasses import replace

from toolkit.run import Run
from toolkit.stage import stage
from toolkit.values import Notes


@stage
class RecognizeChords:
    """Find the chords of notes, beat by beat."""

    def __call__(self, notes: Notes, run: Run) -> Notes:
        """Return the notes with their chords; beats are tracked where no tempo map is known."""
        from toolkit.style.listening import chords, structure

        beats, places = structure.known_beats(notes)
        found = chords.chords(notes, beats, places)
        run.report(chords=len(found))
        return replace(notes, chords=found)


STAGE = RecognizeChords
