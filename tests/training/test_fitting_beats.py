import numpy as np
import pytest

from toolkit.training import fitting_beats
from toolkit.training.beat_material import Piece
from toolkit.training.fitting_beats import Example

PIECE = Piece("bach/bwv66.6", "works", "steady")


def invented(rng, works):
    """Return examples in which the first feature alone tells which candidate is right."""
    made = []
    for number in range(works):
        features = rng.normal(0, 1, (8, 3))
        scores = np.where(features[:, 0] == features[:, 0].max(), 0.95, 0.3)
        manner = ("steady", "rubato")[number % 2]
        made.append(Example(f"composer{number}", "works", manner, features, scores))
    return made


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    return tmp_path


def test_the_feature_that_tells_is_found():
    weights = fitting_beats.level_weights(invented(np.random.default_rng(1), 60))
    assert weights[0] > 5 * np.abs(weights[1:]).max()


def test_unknown_composers_are_chosen_for_as_well():
    reached = fitting_beats.cross_validated(invented(np.random.default_rng(2), 60))
    assert set(reached) == {"works, steady", "works, rubato"}
    assert min(reached.values()) > 0.8


def test_a_composer_is_one_author():
    one, two = (Piece(f"haydn/opus{number}", "works", "steady", number) for number in (1, 2))
    assert one.author == two.author == "haydn"


def test_logistic_regression_finds_the_slope():
    rng = np.random.default_rng(3)
    features = np.column_stack([rng.normal(0, 1, 20000), np.ones(20000)])
    odds = features @ np.array([1.5, -0.5])
    truth = rng.uniform(size=20000) < 1 / (1 + np.exp(-odds))
    found = fitting_beats.logistic(features, truth, np.ones(20000))
    np.testing.assert_allclose(found, [1.5, -0.5], atol=0.08)


def test_examples_hold_what_each_candidate_reaches(cache):
    fitting_beats.store_chains([PIECE], cache, 0, 1)
    some = fitting_beats.examples([PIECE], cache)
    assert len(some) == 1
    assert len(some[0].features) == len(some[0].scores)
    assert some[0].scores.max() > 0.8


def test_the_weights_of_the_choice_are_fitted():
    fitted = fitting_beats.levels(invented(np.random.default_rng(5), 30))
    assert len(fitted["level weights"]) == 3
    assert set(fitted["mean F without network"]) == {"works, steady", "works, rubato"}


def test_the_patterns_of_a_piece_are_complete():
    found = fitting_beats.accents([PIECE, Piece("bach/bwv269", "works", "steady")])
    assert np.array(found["pattern rates"]).shape == (8, 3, 12)
    assert len(found["accent weights"]) == 6


def test_performances_of_each_kind_are_chosen_evenly():
    pieces = [Piece(f"a/{n}", "tunes", ("steady", "rubato")[n % 2]) for n in range(3000)]
    chosen = fitting_beats.some_of(pieces)
    assert 40 < len(chosen) < 90
    manners = [piece.manner for _, piece in chosen]
    assert abs(manners.count("steady") - manners.count("rubato")) < 2
    assert all(pieces[number] is piece for number, piece in chosen)
