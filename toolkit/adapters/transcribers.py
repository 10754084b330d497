"""The models that hear notes, each one function, and which of them suits a recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.adapters import basic_pitch, transkun
from toolkit.run import Run
from toolkit.values import Audio, Notes

if TYPE_CHECKING:
    from toolkit.checkpoints import Store

CHECKPOINT = "transcribe-notes-22k"
MODELS = ("auto", "notes", "basic-pitch", "transkun")

_PIANOS = range(8)
# Transkun takes two seconds a second: ten minutes of music are twenty minutes of waiting.
_SHORT_SECONDS = 600.0


@dataclass(frozen=True)
class Options:
    """Hold what a transcriber may be told.

    Parameters
    ----------
    program : int
        General MIDI program that the notes get, 0..127; -1 if the instrument is not known, which
        is written as a piano.
    onset_threshold, frame_threshold : float
        Of basic-pitch; see `toolkit.adapters.basic_pitch.transcribe`.
    bends : bool
        Whether to keep how notes stray from their pitch, where the model tells.
    """

    program: int = -1
    onset_threshold: float = 0.5
    frame_threshold: float = 0.3
    bends: bool = False

    @property
    def written(self) -> int:
        """Return the program that is written."""
        return max(self.program, 0)


def choose(audio: Audio, options: Options, store: Store) -> tuple[str, str]:
    """Return the model that ``auto`` means for a recording, and why in a few words."""
    if options.program in _PIANOS and transkun.is_installed():
        if audio.duration <= _SHORT_SECONDS:
            return "transkun", "a piano, and short enough for the slowest and best"
        why = f"a piano, but {audio.duration / 60:.0f} minutes are long for transkun"
    elif options.program in _PIANOS:
        why = "a piano, but transkun is not installed"
    else:
        why = "any instruments"
    if CHECKPOINT in store.names():
        return "notes", why
    return "basic-pitch", f"{why}; {CHECKPOINT} is not there"


def transcribe(audio: Audio, run: Run, model: str, options: Options) -> Notes:
    """Return the notes that a model of `MODELS` hears, and report which and why.

    Raises
    ------
    ToolkitError
        If the model is not there; never falls back to another.
    """
    from toolkit.checkpoints import shipped

    why = "asked for"
    if model == "auto":
        model, why = choose(audio, options, shipped())
    run.report(model=model, why=why)
    return _FUNCTIONS[model](audio, run, options)


def write_down(audio: Audio, run: Run, model: str, profile: str, options: Options) -> Notes:
    """Return the notes that a model hears, cleaned up by a profile of `note_cleanup.PROFILES`.

    With any profile but ``raw``, notes of which nothing stands out in the recording are left out:
    a steady noise has none.

    Raises
    ------
    ToolkitError
        If the model is not there.
    """
    from toolkit.dsp.note_cleanup import clean_up
    from toolkit.dsp.note_evidence import sounding

    heard = transcribe(audio, run, model, options)
    kept = heard if profile == "raw" else sounding(heard, audio)
    notes = clean_up(kept, profile)
    run.report(notes=len(notes), only_noise=len(heard) - len(kept))
    run.report(cleaned_away=len(kept) - len(notes))
    return notes


def _basic_pitch(audio: Audio, run: Run, options: Options) -> Notes:
    return basic_pitch.transcribe(
        audio,
        run,
        onset_threshold=options.onset_threshold,
        frame_threshold=options.frame_threshold,
        bends=options.bends,
        program=options.written,
    )


def _transkun(audio: Audio, run: Run, options: Options) -> Notes:
    return transkun.transcribe(audio, run, program=options.written)


def _notes(audio: Audio, run: Run, options: Options) -> Notes:
    from importlib import import_module

    from toolkit.checkpoints import shipped

    network = (run.checkpoints or shipped()).load(CHECKPOINT, run.device)
    # The architecture says how its own outputs become notes.
    architecture = import_module(type(network).__module__)
    found: Notes = architecture.transcribe(network, audio, run, program=options.written)
    return found


_FUNCTIONS: dict[str, Callable[[Audio, Run, Options], Notes]] = {
    "notes": _notes,
    "basic-pitch": _basic_pitch,
    "transkun": _transkun,
}
