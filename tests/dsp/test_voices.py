from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.dsp.note_values import grids
from toolkit.dsp.voices import Chord, chords, hands, strokes, voices
from toolkit.io.timeline import follow
from toolkit.values import Note, Notes

NOTES = st.lists(
    st.tuples(st.floats(0, 20), st.floats(0.01, 4), st.integers(30, 90)), max_size=40
).map(lambda drawn: Notes(tuple(Note(at, at + last, pitch) for at, last, pitch in drawn)))


def grouped(notes):
    line = follow(notes, 1 << 14)
    return chords(notes.notes, line, grids(line.quarter(note.onset) for note in notes))


@settings(max_examples=60, deadline=None)
@given(NOTES)
def test_no_pitch_is_lost_and_no_voice_overlaps(notes):
    found = grouped(notes)
    right, left = hands(found)
    for hand in (right, left):
        parted = voices(hand)
        for voice in parted:
            assert all(chord.start < chord.stop for chord in voice)
            assert all(one.stop <= other.start for one, other in pairwise(voice))
        begun = {(chord.start, note.pitch) for chord in hand for note in chord.notes}
        written = {(c.start, note.pitch) for voice in parted for c in voice for note in c.notes}
        assert written == begun
    both = {(chord.start, note.pitch) for chord in (*right, *left) for note in chord.notes}
    assert both == {(chord.start, note.pitch) for chord in found for note in chord.notes}


@settings(max_examples=60, deadline=None)
@given(NOTES)
def test_strokes_are_all_written_and_held_to_the_next_within_their_quarter(notes):
    found = grouped(notes)
    held = strokes(found)
    assert all(one.stop <= other.start for one, other in pairwise(held))
    assert all(c.start < c.stop <= (c.start // 12 + 1) * 12 for c in held)
    assert all(c.stop % 12 == 0 or c.stop in {each.start for each in held} for c in held)
    assert {(c.start, n.pitch) for c in held for n in c.notes} == {
        (c.start, n.pitch) for c in found for n in c.notes
    }


def test_notes_that_begin_and_end_together_are_a_chord():
    notes = Notes((Note(0, 1, 60), Note(0.01, 1.02, 64), Note(0, 0.5, 67), Note(0, 0.6, 60)))
    assert [(c.start, c.stop, [n.pitch for n in c.notes]) for c in grouped(notes)] == [
        (0, 12, [67]),
        (0, 24, [60, 64]),
    ]


def test_hands_part_at_the_widest_gap_near_middle_c():
    chord = Chord(0, 12, tuple(Note(0, 1, pitch) for pitch in (50, 54, 57, 69, 72)))
    right, left = hands([chord])
    assert [note.pitch for note in right[0].notes] == [69, 72]
    assert [note.pitch for note in left[0].notes] == [50, 54, 57]


def test_a_third_voice_cuts_the_one_that_ends_last():
    found = [Chord(start, 48, (Note(0, 1, pitch),)) for start, pitch in ((0, 72), (3, 67), (6, 64))]
    upper, lower = voices(found)
    assert [(each.start, each.stop) for each in (*upper, *lower)] == [(0, 6), (6, 48), (3, 48)]
