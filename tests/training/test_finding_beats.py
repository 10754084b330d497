import json

import numpy as np
import pytest
import torch

from toolkit.models.beat_finder import Config
from toolkit.style.listening.attack_features import LENGTHS, NUM_FEATURES, PHASES
from toolkit.training import beat_lessons, finding_beats
from toolkit.training.beat_lessons import BEAT, COUNTS, DOWNBEAT, LENGTH, LOG_PERIOD, PHASE
from toolkit.training.beat_material import Piece

PIECE = Piece("bach/bwv66.6", "works", "steady")
TRAINING = {
    "steps": 40,
    "batch": 4,
    "excerpt": 32,
    "learning_rate": 1e-2,
    "seed": 0,
    "every": 20,
    "shares": {"works": 1.0},
}


@pytest.fixture(scope="module")
def lessons():
    return beat_lessons.describe([PIECE])


def test_a_lesson_marks_beats_bars_and_places():
    played = PIECE.play()
    times, features, targets = beat_lessons.lesson(played)
    assert features.shape == (len(times), NUM_FEATURES)
    on_beat = targets[:, BEAT] > 0.5
    assert np.abs(times[on_beat][:, None] - played.beats).min(axis=1).max() < 0.051
    assert 0 < targets[:, DOWNBEAT].sum() < targets[:, BEAT].sum()
    period = np.exp(np.median(targets[:, LOG_PERIOD]))
    assert period == pytest.approx(np.median(np.diff(played.beats)), rel=0.1)
    assert (targets[on_beat, PHASE] == 0).all()
    between = targets[~on_beat, PHASE].astype(int)
    assert np.median(PHASES[between]) == 0.5
    inside = (times > played.downbeats[0]) & (times < played.downbeats[-2])
    assert (targets[inside, LENGTH] == LENGTHS.index(4)).mean() > 0.9
    assert targets[:, COUNTS].mean() > 0.9


def test_lessons_are_read_as_they_were_kept(lessons, tmp_path):
    paths = [tmp_path / name for name in ("one.npz", "two.npz")]
    for path in paths:
        beat_lessons.keep(lessons, path)
    found = beat_lessons.read(paths)
    count = len(lessons.targets)
    assert found.span(1) == slice(count, 2 * count)
    np.testing.assert_array_equal(found.features[count:], lessons.features)
    np.testing.assert_array_equal(found.targets[:count], lessons.targets)


def test_a_network_learns_what_it_hears(lessons):
    config = Config(NUM_FEATURES, 16, (1, 2))
    looks = []
    before = finding_beats.train(lessons, config, TRAINING | {"steps": 1, "learning_rate": 1e-6})
    after = finding_beats.train(
        lessons, config, TRAINING, lambda _, line: looks.append(line["step"])
    )
    assert looks == [20, 40]
    target = torch.from_numpy(lessons.targets)[None]
    features = lessons.features.astype(np.float32)
    worse, better = (
        float(finding_beats.loss(torch.from_numpy(heard)[None], target))
        for heard in (finding_beats.said(each, features) for each in (before, after))
    )
    assert better < 0.7 * worse
    assert finding_beats.figures(after, lessons)["beat_works"] > 0.8


def test_a_curve_is_drawn_of_the_log(tmp_path):
    log = tmp_path / "log.jsonl"
    rows = [{"step": at, "loss": 1 / at, "beat_works": 0.9, "downbeat_works": 0.5} for at in (1, 2)]
    log.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    finding_beats.draw(log)
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
