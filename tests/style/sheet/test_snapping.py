import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.style.sheet import snapping

FIGURES = ((0,), (0, 1 / 2), (0, 1 / 4, 1 / 2, 3 / 4), (0, 1 / 3, 2 / 3), (0, 3 / 4), (1 / 2,))


def rhythm(rng, beats=160):
    figures = rng.choice(len(FIGURES), beats, p=(0.3, 0.3, 0.1, 0.1, 0.1, 0.1))
    return np.concatenate([beat + np.array(FIGURES[each]) for beat, each in enumerate(figures)])


@pytest.mark.parametrize(("spread", "right"), [(0.0, 1.0), (0.015, 0.995), (0.03, 0.95)])
def test_played_rhythms_come_out_as_written(spread, right):
    rng = np.random.default_rng(3)
    written = rhythm(rng)
    played = written + rng.normal(0, spread, len(written))
    found, length = snapping.snap(played, played + 0.4)
    assert np.mean(np.abs(found - written) < 1e-6) >= right
    assert length.min() > 0


def test_rolled_chords_stay_together():
    roll = np.array([-0.09, -0.06, -0.03, 0.0])
    played = np.concatenate([beat + roll for beat in range(1, 9)])
    found, _ = snapping.snap(played, played + 0.8)
    np.testing.assert_allclose(found, np.repeat(np.arange(1, 9), 4))


def test_three_parts_are_usual_in_compound_meters_and_rare_in_simple_ones():
    rough = np.array([0.0, 0.3, 0.7])
    assert snapping.divisions(rough, np.zeros(3, int), parts=3)[0] == 3
    straight = np.array([0.0, 0.52])
    assert snapping.divisions(straight, np.zeros(2, int), parts=2)[0] == 2


def test_the_choice_is_the_cheapest_of_all_by_enumeration():
    rng = np.random.default_rng(5)
    kinds = snapping._DUPLE
    for _ in range(40):
        phase = np.sort(rng.uniform(-0.1, 0.87, int(rng.integers(1, 5))))
        away = np.abs(phase - np.rint(phase * 4) / 4)
        spread = min(max(1.5 * float(np.median(away)), 0.01), 0.05)
        share = min(1.0, 3 / len(phase))
        costs = []
        for steps, price in kinds:
            cost = price
            for index, each in enumerate(phase):
                cost += share * 0.5 * ((each - round(each * steps) / steps) / spread) ** 2
                if index and each - phase[index - 1] > max(3 * spread, 0.07):
                    same = round(each * steps) == round(phase[index - 1] * steps)
                    cost += 3.0 * same
            costs.append(cost)
        wanted = kinds[int(np.argmin(costs))][0]
        assert snapping.divisions(phase, np.zeros(len(phase), int))[0] == wanted


def test_swing_is_taken_out_and_known_from_triplets():
    beats = np.repeat(np.arange(40.0), 2)
    swung = beats + np.tile([0.0, 2 / 3], 40)
    assert snapping.is_swung(swung, 2.0)
    np.testing.assert_allclose(snapping.unswung(swung, 2.0) % 1, np.tile([0.0, 0.5], 40), atol=1e-9)
    triplets = np.repeat(np.arange(40.0), 3) + np.tile([0.0, 1 / 3, 2 / 3], 40)
    assert not snapping.is_swung(triplets, 2.0)
    assert not snapping.is_swung(beats + np.tile([0.0, 0.5], 40), 1.0)
    assert not snapping.is_swung(beats, float("nan"))


def test_chance_is_told_from_a_grid():
    rng = np.random.default_rng(0)
    assert snapping.on_grid_share(rng.uniform(0, 300, 2000)) < 0.5
    assert snapping.on_grid_share(rhythm(rng)) == 1.0
    assert snapping.on_grid_share(np.zeros(0)) == 0.0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-8, 500), st.floats(0.001, 40)), max_size=40),
    st.sampled_from((2, 3)),
)
def test_nothing_moves_far_and_nothing_vanishes(pairs, parts):
    onset = np.array([begin for begin, _ in pairs])
    offset = onset + np.array([length for _, length in pairs])
    found, length = snapping.snap(onset, offset, parts)
    assert (np.abs(found - onset) <= 0.5 + 1e-9).all()
    assert (length > 0).all()
    assert (np.abs(found * 24 - np.rint(found * 24)) < 1e-6).all()
