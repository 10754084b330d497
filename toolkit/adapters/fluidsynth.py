"""Play notes with FluidSynth, a program that understands all of the SoundFont 2.01 format.

Fonts that shape their instruments by modulators, as MuseScore's do, need it.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from toolkit import chunks
from toolkit.errors import ToolkitError
from toolkit.io import midi
from toolkit.values import DRUMS, Notes, Samples

PROGRAM = "fluidsynth"

_DRUM_CHANNEL = 9
_BLOCK = 2**18


def is_here() -> bool:
    """Return whether the program is installed."""
    return shutil.which(PROGRAM) is not None


def play_into(out: Samples, notes: Notes, *, soundfont: Path, sample_rate: int, kit: int) -> None:
    """Render notes into an array of shape (2, any), which may be a memory map.

    Parameters
    ----------
    out : np.ndarray, shape (2, any)
        What would sound beyond its end is cut.
    notes : Notes
        With pedal.
    soundfont : Path
        An SF2 or SF3 file.
    sample_rate : int
        In Hz, 8000 to 96000.
    kit : int
        Program number of the drum kit.

    Raises
    ------
    ToolkitError
        If the program is not installed, or fails; with its own words.
    """
    if not is_here():
        raise ToolkitError("fluidsynth is not installed", "install it: apt-get install fluidsynth")
    with tempfile.TemporaryDirectory() as name:
        score, sound = Path(name) / "part.mid", Path(name) / "part.raw"
        score.write_bytes(_with_kit(midi.encode(notes), kit, notes))
        # No reverberation and no chorus of its own: the room is the desk's.
        command = [PROGRAM, "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.6", "-r", str(sample_rate)]
        command += ["-o", "synth.dynamic-sample-loading=1", "-T", "raw", "-O", "float"]
        command += ["-F", str(sound), str(soundfont), str(score)]
        done = subprocess.run(command, capture_output=True, check=False)
        words = done.stderr.decode(errors="replace").strip()[-200:]
        # A font that it cannot read is no reason for it to stop: it plays silence, or another.
        unread = "not a SoundFont" in words or "Failed to load" in words
        if done.returncode or unread or not sound.is_file():
            raise ToolkitError(f"{PROGRAM} failed: {words}", "check it with: fluidsynth --version")
        played = np.memmap(sound, np.float32, "r") if sound.stat().st_size else np.zeros(0, "f4")
        frames = min(len(played) // 2, out.shape[1])
        for start in range(0, frames, _BLOCK):
            stop = min(start + _BLOCK, frames)
            out[:, start:stop] = played[2 * start : 2 * stop].reshape(-1, 2).T
            chunks.release(played)
            chunks.release(out)


def _with_kit(data: bytes, kit: int, notes: Notes) -> bytes:
    """Return a MIDI file in which the drums' channel has its kit."""
    import mido

    if not kit or all(note.program != DRUMS for note in notes):
        return data
    file = mido.MidiFile(file=io.BytesIO(data))
    choose = mido.Message("program_change", channel=_DRUM_CHANNEL, program=kit, time=0)
    file.tracks[1].insert(0, choose)
    sink = io.BytesIO()
    file.save(file=sink)
    return sink.getvalue()
