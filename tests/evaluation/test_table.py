import json

import numpy as np
import pytest

from toolkit.evaluation import table
from toolkit.evaluation.statistics import bootstrap_interval

ROWS = (
    {"tool": "a", "item": "x", "snr": 1.0},
    {"tool": "b", "item": "x", "snr": -np.inf},
    {"tool": "a", "item": "y", "snr": np.float32(3.0)},
)


def report() -> table.Report:
    return table.Report("d1", "Title", ROWS[:2], ROWS, ("A note.",), {"seeds": 1})


def test_markdown():
    lines = report().markdown().splitlines()
    assert lines[0] == "## Title"
    assert lines[2] == "| tool | item | snr |"
    assert lines[4] == "| a | x | 1.0 |"
    assert lines[5] == "| b | x | −∞ |"
    assert "- A note." in lines
    assert lines[-1] == "seeds: 1"


def test_json_has_the_rows_and_no_infinity():
    content = json.loads(report().json())
    assert content["suite"] == "d1"
    assert content["rows"][1]["snr"] is None
    assert content["rows"][2]["snr"] == 3.0


def test_groups_and_means():
    groups = table.group(ROWS, "tool")
    assert list(groups) == [("a",), ("b",)]
    assert table.mean(groups[("a",)], "snr") == pytest.approx(2)


def test_jobs_run_in_order_and_report():
    seen = []
    rows = table.collect(
        [lambda: [{"a": 1}], lambda: [{"a": 2}]], lambda done, total: seen.append((done, total))
    )
    assert rows == ({"a": 1}, {"a": 2})
    assert seen == [(1, 2), (2, 2)]


def test_bootstrap_interval_covers_the_true_mean():
    rng = np.random.default_rng(1)
    hits = 0
    for trial in range(100):
        low, high = bootstrap_interval(rng.normal(5, 2, 30), seed=trial, draws=500)
        hits += low <= 5 <= high
    assert 85 <= hits <= 100
    assert bootstrap_interval([3.0, 3.0]) == (3.0, 3.0)
    with pytest.raises(ValueError, match="no values"):
        bootstrap_interval([])


def test_spread_and_advantage_count_each_item_once():
    one = [{"item": item, "gain": gain} for item, gain in (("x", 1.0), ("x", 3.0), ("y", 4.0))]
    other = [{"item": "x", "gain": 1.5}, {"item": "y", "gain": 3.5}, {"item": "z", "gain": np.inf}]
    assert table.per_item(one, "gain") == {"x": 2.0, "y": 4.0}
    assert table.spread(one, "gain") == "+3.0 (+2.0..+4.0)"
    assert table.advantage(one, other, "gain") == "+0.5 (+0.5..+0.5)"
    assert table.advantage(one, [], "gain") == ""
