from dataclasses import replace

import numpy as np
import pytest
import torch

from toolkit.evaluation import works
from toolkit.models.beat_finder import Config
from toolkit.shipped import folder
from toolkit.style.listening import attack_features
from toolkit.training import finding_beats
from toolkit.training.beat_material import Piece, excerpt, material, thinned

PIECE = Piece("bach/bwv66.6", "works", "steady")
TRAINING = {
    "steps": 40,
    "batch": 4,
    "attacks": 32,
    "learning_rate": 1e-2,
    "seed": 0,
    "shares": {"works": 1.0},
}


@pytest.fixture(scope="module")
def lesson():
    return finding_beats.lesson(PIECE)


def test_a_lesson_marks_beats_and_downbeats(lesson):
    played = PIECE.play()
    on_beat = lesson.times[lesson.targets[:, 0] > 0.5]
    assert np.abs(on_beat[:, None] - played.beats).min(axis=1).max() < 0.051
    assert 0 < lesson.targets[:, 1].sum() < lesson.targets[:, 0].sum()
    np.testing.assert_allclose(lesson.targets[:, 2:-1].sum(axis=1), 1, rtol=1e-5)
    period = attack_features.PERIODS[lesson.targets[:, 2:-1].mean(axis=0).argmax()]
    assert period == pytest.approx(np.median(np.diff(played.beats)), rel=0.1)


def test_a_network_learns_what_it_hears(lesson):
    config = Config(attack_features.NUM_FEATURES, 8, (1, 2))
    before = finding_beats.train([lesson], config, TRAINING | {"steps": 1, "learning_rate": 1e-6})
    after = finding_beats.train([lesson], config, TRAINING)
    target = torch.from_numpy(lesson.targets.T.copy())[None]
    worse, better = (
        float(finding_beats.loss(torch.from_numpy(heard.T.copy())[None], target))
        for heard in (finding_beats.said(each, lesson) for each in (before, after))
    )
    assert better < 0.6 * worse
    assert (
        finding_beats.figures([lesson], [finding_beats.said(after, lesson)])["accuracy_works"] > 0.8
    )


def test_the_material_holds_nothing_that_is_measured():
    pieces = material(folder("checkpoints") / "track-beats-notes" / "material.toml")
    assert {piece.group for piece in pieces} == {"works", "chorales", "tunes", "songs"}
    assert not {piece.work for piece in pieces} & set(works.HELD_OUT_BEATS)
    assert {piece.fold for piece in pieces} == {0, 1}


def test_a_piece_is_played_the_same_each_time():
    free = replace(PIECE, manner="rubato")
    one, two = free.play(), free.play()
    assert one.notes == two.notes
    assert not np.array_equal(one.beats, PIECE.play().beats)


def test_an_excerpt_begins_at_its_bar():
    score = works.score("bach/bwv66.6")
    part = excerpt(score, 3)
    assert part.bars[0].start == 0
    assert min(note[0] for note in part.notes) < 1
    assert len(part.bars) == len(score.bars) - 3


def test_thinning_leaves_whole_parts():
    score = works.score("bach/bwv66.6")
    rng = np.random.default_rng(0)
    for _ in range(5):
        few = thinned(score, rng)
        parts = {note[3] for note in few.notes}
        assert parts
        assert few.notes == tuple(note for note in score.notes if note[3] in parts)
