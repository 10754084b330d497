"""Write down the notes of a recording."""

from __future__ import annotations

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Notes


@stage
class Transcribe:
    """Write down the notes that sound in a recording.

    ``model = "auto"`` takes transkun for a piano of up to ten minutes where that package is
    installed (its notes are the best, with velocities and pedal, but a second costs two), else the
    network that ships, else basic-pitch; which one it was and why stands in the record.
    """

    model: str = param(
        "auto",
        choices=("auto", "notes", "basic-pitch", "transkun"),
        help="who listens; auto chooses and says why",
    )
    profile: str = param(
        "clean",
        choices=("raw", "clean", "score"),
        help="all that was heard, without slips and what was heard in noise, or tidied to read",
    )
    program: int = param(
        -1, low=-1, high=127, help="General MIDI program of the notes; -1: not known, as a piano"
    )
    onset_threshold: float = param(
        0.5, low=0.05, high=0.95, help="how sure basic-pitch must be that a note begins"
    )
    frame_threshold: float = param(
        0.3, low=0.05, high=0.95, help="how sure basic-pitch must be that a note sounds"
    )
    bends: bool = param(False, help="keep how notes stray from their pitch (basic-pitch)")

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Return the bundled network's name where it may be the one that listens."""
        from toolkit.adapters import transcribers

        return (transcribers.CHECKPOINT,) if self.model in ("auto", "notes") else ()

    def __call__(self, audio: Audio, run: Run) -> Notes:
        """Return the notes, none for silence and steady noise."""
        from toolkit.adapters import transcribers

        options = transcribers.Options(
            self.program, self.onset_threshold, self.frame_threshold, self.bends
        )
        notes = transcribers.write_down(audio, run, self.model, self.profile, options)
        if notes.pedal:
            run.report(pedals=len(notes.pedal))
        return notes


STAGE = Transcribe
