"""Bass lines: the dynamic program finds the best line, and lines move as jazz basses do."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.style.band.bass_lines import (
    _TURNS,
    INTERVAL_SHARES,
    KINDS,
    Wish,
    _moves,
    _own,
    find_pitches,
    pitch_class_costs,
)
from toolkit.style.chord import QUALITIES, Chord, parse

TURNS = _TURNS.tolist()
ROWS = {0: 0, 1: 1, -1: 2, 2: 3, -2: 4}


def wish(symbol: str, kind: str, onset: float = 0.0) -> Wish:
    return Wish(onset, 1.0, parse(symbol), "C major", kind)


def cost_of(own: list[list[float]], moves: list[list[list[float]]], line: tuple[int, ...]) -> float:
    """Return what a line of pitch indices costs, note by note."""
    total = own[0][line[0]]
    motion = 0
    for index in range(1, len(line)):
        gap = line[index] - line[index - 1]
        sign = (gap > 0) - (gap < 0)
        total += TURNS[ROWS[motion]][{0: 0, 1: 1, -1: 2}[sign]]
        total += moves[index - 1][line[index - 1]][line[index]] + own[index][line[index]]
        motion = sign * (2 if abs(gap) > 2 else 1)
    return total


@pytest.mark.parametrize("kinds", [("root", "passing", "approach", "root"),
                                   ("root", "chord", "fifth", "root")])  # fmt: skip
def test_the_line_is_the_best_of_all_lines(kinds: tuple[str, ...]) -> None:
    line = [wish(symbol, kind) for symbol, kind in zip(("C", "C", "C", "F"), kinds, strict=True)]
    low, high = 36, 47
    every = np.arange(low, high + 1)
    own = [_own(each, every).tolist() for each in line]
    moves = [_moves(before, after, every).tolist() for before, after in pairwise(line)]
    found = find_pitches(line, low, high, np.random.default_rng(0), freedom=0.0)
    best = min(cost_of(own, moves, each) for each in product(range(12), repeat=len(line)))
    assert cost_of(own, moves, tuple(pitch - low for pitch in found)) == pytest.approx(best)


@pytest.mark.parametrize("quality", list(QUALITIES))
def test_a_root_is_the_root_and_a_slash_chord_its_bass(quality: str) -> None:
    for chord, lowest in ((Chord(2, quality), 2), (Chord(2, quality, (), 9), 9)):
        asked = replace(wish("C", "root"), chord=chord)
        assert int(pitch_class_costs(chord, "C major", "root").argmin()) == lowest
        assert find_pitches([asked], 28, 50, np.random.default_rng(1))[0] % 12 == lowest


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_note_has_something_to_play_on_every_chord(kind: str) -> None:
    for quality in QUALITIES:
        costs = pitch_class_costs(Chord(0, quality), "C major", kind)
        best = int(costs.argmin())
        if kind not in ("passing", "approach", "sixth"):
            assert best in Chord(0, quality).pitch_classes
        assert costs.min() < 0.5


def test_an_approach_leads_by_a_step_or_from_the_dominant() -> None:
    for seed in range(20):
        line = [wish("C", "root"), wish("C", "chord"), wish("C", "passing"),
                wish("C", "approach"), wish("F#7", "root")]  # fmt: skip
        found = find_pitches(line, 28, 55, np.random.default_rng(seed))
        assert found[-1] % 12 == 6
        assert abs(found[-1] - found[-2]) in (1, 2, 5, 7)


def test_repeated_chords_do_not_make_repeated_notes() -> None:
    line = [wish("Dm7", kind, float(at)) for at, kind in
            enumerate(["root", "passing", "chord", "passing"] * 8)]  # fmt: skip
    found = find_pitches(line, 28, 55, np.random.default_rng(3))
    assert np.mean([a == b for a, b in pairwise(found)]) < 0.05
    assert len({tuple(found[at : at + 4]) for at in range(0, 32, 4)}) >= 5


def test_the_shares_are_a_distribution_of_the_database() -> None:
    assert 0.95 < sum(INTERVAL_SHARES) < 1.0
    assert INTERVAL_SHARES[1] > INTERVAL_SHARES[2] > INTERVAL_SHARES[3]


def test_no_notes_make_no_line_and_a_narrow_range_is_refused() -> None:
    assert find_pitches([], 28, 55, np.random.default_rng(0)) == []
    with pytest.raises(ValueError, match="octave"):
        find_pitches([wish("C", "root")], 40, 48, np.random.default_rng(0))


@settings(max_examples=30, deadline=None)
@given(
    roots=st.lists(st.integers(0, 11), min_size=1, max_size=12),
    quality=st.sampled_from(list(QUALITIES)),
    low=st.integers(24, 40),
    seed=st.integers(0, 99),
    kind=st.sampled_from(KINDS),
)
def test_lines_stay_in_range(
    roots: list[int], quality: str, low: int, seed: int, kind: str
) -> None:
    line = [replace(wish("C", kind), chord=Chord(root, quality)) for root in roots]
    found = find_pitches(line, low, low + 14, np.random.default_rng(seed))
    assert len(found) == len(roots)
    assert all(low <= pitch <= low + 14 for pitch in found)
