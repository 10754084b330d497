"""Write down the notes of each stem as a track of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit import chunks
from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio, Note, Notes, Stems

_PROGRAMS = {"piano": 0, "guitar": 25, "bass": 33, "other": 48, "vocals": 53}
_IGNORED = "noise"
_BLOCK = 1 << 20
# A stem 50 dB below the mixture holds what leaked into it.
_LEAKAGE = 10 ** (-50 / 20)


@stage
class TranscribeStems:
    """Write down the notes of each stem: pitched ones as one program each, drums as a drum track.

    Stems called piano, guitar, bass, vocals and other get the program of that instrument (other:
    strings, unless said), drums are told apart as bass drum, snare and hi-hat, and a stem called
    noise is left out.
    """

    model: str = param(
        "auto",
        choices=("auto", "notes", "basic-pitch", "transkun"),
        help="who listens to pitched stems; auto chooses for each and says why",
    )
    profile: str = param(
        "clean",
        choices=("raw", "clean", "score"),
        help="all that was heard, without slips and what was heard in noise, or tidied to read",
    )
    other_program: int = param(
        48, low=0, high=127, help="General MIDI program of stems with no instrument's name"
    )
    bends: bool = param(False, help="keep how notes stray from their pitch (basic-pitch)")

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Return the bundled network's name where it may be the one that listens."""
        from toolkit.adapters import transcribers

        return (transcribers.CHECKPOINT,) if self.model in ("auto", "notes") else ()

    def __call__(self, stems: Stems, run: Run) -> Notes:
        """Return the notes of all stems together, with the pedal of the piano."""
        levels = {name: _rms(audio) for name, audio in stems.items()}
        loudest = max(levels.values())
        wanted = [
            name
            for name in stems
            if name != _IGNORED and levels[name] > _LEAKAGE * loudest and levels[name] > 0
        ]
        found: list[Note] = []
        pedal: tuple[tuple[float, float], ...] = ()
        for number, name in enumerate(wanted):
            local = _part(run, number, len(wanted))
            notes = self._stem(name, stems[name], local)
            run.report(**{f"{name}_{key}": value for key, value in local.findings.items()})
            found += list(notes)
            pedal = pedal or notes.pedal
        run.report(notes=len(found))
        return Notes(tuple(found), pedal=pedal)

    def _stem(self, name: str, audio: Audio, run: Run) -> Notes:
        from toolkit.adapters import transcribers
        from toolkit.dsp import drum_hits

        if name == "drums":
            return drum_hits.transcribe(audio, run)
        program = _PROGRAMS.get(name, self.other_program)
        if name == "other":
            program = self.other_program
        options = transcribers.Options(program=program, bends=self.bends)
        return transcribers.write_down(audio, run, self.model, self.profile, options)


def _rms(audio: Audio) -> float:
    energy = 0.0
    for block in chunks.blocks(audio.samples, size=_BLOCK):
        energy += float(np.sum(block.samples**2, dtype=np.float64))
    return float(np.sqrt(energy / max(audio.samples.size, 1)))


def _part(run: Run, number: int, total: int) -> Run:
    """Return the run with findings of its own, whose progress is one of `total` equal parts."""

    def progress(step: str, done: float, whole: float) -> None:
        run.progress(step, number + (done / whole if whole else 1.0), total)

    return replace(run, progress=progress, findings={})


STAGE = TranscribeStems
