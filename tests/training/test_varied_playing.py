import numpy as np
import pytest

from toolkit.training import varied_playing
from toolkit.training.beat_values import Played
from toolkit.values import Note, Notes

BEATS = 0.5 + 0.5 * np.arange(60)


@pytest.fixture
def played():
    notes = Notes(tuple(Note(float(at), float(at) + 0.4, 60 + n % 7) for n, at in enumerate(BEATS)))
    return Played(notes, BEATS, BEATS[::4])


def test_notes_stay_on_their_beats_in_another_tempo(played):
    rng = np.random.default_rng(1)
    other = varied_playing.warped(played, rng)
    np.testing.assert_allclose([note.onset for note in other.notes], other.beats, atol=1e-9)
    np.testing.assert_allclose(other.beats[::4], other.downbeats)
    assert np.abs(other.beats - played.beats).max() > 0.1
    assert (np.diff(other.beats) > 0.1).all()


def test_some_notes_are_missing_and_some_are_new(played):
    rng = np.random.default_rng(2)
    heard = [varied_playing.misheard(list(played.notes), rng) for _ in range(20)]
    names = {note.pitch for note in played.notes}
    assert min(len(each) for each in heard) < len(BEATS)
    assert any(note.pitch not in names for each in heard for note in each)
    assert all(note.onset >= 0 and note.offset > note.onset for each in heard for note in each)


def test_too_few_notes_are_left_alone():
    few = Played(Notes((Note(0.5, 0.9, 60), Note(1.0, 1.4, 62))), BEATS[:3], BEATS[:1])
    assert varied_playing.varied(few, np.random.default_rng(0)) is few
