import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.dsp.note_cleanup import PROFILES, clean_up
from toolkit.values import DRUMS, Note, Notes

LOW = Note(0, 1, 48, 0.8, confidence=0.8)
NOTES = st.lists(
    st.tuples(
        st.floats(0, 5),
        st.floats(0, 2),
        st.integers(40, 76),
        st.floats(0.1, 1),
        st.sampled_from([0, 40, DRUMS]),
    ),
    max_size=20,
).map(
    lambda drawn: Notes(
        tuple(
            Note(at, at + last, pitch, sure, program, confidence=sure)
            for at, last, pitch, sure, program in drawn
        )
    )
)


@given(NOTES)
def test_what_is_clean_stays(notes):
    once = clean_up(notes, "clean")
    assert set(once.notes) <= set(clean_up(once, "clean").notes) | set(once.notes)
    assert len(once) <= len(notes)
    drums = [note for note in notes if note.program == DRUMS]
    assert [note for note in once if note.program == DRUMS] == drums
    assert clean_up(notes, "raw") is notes


@pytest.mark.parametrize(
    ("note", "stays"),
    [
        (Note(0.01, 0.9, 60, 0.3, confidence=0.3), False),
        (Note(0.01, 0.9, 60, 0.3, confidence=0.5), True),
        (Note(0.01, 1.5, 60, 0.3, confidence=0.3), True),
        (Note(0.5, 0.9, 60, 0.3, confidence=0.3), True),
        (Note(0.01, 0.9, 67, 0.3, confidence=0.3), True),
        (Note(0.01, 0.9, 60, 0.3, program=40, confidence=0.3), True),
        (Note(0.5, 0.52, 55, 0.8), False),
        (Note(0.02, 0.9, 48, 0.3), False),
    ],
)
def test_ghosts_slips_and_doubles(note, stays):
    assert (note in clean_up(Notes((LOW, note)), "clean").notes) == stays


def test_written_octaves_stay_however_soft():
    octave = Notes((Note(0, 1, 48, 0.9), Note(0, 1, 60, 0.1)))
    assert clean_up(octave, "clean") == octave


def test_no_such_profile():
    with pytest.raises(ValueError, match=", ".join(PROFILES)):
        clean_up(Notes(), "cleaner")


def test_score_brings_chords_together_and_closes_small_rests():
    notes = clean_up(Notes((Note(0, 0.95, 60), Note(0.02, 0.9, 64), Note(1, 2, 62))), "score")
    assert [note.onset for note in notes] == [0, 0, 1]
    assert [note.offset for note in notes if note.onset == 0] == [1, 0.9]
