import numpy as np
import pytest
import torch

from toolkit.models import line_stylist, performer
from toolkit.style.melody import line_steps
from toolkit.style.melody.line_steps import Steps
from toolkit.style.performing import line_playing, solo_playing
from toolkit.style.performing.line_playing import Written


def steps(count=6, up=0, seed=0):
    """Random steps over a C seventh chord, all a number of semitones higher."""
    rng = np.random.default_rng(seed)
    chord = np.zeros((count, 12), np.float32)
    chord[:, (np.array([0, 4, 7, 10]) + up) % 12] = 1
    return Steps(
        slot=np.cumsum(rng.choice([3, 4, 6, 12], count)),
        place=rng.integers(0, 4, count),
        bar=np.full(count, 4),
        last_gap=rng.choice([3, 6, 12], count),
        last_interval=rng.integers(-5, 6, count),
        gap=rng.integers(12, 48, count),
        leap=rng.integers(-9, 10, count),
        left=rng.integers(0, 5, count),
        pitch=rng.integers(55, 80, count) + up,
        register=np.zeros(count, np.float32),
        now=chord,
        then=chord,
        root=np.full(count, up % 12),
        tempo=np.full(count, 150.0, np.float32),
    )


def line(count=24, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.choice([0.5, 1.0], count)
    onsets = np.cumsum(lengths) - lengths
    return Written(
        onsets,
        lengths,
        rng.integers(55, 80, count),
        np.floor(onsets % 4).astype(int),
        np.full(count, 4),
        np.full(count, 160.0),
    )


@pytest.mark.parametrize("up", [1, 5, 12])
def test_steps_are_told_the_same_in_every_key(up):
    assert np.array_equal(line_steps.features(steps()), line_steps.features(steps(up=up)))
    first, second = (
        line_steps.arrival(each.slot, each.now, each.root, each.pitch)
        for each in (steps(), steps(up=up))
    )
    assert np.array_equal(first, second)


def test_classes_of_gaps_and_intervals_are_the_nearest():
    for gap in range(1, 60):
        naive = min(line_steps.GAPS, key=lambda each: abs(np.log(each / gap)))
        assert line_steps.GAPS[line_steps.gap_class(np.array([gap]))[0]] == naive
    assert line_steps.interval_class(np.array([-20, 0, 3, 20])).tolist() == [0, 14, 17, 28]


def test_relative_chromas_against_a_naive_reference():
    chord = np.arange(12, dtype=np.float32)[None]
    for pitch in (60, 61, 67):
        naive = [chord[0, (pitch + step) % 12] for step in range(12)]
        assert line_steps.relative(chord, np.array([pitch]))[0].tolist() == naive


def test_stylist_steps_give_what_whole_lines_give():
    torch.manual_seed(0)
    model = line_stylist.Model(line_stylist.Config(channels=16)).eval()
    features = torch.from_numpy(line_steps.features(steps()))
    lengths = torch.arange(6)
    arrival = torch.rand(6, line_steps.ARRIVAL_WIDTH)
    whole = model(features[None], lengths[None], arrival[None])
    state = None
    for index in range(6):
        logits, hidden, state = model.step(features[None, index : index + 1], state)
        interval = model.intervals(hidden, lengths[index : index + 1], arrival[index : index + 1])
        assert torch.allclose(logits, whole[0][:, index], atol=1e-5)
        assert torch.allclose(interval, whole[1][:, index], atol=1e-5)


def test_stylist_reads_steps_together_as_one_by_one():
    torch.manual_seed(0)
    model = line_stylist.Model(line_stylist.Config(channels=16)).eval()
    features = torch.from_numpy(line_steps.features(steps()))[None]
    together = model.step(features, None)
    _, _, state = model.step(features[:, :4], None)
    parted = model.step(features[:, 4:], state)
    for one, other in zip(together, parted, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_performer_steps_give_what_whole_lines_give():
    torch.manual_seed(0)
    model = performer.Model(performer.Config(channels=16)).eval()
    features = torch.from_numpy(line_playing.features(line(), (0.0, 0.0, 0.0)))
    before = torch.rand(len(features), line_playing.VALUES)
    whole = model(features[None], before[None])[0]
    state = None
    for index in range(len(features)):
        one = slice(index, index + 1)
        logits, state = model.step(features[one], before[one], state)
        assert torch.allclose(logits[0], whole[index], atol=1e-5)


def test_drawn_values_have_the_chances_they_were_given():
    rng = np.random.default_rng(0)
    chances = rng.random((line_playing.VALUES, line_playing.CLASSES)) ** 4
    chances /= chances.sum(axis=1, keepdims=True)
    found = np.stack([line_playing.drawn(chances, rng) for _ in range(6000)])
    classes = line_playing.classes(found)
    for kind in range(line_playing.VALUES):
        share = np.bincount(classes[:, kind], minlength=line_playing.CLASSES) / len(found)
        assert np.abs(share - chances[kind]).max() < 0.02


def test_rests_and_phrases_are_told():
    told = line_playing.features(line(), (0.0, 0.0, 0.0))
    assert told.shape == (24, line_playing.WIDTH)
    assert np.isfinite(told).all()
    assert line().rests.tolist() == [False] * 23 + [True]


def test_a_tidy_soloist_is_as_late_as_usual_and_never_far_astray():
    written = line(200)
    values = np.random.default_rng(0).normal(0.05, 0.08, (200, 3))
    late = solo_playing.tidy(values, written)
    on_beat = np.abs(written.onsets - np.round(written.onsets)) < 0.03
    assert np.median(late[on_beat]) == pytest.approx(0.0185, abs=0.003)
    assert np.ptp(late) < 0.05
    assert len(solo_playing.tidy(np.zeros((0, 3)), line(0))) == 0


def test_shipped_performer_plays_a_line_as_players_do():
    values = solo_playing.play_line(line(300), (0.0, 0.0, 0.0), np.random.default_rng(0))
    assert -0.02 < np.median(values[:, 0]) < 0.05
    assert 1.5 < values[:, 1].std() < 8
    assert 0.6 < np.median(values[:, 2]) < 1.1
    again = solo_playing.play_line(line(300), (0.0, 0.0, 0.0), np.random.default_rng(0))
    assert np.array_equal(values, again)
    assert solo_playing.play_line(line(0), (0, 0, 0), np.random.default_rng(0)).shape == (0, 3)
