import numpy as np
import pytest

from toolkit.style.listening import bar_repeats
from toolkit.values import Note, Notes

BEAT = 0.5


def bars_of(length, count, start=0.0, seed=0):
    """Return bars of a bass tone and chords above it, the harmony drawn anew for each bar."""
    rng = np.random.default_rng(seed)
    notes = []
    for bar in range(count):
        root = int(rng.choice([36, 41, 43, 45]))
        for beat in range(length):
            at = start + (bar * length + beat) * BEAT
            pitches = (root,) if beat == 0 else (root + 16, root + 19, root + 24)
            notes += [Note(at, at + 0.4, pitch) for pitch in pitches]
    return notes


@pytest.mark.parametrize(("length", "sign"), [(2, -1), (3, 1), (4, -1)])
def test_what_comes_again_tells_bars_of_three(length, sign):
    notes = Notes(tuple(bars_of(length, 24)))
    beats = BEAT * np.arange(length * 24)
    found = bar_repeats.triple(notes, beats)
    assert found.shape == beats.shape
    assert (sign * found > 0.05).all()


def test_each_part_of_a_piece_has_its_own_meter():
    first = bars_of(4, 40)
    notes = Notes((*first, *bars_of(3, 60, start=160 * BEAT)))
    found = bar_repeats.triple(notes, BEAT * np.arange(340))
    assert found[:100].max() < 0 < found[-100:].min()


def test_few_beats_and_no_notes_say_hardly_anything():
    for count in (2, 5, 9):
        beats = BEAT * np.arange(count)
        silent = bar_repeats.triple(Notes(), beats)
        assert np.abs(silent).max() <= 0.051
        assert bar_repeats.triple(Notes(tuple(bars_of(3, 3))), beats).shape == (count,)
