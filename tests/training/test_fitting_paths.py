import numpy as np
import pytest

from toolkit.style.listening import bars, beat_paths
from toolkit.training import fitting_paths
from toolkit.training.beat_material import Piece


@pytest.fixture(scope="module")
def cases():
    works = ("bach/bwv66.6", "bach/bwv269", "mozart/k155/movement3")
    return fitting_paths.cases([Piece(work, "works", "steady") for work in works])


def test_trust_is_fitted_and_what_it_reaches_is_told(cases):
    found = fitting_paths.fit(cases[:1])
    assert set(found["mean F of beats not heard"]) == {"works, steady"}
    assert found["mean F of beats not heard"]["works, steady"] > 0.8
    assert found["mean F of downbeats not heard"]["works, steady"] > 0.5
    assert beat_paths.Trust(**found["path trust"]).walk > 0
    assert bars.Trust(**found["bar trust"]).change > 0


def test_climbing_finds_what_is_better():
    def reached(trust):
        return {"works, steady": 1 - abs(np.log(trust.change / 10)) / 10}

    first = bars.Trust(beats=0.5, attacks=0.5, length=0.5, change=5.0)
    best, figures = fitting_paths.climbed(first, reached)
    assert best.length == 0.5
    assert abs(np.log(best.change / 10)) < 0.4
    assert figures == reached(best)


def test_kinds_are_averaged_and_weighed(cases):
    figures = fitting_paths.by_kind(cases, lambda case: float(len(case.played.beats) > 0))
    assert figures == {"works, steady": 1.0}
    assert fitting_paths.worth({"works, steady": 1.0, "works, rubato": 0.5}) == pytest.approx(0.75)
    assert np.isfinite(fitting_paths.worth({"songs, human": 0.3, "tunes, steady": 0.4}))
