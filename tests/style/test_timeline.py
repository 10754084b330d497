from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.run import Run
from toolkit.style import timeline
from toolkit.style.listening import structure
from toolkit.values import Note, Notes

GAPS = st.lists(st.floats(0.3, 1.2), min_size=5, max_size=30)


@given(GAPS, st.floats(0, 2), st.integers(0, 3), st.booleans())
def test_written_beats_are_read_again(gaps, begin, pickup, compound):
    beats = begin + np.cumsum([0.0, *gaps])
    places = (np.arange(len(beats)) - pickup) % 4
    tempo_map, meters = timeline.write(beats, places, np.full(len(beats), 4), compound)
    assert tempo_map[0][0] == 0
    assert all(one[0] < two[0] for one, two in pairwise(tempo_map))
    first = float(beats[places == 0][0])
    # A piece that begins at once has no rest to fill a pickup of dotted quarters up with.
    if begin >= 0.05:
        quarters = float(timeline.quarters(tempo_map, first))
        assert quarters == pytest.approx(round(quarters), abs=1e-6)
    found = timeline.beats(tempo_map, meters, float(beats[-1]) + 1e-3)
    for beat in beats[pickup:]:
        assert np.abs(found - (beat if beat >= 0.05 else 0)).min() < 1e-6
    lines = timeline.bar_lines(tempo_map, meters, float(beats[-1]) + 1e-3)
    for line in beats[places == 0]:
        assert np.abs(lines - (line if line >= 0.05 else 0)).min() < 1e-6


@given(st.lists(st.floats(0, 30), min_size=1, max_size=9), GAPS)
def test_seconds_inverts_quarters(times, gaps):
    starts = np.cumsum([0.0, *gaps])
    tempo_map = tuple((float(at), 60 + 7 * index) for index, at in enumerate(starts))
    there = timeline.quarters(tempo_map, times)
    np.testing.assert_allclose(timeline.seconds(tempo_map, there), times, atol=1e-9)


def test_annotate_leaves_the_notes_alone():
    notes = Notes(
        tuple(
            Note(0.5 * each + 0.3, 0.5 * each + 0.7, 48 + 4 * (each % 4), 0.6) for each in range(64)
        )
    )
    run = Run()
    found = structure.annotate(notes, None, run)
    assert found.notes == notes.notes
    assert found.tempo_map
    assert found.meters
    assert found.keys
    assert found.chords
    assert run.findings["beats"] > 20


def test_annotate_takes_empty_notes():
    assert structure.annotate(Notes(), None, Run()) == Notes()
