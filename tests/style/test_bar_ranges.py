import pytest

from toolkit.errors import UsageError
from toolkit.style.bar_ranges import spans
from toolkit.style.lead_sheet import Bar, LeadSheet

SHEET = LeadSheet(tuple(Bar(3.0 * index, 3) for index in range(10)))


def test_bars_count_from_one():
    assert spans("1-2, 10", SHEET) == ((0.0, 6.0), (27.0, 30.0))
    assert spans("", SHEET) == ()


@pytest.mark.parametrize("text", ["0", "11", "5-3", "9-12"])
def test_bars_that_are_not_there(text):
    with pytest.raises(UsageError, match="the piece has 10"):
        spans(text, SHEET)


@pytest.mark.parametrize("text", ["a", "1-", "-3", "1--2"])
def test_no_bars(text):
    with pytest.raises(UsageError, match="names no bars"):
        spans(text, SHEET)
