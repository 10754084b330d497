"""The trials themselves, small: that each can be run, and that a batch passes it."""

import pytest

from toolkit.evaluation.batch_bench import Bench, hashes
from toolkit.evaluation.batch_faults import kills
from toolkit.evaluation.batches import TRIALS, batches

QUICK = ("worker kills", "hang", "manifest")
LONG = tuple(name for name in TRIALS if name not in (*QUICK, "kills", "two workers", "soak"))


@pytest.mark.parametrize("name", QUICK)
def test_a_small_trial_is_passed(name):
    row = TRIALS[name](0.01)
    assert row["met"], row["found"]


def test_kills_at_random_moments_lose_nothing():
    row = kills(4, 30, seed=1)
    assert row["met"], row["found"]


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_a_longer_trial_is_passed(name):
    row = TRIALS[name](0.05)
    assert row["met"], row["found"]


def test_a_trial_sees_what_was_lost(tmp_path):
    bench = Bench(tmp_path, "null")
    bench.fill(3, 0.25)
    code, _, said = bench.run(tmp_path / "out")
    assert code == 0, said
    names = {name.replace(".wav", ".null.wav") for name in hashes(bench.collection)}
    assert set(hashes(tmp_path / "out")) == names


def test_the_suite_reports_its_targets():
    report = batches(1, methods=["manifest"])
    assert [row["trial"] for row in report.summary] == ["a large manifest"]
    assert report.summary[0]["met"] == "yes"
    assert "target" in report.summary[0]
