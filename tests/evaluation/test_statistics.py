import math

import pytest

from toolkit.evaluation.statistics import paired_differences, worst_decile


def test_differences_are_of_files_that_both_have():
    one = {"a": 3.0, "b": 5.0, "c": 1.0}
    assert paired_differences(one, {"b": 4.0, "a": 1.0, "d": 0.0}) == (2.0, 1.0)
    assert paired_differences(one, {}) == ()


def test_worst_decile():
    assert worst_decile(list(range(101))) == pytest.approx(10)
    assert math.isnan(worst_decile([]))
