from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.dsp.bar_lines import bars
from toolkit.dsp.note_values import UNITS

METERS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 12), st.sampled_from([2, 4, 8, 16])), max_size=5
)


@given(METERS, st.integers(0, 2000))
def test_bars_meet_and_reach_the_end(meters, last):
    found = bars([(float(at), top, bottom) for at, top, bottom in meters], last)
    assert found[0].start == 0
    assert found[-1].stop >= last
    assert all(one.stop == other.start for one, other in pairwise(found))
    for bar in found:
        top, bottom = bar.meter
        assert bar.stop - bar.start == 4 * UNITS * top // bottom


def test_no_meter_is_four_quarters():
    assert [(bar.start, bar.stop, bar.meter) for bar in bars((), 50)] == [
        (0, 48, (4, 4)),
        (48, 96, (4, 4)),
    ]


def test_a_pickup_is_a_short_first_bar():
    found = bars(((0.0, 1, 4), (1.0, 3, 4)), 48)
    assert [(bar.start, bar.stop, bar.meter) for bar in found] == [
        (0, 12, (1, 4)),
        (12, 48, (3, 4)),
    ]


@pytest.mark.parametrize(("change", "meter"), [(6.0, (2, 4)), (7.02, (3, 4))])
def test_a_change_within_a_bar_shortens_it(change, meter):
    found = bars(((0.0, 4, 4), (change, 3, 4)), 120)
    assert found[1].meter == meter
    assert found[2].meter == (3, 4)
    assert found[2].start == round(change) * UNITS
