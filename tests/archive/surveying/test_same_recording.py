import pytest

from toolkit.archive.surveying.same_recording import Pair, groups
from toolkit.dsp.fingerprint_match import Alignment, Match


def pair(one: int, other: int, offset: float, ratio: float, tightness: float = 0.6) -> Pair:
    found = Match(
        alignment=Alignment(offset, ratio),
        agreement=0.7,
        significance=20.0,
        coverage=1.0,
        overlap=60.0,
        pitch_cents=0.0,
        tightness=tightness,
    )
    return Pair(one, other, found)


def test_members_are_placed_in_the_longest_recording():
    (group,) = groups([pair(0, 1, 2.0, 1.25)], [10.0, 30.0])
    first, second = group
    assert (first.number, first.offset, first.speed, first.confidence) == (1, 0.0, 1.0, 1.0)
    # Recording 0 at t is recording 1 at t / 1.25 + 2: it begins at 2 s and is slower.
    assert second.number == 0
    assert second.offset == pytest.approx(2.0)
    assert second.speed == pytest.approx(1 / 1.25)


def test_places_are_carried_along_a_chain():
    # 2 at t is 1 at t / 0.5 + 1, which is 0 at (t / 0.5 + 1) / 0.8 - 3.
    (group,) = groups([pair(2, 1, 1.0, 0.5, 0.45), pair(1, 0, -3.0, 0.8)], [99.0, 50.0, 20.0])
    found = {member.number: member for member in group}
    assert found[0].offset == 0
    assert found[2].speed == pytest.approx(1 / 0.5 / 0.8)
    assert found[2].offset == pytest.approx(1 / 0.8 - 3)
    assert found[2].confidence < found[1].confidence


def test_what_is_not_linked_makes_groups_of_its_own():
    found = groups([pair(4, 5, 0.0, 1.0), pair(0, 3, 0.0, 1.0)], [1.0] * 6)
    assert [{member.number for member in group} for group in found] == [{0, 3}, {4, 5}]
    assert groups([], [1.0]) == ()


def test_the_same_piece_is_not_the_same_recording():
    take = pair(0, 1, 0.0, 1.0, tightness=0.1)
    assert take.match.is_related
    assert not take.is_one
    assert groups([take], [1.0, 1.0]) == ()
