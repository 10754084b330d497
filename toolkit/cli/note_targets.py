"""Name what is made of notes, and write their other forms: score, table, picture, audition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.batch import Naming
from toolkit.restore import Targets
from toolkit.values import Audio, Notes

SUFFIXES = {
    "musicxml": ".musicxml",
    "csv": ".csv",
    "plot": ".notes.png",
    "audition": ".audition.wav",
}
"""What the forms are called and what their names end with."""


@dataclass(frozen=True)
class NotesNaming(Naming):
    """Hold how notes and their other forms are named: ``song.mid``, or ``song.score.mid``.

    Parameters
    ----------
    companions : tuple[str, ...]
        Keys of `SUFFIXES`.
    """

    companions: tuple[str, ...] = ()

    def targets(self, stem: str, suffix: str, folder: Path) -> Targets:
        """Return the targets for a source's stem, or for the stem of a MIDI file that was named."""
        named = super().targets(stem, ".wav", folder)
        assert isinstance(named.output, Path)  # Naming names files
        # What was named is a file name with a role and a suffix, cut where it was too long.
        whole = named.output.with_suffix("")
        if not self.role:
            whole = whole.with_name(whole.name.removesuffix("."))
        if suffix.lower() in (".mid", ".midi"):
            whole = folder / stem
        places = {name: whole.with_name(whole.name + SUFFIXES[name]) for name in self.companions}
        return Targets(
            whole.with_name(f"{whole.name}.mid"), named.difference, places, write_companions
        )


def write_companions(notes: Notes, audio: Audio, places: Mapping[str, Path]) -> None:
    """Write every form of the notes that has a place, replacing what is there."""
    for name, path in places.items():
        _WRITERS[name](notes, audio, path)


def _score(notes: Notes, audio: Audio, path: Path) -> None:
    from toolkit.adapters import engraving

    engraving.write(path, notes, title=audio.tags.get("title") or path.stem, force=True)


def _table(notes: Notes, audio: Audio, path: Path) -> None:
    from toolkit.io import note_table

    note_table.write(path, notes, force=True)


def _picture(notes: Notes, audio: Audio, path: Path) -> None:
    from toolkit.report import piano_roll

    piano_roll.draw(notes, audio, path)


def _audition(notes: Notes, audio: Audio, path: Path) -> None:
    from toolkit.report import audition

    audition.write(notes, audio, path)


_WRITERS: dict[str, Callable[[Notes, Audio, Path], None]] = {
    "musicxml": _score,
    "csv": _table,
    "plot": _picture,
    "audition": _audition,
}
