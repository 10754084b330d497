import numpy as np
import pytest

from toolkit.style.listening import beat_levels
from toolkit.style.listening.attack_features import NUM_OUTPUTS
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


def test_only_the_first_features_are_used_if_asked():
    some = invented(np.random.default_rng(1), 60)
    assert len(fitting_beats.level_weights(some, 2)) == 2
    assert fitting_beats.cross_validated(some, 1)["works, steady"] > 0.9


def test_unknown_composers_are_chosen_for_as_well():
    reached = fitting_beats.cross_validated(invented(np.random.default_rng(2), 60))
    assert set(reached) == {"works, steady", "works, rubato"}
    assert min(reached.values()) > 0.8


def test_a_composer_is_in_one_part():
    one, two = (Piece(f"haydn/opus{number}", "works", "steady", number) for number in (1, 2))
    assert one.author == two.author
    assert one.fold == two.fold


def test_logistic_regression_finds_the_slope():
    rng = np.random.default_rng(3)
    features = np.column_stack([rng.normal(0, 1, 20000), np.ones(20000)])
    odds = features @ np.array([1.5, -0.5])
    truth = rng.uniform(size=20000) < 1 / (1 + np.exp(-odds))
    found = fitting_beats.logistic(features, truth, np.ones(20000))
    np.testing.assert_allclose(found, [1.5, -0.5], atol=0.08)


def unheard(piece):
    """Return what a network would say that knows nothing."""
    attacks = fitting_beats.attack_features.attacks(piece.play().notes, ask=False)
    return {"0": np.zeros((len(attacks.times), NUM_OUTPUTS), np.float32)}


def test_examples_hold_what_each_candidate_reaches(cache):
    fitting_beats.store_chains([PIECE], cache, 0, 1)
    some = fitting_beats.examples([PIECE], cache, unheard(PIECE))
    assert len(some) == 1
    assert some[0].features.shape == (len(some[0].scores), beat_levels.NUM_HEARD + 8)
    assert some[0].scores.max() > 0.8


def test_weights_are_fitted_with_and_without_the_network():
    fitted = fitting_beats.levels(invented(np.random.default_rng(5), 30))
    assert len(fitted["level weights"]) == 3
    assert set(fitted["mean F without network"]) == {"works, steady", "works, rubato"}


def test_the_constants_of_a_piece_are_complete(cache):
    pieces = [PIECE, Piece("bach/bwv269", "works", "steady")]
    found = fitting_beats.accents(pieces)
    assert np.array(found["pattern rates"]).shape == (8, 3, 12)
    told = unheard(pieces[0]) | {"1": unheard(pieces[1])["0"]}
    pieces_of_two = [*pieces, Piece("mozart/k155/movement3", "works", "steady")]
    told["2"] = unheard(pieces_of_two[2])["0"]
    fitted = fitting_beats.bar_constants(pieces_of_two, told)
    assert len(fitted["bar weights"]) == 9
    assert {len(means) for means in fitted["bar means"].values()} == {2, 3, 4}
    assert fitted["bar means"]["4"][0] == max(fitted["bar means"]["4"])
