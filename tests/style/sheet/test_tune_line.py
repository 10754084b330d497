import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.style.lead_sheet import Bar, LineNote
from toolkit.style.sheet.tune_line import accents, single_line, weighed

BARS = tuple(Bar(4.0 * index, 4) for index in range(16))

notes = st.builds(
    LineNote,
    st.integers(-8, 200).map(lambda each: each / 4),
    st.integers(1, 20).map(lambda each: each / 4),
    st.integers(40, 90),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(notes, max_size=30))
def test_a_voice_has_one_note_at_a_time(many):
    line = single_line(many)
    for one, other in itertools.pairwise(line):
        assert one.onset < other.onset
        assert one.offset <= other.onset + 1e-9
    assert {note.onset for note in line} == {note.onset for note in many}
    assert all(0 <= note.weight <= 1 for note in weighed(line, BARS))


def test_grace_notes_go_and_the_bass_keeps_the_lower():
    grace, main = LineNote(1.0, 1 / 8, 71), LineNote(1.0, 1.0, 72)
    assert single_line([grace, main])[0].pitch == 72
    octave = [LineNote(0.0, 1.0, 36), LineNote(0.0, 1.0, 48)]
    assert single_line(octave)[0].pitch == 48
    assert single_line(octave, highest=False)[0].pitch == 36


def test_accents_follow_the_meter():
    found = accents(np.array([0, 2, 1, 0.5, 0.25, -1, 4.0]), BARS)
    np.testing.assert_allclose(found, [1, 0.8, 0.6, 0.3, 0.1, 0.6, 1])
    thirds = accents(np.array([0, 1 / 3, 0.5]), BARS, parts=3)
    np.testing.assert_allclose(thirds, [1, 0.3, 0.1])
    waltz = tuple(Bar(3.0 * index, 3) for index in range(4))
    np.testing.assert_allclose(accents(np.array([0, 1, 2, 3.0]), waltz), [1, 0.6, 0.6, 1])


def test_long_strong_notes_weigh_more_than_passing_ones():
    line = [
        LineNote(0.0, 2.0, 72),
        LineNote(2.0, 0.5, 74),
        LineNote(2.5, 0.5, 76),
        LineNote(3.0, 0.5, 77),
        LineNote(3.5, 0.5, 79),
        LineNote(4.0, 3.0, 81),
        LineNote(8.0, 4.0, 72),
    ]
    weights = [note.weight for note in weighed(line, BARS)]
    assert min(weights[0], weights[5], weights[6]) > 0.6
    assert max(weights[2], weights[3], weights[4]) < 0.4
    assert weighed((), BARS) == ()
