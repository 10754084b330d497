import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.evaluation import events

RATE = 10000


def naive_spans(mask: np.ndarray, gap: int) -> list[list[int]]:
    found: list[list[int]] = []
    for index, value in enumerate(mask):
        if not value:
            continue
        if found and index - found[-1][1] <= gap:
            found[-1][1] = index + 1
        else:
            found.append([index, index + 1])
    return found


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 5))
def test_spans_equal_a_naive_walk(mask, gap):
    assert events.spans(np.array(mask, bool), gap).tolist() == naive_spans(np.array(mask), gap)


@given(st.lists(st.booleans(), max_size=60), st.lists(st.booleans(), max_size=60))
def test_overlaps_equal_a_naive_comparison(one, other):
    these, those = (events.spans(np.array(mask, bool)) for mask in (one, other))
    expected = [any(a < d and c < b for c, d in those) for a, b in these]
    assert events.overlaps(these, those).tolist() == expected


def signals() -> tuple[np.ndarray, np.ndarray]:
    clean = np.random.default_rng(0).standard_normal((1, 5000)).astype(np.float32)
    damaged = clean.copy()
    for at in (100, 1000, 2000, 3000):
        damaged[0, at : at + 10] += 1
    return clean, damaged


def test_a_perfect_repair():
    clean, damaged = signals()
    found = events.score(clean, damaged, clean, RATE)
    assert (found.precision, found.recall, found.off_target, found.f1) == (1, 1, 0, 1)


def test_doing_nothing():
    clean, damaged = signals()
    found = events.score(clean, damaged, damaged, RATE)
    assert (found.precision, found.recall, found.off_target, found.f1) == (1, 0, 0, 0)


def test_half_found_and_one_false():
    clean, damaged = signals()
    repaired = damaged.copy()
    repaired[0, 95:105] = clean[0, 95:105]
    repaired[0, 1000:1010] = clean[0, 1000:1010]
    repaired[0, 4000:4010] += 1
    found = events.score(clean, damaged, repaired, RATE)
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(2 / 4)
    assert found.off_target == pytest.approx(10 / 25, rel=1e-3)


def test_pieces_within_half_a_millisecond_are_one_event():
    clean, damaged = signals()
    repaired = damaged.copy()
    repaired[0, 100:110:4] = clean[0, 100:110:4]
    assert events.score(clean, damaged, repaired, RATE).recall == pytest.approx(1 / 4)
    assert events.score(clean, damaged, repaired, RATE).precision == 1
