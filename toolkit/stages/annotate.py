"""Find beats, meter, key and chords of a performance."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Notes


@stage
class Annotate:
    """Give notes a tempo map, meters, keys and chords, from them and the recording they are of.

    Notes that have a tempo map already, as from a MIDI file, keep it unless told otherwise.
    """

    again: bool = param(False, help="replace a tempo map that is there")
    clean: bool = param(
        False, help="mend heard notes: no ghosts, full lengths; a voice alone gets no chords"
    )

    def __call__(self, notes: Notes, audio: Audio, run: Run) -> Notes:
        """Return the notes with what is known of their meter; nothing for no notes."""
        if not len(notes) or (notes.tempo_map and not self.again):
            return notes
        from toolkit.style.listening.structure import annotate

        return annotate(notes, audio, run, clean=self.clean)


STAGE = Annotate
