import json

import numpy as np
import pytest

from toolkit.run import Run
from toolkit.style.listening import ghosts, structure
from toolkit.training import fitting_ghosts
from toolkit.values import DRUMS, Audio, Note, Notes


def heard(count, seed=0):
    """Return tones that are sure, each third with an octave above it of which nobody is."""
    rng = np.random.default_rng(seed)
    notes = []
    for at in range(count):
        pitch = int(rng.integers(45, 70))
        notes.append(Note(0.5 * at, 0.5 * at + 0.45, pitch, 0.7, confidence=0.9))
        if at % 3 == 0:
            octave = Note(0.5 * at + 0.01, 0.5 * at + 0.2, pitch + 12, 0.5, confidence=0.52)
            notes.append(octave)
    return Notes(tuple(notes))


def test_unsure_overtones_go_and_sure_tones_stay():
    notes = heard(60)
    kept = ghosts.without_ghosts(notes)
    doubtful = sum(note.confidence < 0.6 for note in notes)
    left = sum(note.confidence < 0.6 for note in kept)
    assert left < 0.3 * doubtful
    assert sum(note.confidence > 0.6 for note in kept) > 0.95 * 60


def test_written_notes_and_drums_stay():
    written = Notes(tuple(Note(n.onset, n.offset, n.pitch, n.velocity) for n in heard(9)))
    assert ghosts.without_ghosts(written) is written
    beaten = Notes((*heard(9), Note(1.0, 1.1, 40, 0.5, DRUMS, confidence=0.2)))
    kept = ghosts.without_ghosts(beaten)
    assert sum(note.program == DRUMS for note in kept) == 1
    assert ghosts.without_ghosts(Notes()) == Notes()


def test_a_long_recording_is_described_as_its_parts_are():
    notes = heard(400).notes
    whole = ghosts.describe(notes)
    assert whole.shape == (len(notes), ghosts.NUM_FEATURES)
    middle = len(notes) // 2
    near = [note for note in notes if abs(note.onset - notes[middle].onset) < 12]
    place = next(index for index, note in enumerate(near) if note is notes[middle])
    np.testing.assert_allclose(ghosts.describe(near)[place], whole[middle], atol=2e-3)


def test_ghosts_are_notes_without_a_played_one():
    played = [Note(0.0, 1.0, 60), Note(1.0, 2.0, 60), Note(1.0, 2.0, 64)]
    found = [Note(0.05, 0.9, 60), Note(0.06, 0.5, 60), Note(1.02, 2.0, 64), Note(1.0, 1.5, 72)]
    assert fitting_ghosts.are_ghosts(played, found).tolist() == [False, True, False, True]


def test_odds_are_as_frequent_as_the_class():
    rng = np.random.default_rng(1)
    classes = rng.uniform(size=4000) < 0.1
    features = np.column_stack([rng.normal(size=4000) + 1.5 * classes, rng.normal(size=4000)])
    said = fitting_ghosts.learned(features, classes).probability(features)
    assert said.mean() == pytest.approx(0.1, abs=0.03)


def test_the_fit_fits_what_is_described():
    fitted = json.loads(ghosts.PATH.read_text(encoding="utf-8"))
    assert len(fitted["weights"]) == ghosts.NUM_FEATURES
    assert fitted["measured"]["precision"] > 0.5


def test_annotating_leaves_ghosts_of_a_recording_out_and_moves_no_note():
    notes, run = heard(60), Run()
    recording = Audio(np.zeros((1, 800), np.float32), 8000)
    found = structure.annotate(notes, recording, run, clean=True)
    assert run.findings["ghosts"] == len(notes) - len(found.notes) > 10
    assert set(found.notes) < set(notes.notes)
    assert structure.annotate(notes, recording, Run()).notes == notes.notes
