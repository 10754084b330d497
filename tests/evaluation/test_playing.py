import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.evaluation import playing, varying
from toolkit.style.lead_sheet import Bar, LeadSheet, LineNote

lists = st.lists(st.integers(0, 8).map(float), min_size=1, max_size=30).map(np.array)


@given(lists, lists)
def test_ks_distance_against_a_naive_reference(first, second):
    naive = max(
        abs(np.mean(first <= place) - np.mean(second <= place)) for place in {*first, *second}
    )
    assert playing.ks_distance(first, second) == pytest.approx(naive)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_swing_and_delay_are_found_where_they_were_put(ratio):
    places = np.arange(40) / 2
    beats = places * 0.4
    swung = np.floor(places) + np.where(places % 1 > 0, ratio / (1 + ratio), 0)
    onsets = swung * 0.4 + 0.02
    assert playing.soloist_swing(onsets, places) == pytest.approx(ratio)
    assert playing.on_beat_delay(onsets, places, beats) == pytest.approx(0.02)
    assert np.isnan(playing.soloist_swing(beats[::2], places[::2]))


def test_classes_of_tempo_begin_where_the_table_says():
    assert [playing.tempo_class(each) for each in (40, 50, 149.9, 150, 400)] == [
        50, 50, 100, 150, 300,
    ]  # fmt: skip


@given(
    st.lists(st.integers(0, 2), min_size=0, max_size=25), st.lists(st.integers(0, 2), max_size=25)
)
def test_longest_copied_run_against_a_naive_search(first, second):
    corpus, line = tuple((each, 6) for each in first), tuple((each, 6) for each in second)
    naive = max(
        (
            length + 1
            for length in range(5, len(line) + 1)
            for start in range(len(line) - length + 1)
            for other in range(len(corpus) - length + 1)
            if line[start : start + length] == corpus[other : other + length]
        ),
        default=0,
    )
    assert varying.index([corpus]).longest_run(line) == naive


def test_recall_counts_structural_notes_by_length():
    notes = (LineNote(0.0, 1.0, 60), LineNote(1.0, 3.0, 64), LineNote(4.0, 9.0, 65, 0.2))
    sheet = LeadSheet((Bar(0.0, 4),), notes)
    moved = LeadSheet((Bar(0.0, 4),), (LineNote(0.5, 1.0, 72), LineNote(1.6, 1.0, 64)))
    assert varying.recall(sheet, sheet) == 1.0
    assert varying.recall(sheet, moved) == pytest.approx(0.25)
    assert varying.recall(LeadSheet((Bar(0.0, 4),)), moved) == 1.0
