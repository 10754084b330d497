"""No way through the choices is cheaper than the one that is found."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.dsp.cheapest_path import cheapest_path


@given(seed=st.integers(0, 10**6), counts=st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_it_is_the_cheapest_of_all(seed: int, counts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    own = [rng.random(count) for count in counts]
    moves = [np.zeros((0, 0))]
    moves += [rng.random((before, after)) for before, after in pairwise(counts)]

    def cost(path: tuple[int, ...]) -> float:
        alone = sum(each[choice] for each, choice in zip(own, path, strict=True))
        return alone + sum(moves[step][path[step - 1], path[step]] for step in range(1, len(path)))

    found = tuple(cheapest_path(own, moves.__getitem__))
    least = min(cost(path) for path in product(*(range(count) for count in counts)))
    assert cost(found) == pytest.approx(least)


def test_of_equals_the_first_is_taken() -> None:
    assert cheapest_path([np.zeros(3)] * 4, lambda step: np.zeros((3, 3))) == [0, 0, 0, 0]
