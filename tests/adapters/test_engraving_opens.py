"""Scores are opened by MuseScore itself, a program of its own: ``apt-get install musescore3``."""

import os
import shutil
import subprocess
from itertools import pairwise

import pytest
from mido import MidiFile

from toolkit.adapters import engraving
from toolkit.values import DRUMS, Note, Notes

TUNE = (60, 62, 64, 67, 65, 64, 62, 60, 59, 62, 67, 65)
WALTZ = Notes(
    (
        *(Note(0.5 * at, 0.5 * at + 0.5, pitch) for at, pitch in enumerate(TUNE)),
        *(Note(1.5 * at, 1.5 * at + 1.4, 36 + at, program=32) for at in range(4)),
        *(Note(0.25 * at, 0.25 * at + 0.05, 42, program=DRUMS) for at in range(24)),
    ),
    tempo_map=((0.0, 120.0),),
    meters=((0.0, 3, 4),),
    keys=((0.0, "G major"),),
    chords=((0.0, "C:maj7"), (1.5, "D:min7"), (3.0, "G:7"), (4.5, "C:maj6/3")),
)


def attacks(path):
    """Return (quarter, pitch) of what a MIDI file begins, drums apart."""
    file = MidiFile(path)
    found = {False: [], True: []}
    for track in file.tracks:
        at = 0
        for message in track:
            at += message.time
            if message.type == "note_on" and message.velocity:
                place = round(4 * at / file.ticks_per_beat) / 4
                found[message.channel == 9].append((place, message.note))
    return sorted(found[False]), sorted(found[True])


@pytest.mark.slow
def test_musescore_plays_what_was_written(tmp_path):
    program = shutil.which("mscore3") or shutil.which("mscore") or shutil.which("MuseScore3")
    assert program, "MuseScore is not installed: apt-get install musescore3"
    engraving.write(tmp_path / "waltz.musicxml", WALTZ, title="Waltz")
    played = tmp_path / "waltz.mid"
    done = subprocess.run(
        [program, "-o", played, tmp_path / "waltz.musicxml"],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0
    pitched, struck = attacks(played)
    assert pitched == sorted((2 * n.onset, n.pitch) for n in WALTZ if n.program != DRUMS)
    assert len(struck) == 24
    assert all(later - earlier == 0.5 for (earlier, _), (later, _) in pairwise(struck))
