"""Are judges measured on groups that they have not learned from, and is nothing taken twice."""

import numpy as np
import pytest

from toolkit.evaluation import fitted_judges, logistic
from toolkit.evaluation.chord_corpora import split_of
from toolkit.style.chord import parse
from toolkit.style.harmony.changes import Change, Changes
from toolkit.training import judging
from toolkit.training.judging import Example


def invented(apart: float, groups: int = 24) -> list[Example]:
    rng = np.random.default_rng(3)
    found = []
    for group in range(groups):
        jazz = group % 2 == 0
        found += [
            Example(f"group {group}", jazz, rng.normal(size=4) + apart * jazz * np.eye(4)[1])
            for _ in range(12)
        ]
    return found


def test_what_is_told_apart_is_told_apart_on_groups_held_out() -> None:
    table = judging.fitted(invented(3.0))
    assert min(table["measured"]["auc on groups held out"]) > 0.95
    assert table["measured"]["jazz, rest, examples"] == [144, 144]
    judge = logistic.Logistic(
        *(np.array(table[name]) for name in ("center", "spread", "weights")),
        table["bias"], table["slope"], table["offset"],
    )  # fmt: skip
    jazz, rest = judge.probability(np.array([[0, 3.0, 0, 0], [0, 0.0, 0, 0]]))
    assert jazz > 0.85
    assert rest < 0.15


def test_what_is_not_told_apart_is_not() -> None:
    """Each group has a mark of its own, by which a judge that cheats would know its class."""
    marked = [
        Example(each.group, each.jazz, np.append(each.features, np.eye(24)[int(each.group[6:])]))
        for each in invented(0.0)
    ]
    table = judging.fitted(marked)
    assert max(table["measured"]["auc on groups held out"]) < 0.65


def test_hybrids_and_fills_are_no_examples() -> None:
    names = [f"stdlib:{name}{each}" for name in ("Swing", "JazzRock", "Bebop") for each in
             ("", "Intro", "Fill", "End", "1", "Sus", "Walk")]  # fmt: skip
    kept = judging.some(names)
    assert not any("Rock" in name or "Intro" in name or "Fill" in name for name in kept)
    assert judging.some(["casio:FastBigBand"]) == ["casio:FastBigBand"]


def test_long_charts_are_judged_by_their_beginning() -> None:
    chords = tuple(Change(4.0 * at, 4.0, parse("C")) for at in range(50))
    assert len(judging.begun(Changes("song", 0, False, 4, chords)).chords) == 32


@pytest.mark.parametrize("name", ["groove", "harmony", "line"])
def test_weights_are_what_the_code_would_write(name: str) -> None:
    table = fitted_judges.fitted()[name]
    assert set(table) == set(judging.fitted(invented(1.0)))
    assert table["slope"] > 0
    assert split_of("any title") in ("train", "validation", "test")
