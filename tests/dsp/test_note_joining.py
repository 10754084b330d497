import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.dsp.note_joining import join
from toolkit.values import Note, Notes

MUSIC = st.lists(
    st.tuples(st.integers(0, 100), st.integers(1, 8), st.integers(60, 64)), max_size=30
)


def apart(drawn):
    """Return notes of which no two of a pitch overlap, on a grid of a fifth of a second."""
    notes, ends = [], {}
    for begin, length, pitch in sorted(drawn):
        if begin >= ends.get(pitch, 0):
            ends[pitch] = begin + length
            notes.append(Note(begin / 5, (begin + length) / 5, pitch))
    return Notes(tuple(notes)).notes


@settings(max_examples=60, deadline=None)
@given(drawn=MUSIC, seed=st.integers(0, 99))
def test_pieces_with_jitter_join_to_the_whole(drawn, seed):
    rng = np.random.default_rng(seed)
    notes = apart(drawn)

    def pieces():
        for start in range(0, 24, 4):
            near = [note for note in notes if start - 2 <= note.onset < start + 6]
            moves = rng.uniform(-0.02, 0.02, len(near))
            found = [
                Note(max(note.onset + move, 0.0), note.offset + 0.03, note.pitch)
                for note, move in zip(near, moves, strict=True)
            ]
            yield float(start), start + 4.0, found

    joined = sorted(join(pieces()), key=lambda note: (round(note.onset * 5), note.pitch))
    assert [(round(note.onset * 5), note.pitch) for note in joined] == [
        (round(note.onset * 5), note.pitch) for note in notes
    ]


def test_a_note_found_on_both_sides_of_a_border_is_one():
    pieces = [(0.0, 4.0, [Note(3.98, 6, 60)]), (4.0, 8.0, [Note(4.01, 6, 60), Note(5, 6, 62)])]
    assert [(note.onset, note.pitch) for note in join(pieces)] == [(3.98, 60), (5, 62)]


def test_a_long_note_ends_where_its_pitch_begins_again():
    pieces = [(0.0, 4.0, [Note(1, 9, 60)]), (4.0, 8.0, [Note(6, 7, 60), Note(5, 7, 64)])]
    first = join(pieces)[0]
    assert (first.onset, first.offset) == (1, 6)


@pytest.mark.parametrize("tolerance", [0.0, 0.2])
def test_the_tolerance_says_how_far_apart(tolerance):
    pieces = [(0.0, 4.0, [Note(3.9, 5, 60)]), (4.0, 8.0, [Note(4.1, 5, 60)])]
    assert len(join(pieces, tolerance)) == (1 if tolerance else 2)


def test_nothing_joins_to_nothing():
    assert join([]) == ()
