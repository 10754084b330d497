from hypothesis import given
from hypothesis import strategies as st

from toolkit.dsp.note_values import UNITS, grids, lengths, place

WRITABLE = {96, 72, 48, 36, 24, 18, 12, 9, 8, 6, 4, 3, 2, 1}


@given(start=st.integers(0, 60), length=st.integers(1, 120))
def test_lengths_fill_and_can_be_written(start, length):
    found = lengths(start, start + length)
    assert sum(found) == length
    assert set(found) <= WRITABLE


@given(st.integers(1, 96))
def test_what_begins_off_the_beat_is_cut_at_a_beat(phase):
    start = phase % UNITS
    first = lengths(start, start + 48)[0]
    assert start == 0 or (start + first) <= UNITS or (start == 6 and first == 12)


def test_a_quarter_of_nothing_has_no_lengths():
    assert lengths(7, 7) == []


def test_grids_follow_what_is_played():
    even = [0.0, 0.26, 0.5, 0.74]
    triplets = [1.0, 1.33, 1.66]
    assert grids(even + triplets) == {0: 3, 1: 4}
    assert grids([]) == {}


@given(st.floats(0, 50), st.dictionaries(st.integers(0, 50), st.sampled_from([3, 4])))
def test_places_are_the_nearest_of_the_grid(time, steps):
    found = place(time, steps)
    step = steps.get(int(time + 1 / 16), 3)
    assert found % step == 0
    assert abs(found / UNITS - time) <= step / UNITS / 2 + 1e-9


def test_what_lies_just_before_a_beat_belongs_to_it():
    assert place(1.97, {0: 4, 1: 3}) == 24
