"""The path of states that stay or switch is the best of all there are."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.style.switching import best_path, starts

STATES, STEPS = 3, 5


def worth(path: tuple[int, ...], odds: np.ndarray, change: np.ndarray) -> float:
    stays = sum(odds[step, state] for step, state in enumerate(path))
    return stays - sum(change[step] for step in range(1, len(path)) if path[step] != path[step - 1])


@given(seed=st.integers(0, 10**6), price=st.floats(0, 3))
def test_no_other_path_is_worth_more(seed: int, price: float) -> None:
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1, (STEPS, STATES))
    change = price * rng.random(STEPS)
    best = max(worth(path, odds, change) for path in product(range(STATES), repeat=STEPS))
    found = tuple(best_path(odds, change).tolist())
    assert worth(found, odds, change) == pytest.approx(best, abs=1e-9)


def test_one_price_holds_for_all_steps() -> None:
    odds = np.random.default_rng(2).normal(0, 1, (40, 6))
    assert best_path(odds, 0.7).tolist() == best_path(odds, np.full(40, 0.7)).tolist()
    assert best_path(odds, 0.0).tolist() == odds.argmax(axis=1).tolist()
    assert len(set(best_path(odds, 1e3).tolist())) == 1


def test_changes_are_where_the_state_is_new() -> None:
    assert starts(np.array([2, 2, 0, 0, 0, 2])).tolist() == [0, 2, 5]
    assert starts(np.array([4])).tolist() == [0]
