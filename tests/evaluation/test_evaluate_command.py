import json

import pytest

from toolkit.cli.evaluate import evaluate
from toolkit.errors import UsageError
from toolkit.evaluation.suites import SUITES


def test_a_table_a_file_and_a_picture(tmp_path, capsys):
    table, picture = tmp_path / "table.json", tmp_path / "picture.png"
    evaluate("d3", limit=1, methods="afftdn", output=table, plot=picture, as_json=True)
    content = json.loads(table.read_text())
    assert json.loads(capsys.readouterr().out) == content
    assert {row["tool"] for row in content["rows"]} == {"afftdn"}
    assert all({"si_sdr", "onset_change"} <= set(row) for row in content["rows"])
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_every_suite_is_listed(capsys):
    evaluate("list")
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert set(listed) == set(SUITES)


def test_unknown_methods_are_refused():
    with pytest.raises(UsageError, match="no method 'aftdn'"):
        evaluate("d1", limit=1, methods="input, aftdn")
