import numpy as np
import pytest
import torch

from toolkit.models.beat_finder import Config
from toolkit.style.listening import bar_features
from toolkit.style.listening.attack_features import LENGTHS
from toolkit.training import bar_lessons, finding_bars, finding_beats
from toolkit.training.bar_lessons import COUNTS, DOWNBEAT, LENGTH
from toolkit.training.beat_material import Piece

PIECE = Piece("bach/bwv66.6", "works", "steady")
TRAINING = {
    "steps": 60,
    "batch": 4,
    "excerpt": 24,
    "learning_rate": 1e-2,
    "seed": 0,
    "every": 30,
    "shares": {"works": 1.0},
}


@pytest.fixture(scope="module")
def lessons():
    return bar_lessons.describe([PIECE])


def test_a_piece_gives_tracked_beats_and_wrong_ones(lessons):
    right, wrong = (lessons.targets[lessons.span(number)] for number in (0, 1))
    assert (right[:, COUNTS] == 1).all()
    assert right[:, DOWNBEAT].mean() == pytest.approx(0.25, abs=0.05)
    inside = right[right[:, LENGTH] >= 0, LENGTH]
    assert len(inside) > 0.6 * len(right)
    assert (inside == LENGTHS.index(4)).mean() > 0.8
    assert (wrong[:, LENGTH] == -1).all()
    assert lessons.features.shape == (len(right) + len(wrong), bar_features.NUM_FEATURES)


def test_choices_are_told_right_from_wrong_by_what_is_played():
    played = PIECE.play()
    judged = bar_lessons.choices(played)
    assert [right for _, right in judged].count(True) == 1
    (beats,) = (beats for beats, right in judged if right)
    assert np.abs(beats[:-1, None] - played.beats).min(axis=1).max() < 0.1


def test_of_beats_between_beats_no_downbeats_are_asked():
    played = PIECE.play()
    off = bar_lessons.others(played.beats)["off"]
    features, targets = bar_lessons.lesson(played, off, right=False)
    assert len(features) == len(targets) == len(played.beats) - 1
    assert not targets[:, [DOWNBEAT, COUNTS]].any()
    _, targets = bar_lessons.lesson(played, played.beats[::2], right=False)
    assert (targets[:, COUNTS] == (targets[:, DOWNBEAT].sum() > len(played.downbeats) / 2)).all()


def test_what_fills_up_an_excerpt_costs_nothing(lessons):
    targets = torch.from_numpy(lessons.targets[None, :10])
    outputs = torch.zeros(1, 10, bar_features.NUM_OUTPUTS)
    filled = torch.cat((targets, torch.zeros(1, 5, targets.shape[2])), dim=1)
    wild = torch.cat((outputs, 9 * torch.ones(1, 5, outputs.shape[2])), dim=1)
    assert finding_bars.loss(wild, filled) == finding_bars.loss(outputs, targets)


def test_a_network_learns_what_it_hears(lessons):
    config = Config(bar_features.NUM_FEATURES, 16, (1, 2, 4), bar_features.NUM_OUTPUTS)
    before, after = (
        finding_beats.train(lessons, config, TRAINING | more, value_of=finding_bars.loss)
        for more in ({"steps": 1, "learning_rate": 1e-6}, {})
    )
    features = torch.from_numpy(lessons.features.astype(np.float32))[None]
    targets = torch.from_numpy(lessons.targets)[None]
    with torch.no_grad():
        worse, better = (
            float(finding_bars.loss(each(features, torch.ones(1, features.shape[1], 1)), targets))
            for each in (before, after)
        )
    assert better < 0.5 * worse
    figures = finding_bars.figures(after, lessons)
    assert figures["downbeat_works"] > 0.9
    assert set(figures) == {"downbeat_works"}
