import numpy as np
import pytest

from toolkit.style.sheet.sheet_grid import grid
from toolkit.values import Note, Notes


def notes_in(meters, count, quarters=120.0, first=0.0, step=1.0):
    """Notes a step apart, in quarter notes, from a first one."""
    second = 60 / quarters
    played = tuple(
        Note((first + k * step) * second, (first + (k + 0.9) * step) * second, 60 + k % 7)
        for k in range(count)
    )
    spans = tuple((start * second, top, bottom) for start, top, bottom in meters)
    return Notes(played, ((0.0, quarters),), spans)


@pytest.mark.parametrize(
    ("meter", "quarters", "per_bar", "tempo", "parts"),
    [
        ((4, 4), 120, 4, 120, 2),
        ((3, 4), 120, 3, 120, 2),
        ((5, 4), 120, 5, 120, 2),
        ((7, 8), 120, 7, 240, 2),
        ((2, 4), 100, 4, 100, 2),
        ((6, 8), 120, 4, 80, 3),
        ((12, 8), 120, 4, 80, 3),
        ((9, 8), 120, 3, 80, 3),
        ((3, 8), 100, 3, 200, 2),
        ((4, 8), 60, 4, 120, 2),
        ((2, 2), 120, 4, 120, 2),
        ((2, 2), 200, 4, 100, 2),
        ((3, 2), 120, 3, 60, 2),
    ],
)
def test_beats_follow_the_meter(meter, quarters, per_bar, tempo, parts):
    bar = meter[0] * 4 / meter[1]
    count = int(16 * bar / 0.5)
    found = grid(notes_in(((0, *meter),), count, quarters, step=0.5))
    assert {each.beats for each in found.bars} == {per_bar}
    assert found.parts == parts
    assert found.tempo == pytest.approx(tempo)
    length = found.bars[-1].offset * 60 / tempo
    assert length == pytest.approx(16 * bar * 60 / quarters, rel=0.05)


def test_a_fast_three_eight_is_felt_in_one():
    found = grid(notes_in(((0, 3, 8),), 96, 150, step=0.5))
    assert found.parts == 3
    assert found.tempo == pytest.approx(100)


def test_a_pickup_lies_before_the_first_bar():
    found = grid(notes_in(((0, 1, 4), (1, 3, 4)), 22))
    assert found.at(0.0) == pytest.approx(-1)
    assert [bar.onset for bar in found.bars] == [0, 3, 6, 9, 12, 15, 18]


def test_a_pickup_that_rests_precede_is_one_too():
    found = grid(notes_in(((0, 4, 4),), 17, first=3))
    assert found.at(3 * 0.5) == pytest.approx(-1)


def test_silence_before_the_music_does_not_count():
    found = grid(notes_in(((0, 4, 4),), 16, first=8))
    assert found.at(4.0) == pytest.approx(0)
    assert found.bars[-1].offset == 16


def test_meters_change_at_their_places():
    found = grid(notes_in(((0, 4, 4), (8, 3, 4), (14, 6, 8)), 26))
    assert [bar.beats for bar in found.bars[:5]] == [4, 4, 3, 3, 4]
    quarter = found.time([14.0, 15.0])
    assert np.diff(quarter)[0] == pytest.approx(0.75)


def test_beats_follow_a_tempo_that_changes():
    played = tuple(Note(t, t + 0.1, 60) for t in (0.0, 1.0, 2.0, 2.5, 3.0))
    found = grid(Notes(played, ((0.0, 60.0), (2.0, 120.0)), ((0.0, 4, 4),)))
    np.testing.assert_allclose(found.at([0, 1, 2, 2.5, 3]), [0, 1, 2, 3, 4], atol=1e-9)
    np.testing.assert_allclose(found.time([0, 1, 2, 3, 4]), [0, 1, 2, 2.5, 3], atol=1e-9)


def test_a_default_tempo_that_nobody_played_to_is_not_believed():
    rng = np.random.default_rng(0)
    beat = 0.437
    onsets = np.arange(64) * beat + rng.normal(0, 0.01, 64) + 0.3
    played = tuple(
        Note(float(t), float(t) + 0.3, 48 if k % 4 == 0 else 64) for k, t in enumerate(onsets)
    )
    found = grid(Notes(played, ((0.0, 120.0),), ((0.0, 4, 4),)))
    beats = 60 / beat
    assert min(abs(found.tempo / beats - ratio) for ratio in (0.5, 1, 2)) < 0.05


def test_all_notes_lie_within_the_bars():
    rng = np.random.default_rng(1)
    for _ in range(20):
        count = int(rng.integers(1, 12))
        played = tuple(
            Note(float(t), float(t) + 0.2, 60) for t in np.sort(rng.uniform(0, 9, count))
        )
        found = grid(Notes(played))
        at = found.at([note.onset for note in played])
        assert at.max() < found.bars[-1].offset
        assert at.min() > -found.bars[0].beats
