import pytest

from toolkit.style.arrangement import Arrangement
from toolkit.style.lead_sheet import Bar, LeadSheet


def test_a_stretch_is_measured_without_introduction_and_ending():
    source = LeadSheet((Bar(0, 4), Bar(4, 4)))
    doubled = LeadSheet(tuple(Bar(4.0 * index, 4) for index in range(7)))
    arrangement = Arrangement(doubled, "waltz", (), ((0.0, 90.0),), (8.0, 24.0))
    assert arrangement.stretch(source) == pytest.approx(2.0)
