import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.harmony.changes import joined, of_sheet
from toolkit.style.harmony.chord_events import FIELDS, NUM_CHORDS, NUM_DURATIONS, events, number_of
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, Phrase

CHARTS = st.builds(
    lambda tonic, minor, beats, rows: joined("x", (tonic, minor), beats, rows),
    st.integers(0, 11),
    st.booleans(),
    st.sampled_from((2, 3, 4, 5, 6)),
    st.lists(
        st.tuples(
            st.integers(1, 12).map(float),
            st.builds(Chord, st.integers(0, 11), st.sampled_from(tuple(QUALITIES))),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    ),
)


@given(CHARTS)
def test_events_fill_the_chart_and_never_cross_a_bar_line(chart):
    found = events(chart)
    assert found.chords.min() >= 0
    assert found.chords.max() < NUM_CHORDS
    assert found.durations.max() < NUM_DURATIONS
    assert (found.places < np.array(FIELDS)).all()
    assert (found.durations + 1).sum() == sum(each.duration for each in chart.chords)
    assert (found.places[:, 0] + found.durations + 1 <= chart.beats).all()


@given(CHARTS, st.integers(1, 11))
def test_a_transposed_chart_is_the_same(chart, semitones):
    rows = [(each.duration, each.chord.transposed(semitones), each.opens) for each in chart.chords]
    key = (chart.tonic + semitones) % 12, chart.minor
    moved = events(joined("x", key, chart.beats, rows))
    assert (moved.chords == events(chart).chords).all()


def test_a_chord_is_its_degree_and_class():
    assert number_of(Chord(7, "7"), 0) % 12 == 7
    assert number_of(Chord(7, "7", ("b9",)), 0) != number_of(Chord(7, "7", ("9",)), 0)
    assert number_of(Chord(2, "m7"), 0) == number_of(Chord(4, "m7", ("11",)), 2)


def test_a_lead_sheet_is_a_chart_with_phrases_as_sections():
    chords = (ChordSpan(0, 8, Chord(9, "m")), ChordSpan(8, 8, Chord(4, "7")))
    sheet = LeadSheet(
        tuple(Bar(4.0 * i, 4) for i in range(4)), (), chords, keys=((0.0, "A minor"),),
        phrases=(Phrase(0, 8), Phrase(8, 8)),
    )  # fmt: skip
    chart = of_sheet(sheet)
    assert (chart.tonic, chart.minor, chart.beats) == (9, True, 4)
    assert [each.opens for each in chart.chords] == [True, True]
    assert events(chart).places[:, 2].tolist() == [0, 1, 0, 1]
