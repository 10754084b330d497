import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import UsageError
from toolkit.style import timeline
from toolkit.style.listening.quantize import quantize
from toolkit.values import Note, Notes

TEMPO = ((0.0, 100.0), (2.4, 120.0), (5.4, 90.0))


def test_jitter_is_taken_out():
    rng = np.random.default_rng(0)
    places = np.array([0, 1, 1.5, 2, 2.25, 2.5, 3, 4 + 1 / 3, 4 + 2 / 3, 5])
    true = timeline.seconds(TEMPO, places)
    notes = Notes(
        tuple(
            Note(max(at + rng.normal(0, 0.008), 0), at + 0.2, 60 + index)
            for index, at in enumerate(true)
        ),
        TEMPO,
    )
    found = quantize(notes)
    np.testing.assert_allclose([note.onset for note in found], true, atol=1e-6)
    assert found.tempo_map == TEMPO


@given(st.lists(st.tuples(st.floats(0, 8), st.floats(0, 2)), min_size=1, max_size=30))
def test_order_is_kept_and_no_note_vanishes(spans):
    notes = Notes(tuple(Note(begin, begin + length, 60) for begin, length in spans), TEMPO)
    found = quantize(notes)
    assert len(found) == len(notes)
    assert all(note.offset > note.onset for note in found)
    onsets = [note.onset for note in found]
    assert onsets == sorted(onsets)


def test_a_tempo_map_is_needed():
    with pytest.raises(UsageError, match="tempo map"):
        quantize(Notes((Note(0, 1, 60),)))


def test_nothing_stays_nothing():
    assert quantize(Notes((), TEMPO)) == Notes((), TEMPO)
