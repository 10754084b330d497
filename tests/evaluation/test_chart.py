import numpy as np
import pytest

from toolkit.evaluation.chart import chart, draw

ROWS = [
    {"item": item, "method": method, "snr": snr, "gain": gain + snr}
    for item, gain in (("x", 1.0), ("y", 3.0))
    for method in ("a", "b")
    for snr in (2, 6)
]


def test_points_are_means_over_items_with_their_interval():
    found = chart([*ROWS, {**ROWS[0], "gain": 5.0}], x="snr", y="gain", y_label="dB")
    assert list(found.series) == ["a", "b"]
    assert found.places == (2, 6)
    first, second = found.series["a"]
    assert (first.x, first.y) == (2, 4.5)  # item x has two rows: their mean, 4, and 5 of item y
    assert first.low == pytest.approx(4)
    assert first.high == pytest.approx(5)
    assert (second.x, second.y) == (6, 8)


def test_what_is_not_finite_is_left_out_or_floored():
    rows = [{"method": "a", "db": -np.inf}, {"method": "a", "db": np.nan}, {"method": "b"}]
    assert chart(rows, y="db", y_label="dB").series == {}
    assert chart(rows, y="db", y_label="dB", floor=-100).series["a"][0].y == -100


@pytest.mark.parametrize("x", ["snr", "item", ""])
def test_lines_and_bars_are_drawn(tmp_path, x):
    path = tmp_path / "picture"
    draw(chart(ROWS, x=x, x_label="x", y="gain", y_label="dB"), "Title with $ and _", path)
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
