"""Make prelude.flac and prelude.mid: J. S. Bach, Prelude in C major, BWV 846 (1722).

The notes are written out here; the performance (tempo, dynamics, pedal, small unevenness) is
computed with a fixed seed. The MIDI file holds the whole piece, the recording its first 19 bars,
rendered by FluidSynth with the grand piano of the MuseScore General SoundFont (MIT; piano samples
in the public domain); Debian's packages fluidsynth and musescore-general-soundfont-small:

    python samples/make_prelude.py /usr/share/sounds/sf3/MuseScore_General_Lite.sf3
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pretty_midi
import soundfile

from toolkit.values import Note, Notes

HERE = Path(__file__).parent
SAMPLE_RATE = 44100
RECORDED_BARS = 19

# A bar of the broken chords: two notes for the left hand, three for the right, played twice.
CHORDS = """
C4 E4 G4 C5 E5 | C4 D4 A4 D5 F5 | B3 D4 G4 D5 F5 | C4 E4 G4 C5 E5 | C4 E4 A4 E5 A5
C4 D4 F#4 A4 D5 | B3 D4 G4 D5 G5 | B3 C4 E4 G4 C5 | A3 C4 E4 G4 C5 | D3 A3 D4 F#4 C5
G3 B3 D4 G4 B4 | G3 Bb3 E4 G4 C#5 | F3 A3 D4 A4 D5 | F3 Ab3 D4 F4 B4 | E3 G3 C4 G4 C5
E3 F3 A3 C4 F4 | D3 F3 A3 C4 F4 | G2 D3 G3 B3 F4 | C3 E3 G3 C4 E4 | C3 G3 Bb3 C4 E4
F2 F3 A3 C4 E4 | F#2 C3 A3 C4 Eb4 | Ab2 F3 B3 C4 D4 | G2 F3 G3 B3 D4 | G2 E3 G3 C4 E4
G2 D3 G3 C4 F4 | G2 D3 G3 B3 F4 | G2 Eb3 A3 C4 F#4 | G2 E3 G3 C4 G4 | G2 D3 G3 C4 F4
G2 D3 G3 B3 F4 | C2 C3 G3 Bb3 E4
"""
RUNNING = (
    ("C2", "C3", "F3 A3 C4 F4 C4 A3 C4 A3 F3 A3 F3 D3 F3 D3"),
    ("C2", "B2", "G3 B3 D4 F4 D4 B3 D4 B3 G3 B3 D3 F3 E3 D3"),
)
LAST = "C2 C3 E4 G4 C5"

# How loud each bar is meant, 0..1: waves toward the dissonances, calm at the cadences.
DYNAMICS = (
    *(0.44, 0.47, 0.52, 0.46, 0.55, 0.52, 0.56, 0.50, 0.46, 0.52, 0.43, 0.55, 0.48, 0.54, 0.45),
    *(0.47, 0.50, 0.52, 0.40, 0.46, 0.50, 0.58, 0.60, 0.56, 0.52, 0.56, 0.58, 0.66, 0.60, 0.57),
    *(0.54, 0.50, 0.46, 0.44, 0.38),
)
QUARTERS_A_MINUTE = 72.0
CADENCES = (11, 19, 35)


def midi_number(name: str) -> int:
    """Return the MIDI number of a note such as ``F#4``; C4 is 60."""
    return int(pretty_midi.note_name_to_number(name))


def bars() -> list[list[tuple[int, int, int]]]:
    """Return each bar's notes as (first sixteenth, number of sixteenths, MIDI number)."""
    written = []
    for chord in re.split(r"[|\n]", CHORDS.strip()):
        low, second, *figure = (midi_number(name) for name in chord.split())
        written.append([note for half in (0, 8) for note in _half(half, low, second, figure)])
    for low, second, run in RUNNING:
        notes = [(0, 16, midi_number(low)), (1, 15, midi_number(second))]
        notes += [(2 + step, 1, midi_number(name)) for step, name in enumerate(run.split())]
        written.append(notes)
    written.append([(0, 16, midi_number(name)) for name in LAST.split()])
    return written


def _half(at: int, low: int, second: int, figure: list[int]) -> list[tuple[int, int, int]]:
    right = [(at + 2 + step, 1, pitch) for step, pitch in enumerate(figure * 2)]
    return [(at, 8, low), (at + 1, 7, second), *right]


def sixteenth_times() -> np.ndarray:
    """Return the time of each sixteenth of the piece and of its end, in seconds.

    The tempo breathes over four bars by 4 %, waits a little on each half bar, and yields before
    cadences.
    """
    number = len(DYNAMICS)
    position = np.arange(16 * number) / 16
    tempo = QUARTERS_A_MINUTE * (1 - 0.04 * np.cos(2 * np.pi * position / 4))
    for cadence in CADENCES:
        before = (position - (cadence - 2)) / 1.0
        depth = 0.45 if cadence == number else 0.12
        tempo *= 1 - depth * np.clip(before, 0, 1) ** 2 * (position < cadence - 1)
    tempo[position >= number - 1] *= 0.55
    lengths = 60 / tempo / 4
    lengths[::8] *= 1.06
    return np.concatenate(([0.0], np.cumsum(lengths)))


def perform() -> tuple[Notes, tuple[tuple[float, float], ...], np.ndarray]:
    """Return the notes as played, the spans of the pedal, and the time at which each bar begins."""
    rng = np.random.default_rng(1722)
    times = sixteenth_times() + 0.3
    notes, pedal = [], []
    for number, bar in enumerate(bars()):
        top = max(pitch for _, _, pitch in bar)
        for at, length, pitch in bar:
            begin = times[16 * number + at] + rng.normal(0, 0.005)
            end = times[16 * number + at + length] - 0.01
            stress = 0.08 * (at == 0) + 0.04 * (pitch == top) - 0.03 * (at % 8 > 1)
            velocity = float(np.clip(DYNAMICS[number] + stress + rng.normal(0, 0.015), 0.1, 1))
            notes.append(
                Note(round(begin, 4), round(max(end, begin + 0.05), 4), pitch, round(velocity, 3))
            )
        halves = (0, 8) if number < len(DYNAMICS) - 3 else (0,)
        for half in halves:
            up = times[16 * number + half + 16 // len(halves)]
            pedal.append((times[16 * number + half] + 0.06, up - 0.01))
    return Notes(tuple(notes)), tuple(pedal), times[::16]


def write_midi(notes: Notes, pedal: tuple[tuple[float, float], ...], path: Path) -> None:
    """Write a performance as a MIDI file of one piano track with its pedal."""
    midi = pretty_midi.PrettyMIDI(initial_tempo=QUARTERS_A_MINUTE, resolution=960)
    piano = pretty_midi.Instrument(program=0, name="Piano")
    for note in notes:
        velocity = round(note.velocity * 127)
        piano.notes.append(pretty_midi.Note(velocity, note.pitch, note.onset, note.offset))
    for down, up in pedal:
        piano.control_changes.append(pretty_midi.ControlChange(64, 127, down))
        piano.control_changes.append(pretty_midi.ControlChange(64, 0, up))
    midi.instruments.append(piano)
    midi.write(str(path))


def fluidsynth(notes: Notes, pedal: tuple[tuple[float, float], ...], soundfont: Path) -> np.ndarray:
    """Return a performance as stereo samples, with a little of the synthesizer's own room."""
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder) / "score.mid", Path(folder) / "sound.wav"
        write_midi(notes, pedal, score)
        room = ("-o", "synth.reverb.level=0.4", "-o", "synth.reverb.room-size=0.4", "-C", "0")
        output = ("-r", str(SAMPLE_RATE), "-T", "wav", "-O", "float", "-F", str(sound))
        command = ("fluidsynth", "-ni", "-q", "-g", "0.7", *room, *output, soundfont, score)
        subprocess.run(command, check=True)
        samples, _ = soundfile.read(sound, dtype="float64", always_2d=True)
    return np.array(samples.T)


def main(soundfont: Path) -> None:
    """Write both files beside this script."""
    notes, pedal, bar_times = perform()
    write_midi(notes, pedal, HERE / "prelude.mid")
    end = float(bar_times[RECORDED_BARS])
    excerpt = Notes(tuple(note for note in notes if note.onset < end - 0.05))
    held = tuple(span for span in pedal if span[0] < end)
    samples = fluidsynth(excerpt, held, soundfont)[:, : round((end + 2) * SAMPLE_RATE)]
    samples *= 10 ** (-3 / 20) / np.abs(samples).max()
    fade = int(0.5 * SAMPLE_RATE)
    samples[:, -fade:] *= np.linspace(1, 0, fade) ** 2
    dither = np.random.default_rng(846).triangular(-1, 0, 1, samples.shape) / 2**15
    soundfile.write(
        HERE / "prelude.flac", (samples + dither).T, SAMPLE_RATE, subtype="PCM_16", format="FLAC"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
