"""Let MMA, Musical MIDI Accompaniment, play a chord chart: bands of every style, part by part.

MMA (B. van der Poel) is a GPL program. It is run as a program of its own and nothing of it is
imported, copied or stored here; its grooves stay in its package.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from toolkit.adapters import debian
from toolkit.adapters.channel_notes import notes_and_gains
from toolkit.errors import ToolkitError
from toolkit.values import Notes

_HELD_OUT_SHARE = 8
_DEFINITION = re.compile(r"^\s*DefGroove\s+(\S+)", re.IGNORECASE | re.MULTILINE)
_SILENT = re.compile(r"metronome|none", re.IGNORECASE)


def grooves(*, held_out: bool) -> tuple[str, ...]:
    """Return the names of grooves, ``library:name``, sorted.

    One library file of eight, by a hash of its name, is held out: its grooves are for measuring,
    those of the others for training.
    """
    found = set()
    for path in sorted((_home() / "lib").rglob("*.mma")):
        if (zlib.crc32(path.stem.encode()) % _HELD_OUT_SHARE == 0) == held_out:
            if _SILENT.search(path.stem):
                continue
            library = path.parent.name
            text = path.read_text(encoding="utf-8", errors="replace")
            found |= {f"{library}:{name}" for name in _DEFINITION.findall(text)}
    return tuple(sorted(found))


def accompany(chords: Sequence[str], groove: str, tempo: float, seed: int = 0) -> Notes:
    """Return what a band plays over a chord chart.

    Parameters
    ----------
    chords : sequence of str
        One chord a bar, as MMA spells them: ``C``, ``Am7``, ``F#m7b5``, ``Bb7b9``.
    groove : str
        One of `grooves`.
    tempo : float
        Beats a minute.
    seed : int
        For MMA's own variation of times and volumes.

    Returns
    -------
    toolkit.values.Notes
        Programs tell the instruments; what MMA plays on its drum channel has `DRUMS`.

    Raises
    ------
    ToolkitError
        If MMA cannot be had, or does not know a chord or the groove; with its own words.
    """
    import mido

    home = _home()
    lines = [f"RndSeed {seed}", f"Tempo {tempo:g}", f"Groove {groove}"]
    lines += [f"{bar} {chord}" for bar, chord in enumerate(chords, 1)]
    with tempfile.TemporaryDirectory() as folder:
        chart, song = Path(folder) / "chart.mma", Path(folder) / "song.mid"
        chart.write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, home / "mma.py", chart, "-f", song],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        if done.returncode or not song.is_file():
            words = done.stdout.strip().splitlines()[-1:] or ["no file came"]
            raise ToolkitError(f"MMA cannot play {groove}: {words[0]}", "see its manual")
        return _notes(mido.MidiFile(song, clip=True))


def _notes(song: Iterable[Any]) -> Notes:
    """Return the notes of a song; MMA says how loud they are by their velocities alone."""
    return Notes(tuple(note for note, _ in notes_and_gains(song)))


@lru_cache(maxsize=1)
def _home() -> Path:
    """Return MMA's folder, its list of grooves made."""
    home = debian.fetch("mma") / "usr" / "share" / "mma"
    program = home / "mma.py"
    if not program.is_file():
        # MMA finds its modules and library beside its program, wherever that lies.
        shutil.copy(home.parent.parent / "bin" / "mma", program)
        subprocess.run([sys.executable, program, "-G"], check=True, capture_output=True)
    return home
