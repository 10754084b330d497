import re

import pytest

from toolkit.report import run_facts
from toolkit.report.run_page import Row, Totals, page

FACTS = {
    "collection": "/tapes & discs",
    "pipeline": {
        "name": "shellac-78",
        "steps": [
            {"id": "dehum", "stage": "dehum", "from": ["input"], "parameters": {"strength": 0.5}}
        ],
    },
    "checkpoints": [{"name": "declick-44k", "class": "discriminative", "sha256": "ab" * 32}],
    "recipe": "c" * 64,
    "software": {"numpy": "2.0"},
    "workers": 4,
    "host": "archive",
    "shard": [1, 2],
}
RUN = {
    "id": 1,
    "started": "2026-01-01T10:00:00+00:00",
    "ended": "2026-01-01T11:30:05+00:00",
    "outcome": "finished",
    "facts": FACTS,
}


def made(rows=(), totals=None, runs=(RUN,), number=1, names=("report.html",)):
    return page(runs, totals or Totals({"done": len(rows)}), rows, number, names).decode()


def cells(text):
    """Return the texts of the cells of the first row of the table of recordings."""
    body = text[text.index("sortable recordings") :]
    row = re.search(r"<tbody><tr>(.*?)</tr>", body, re.DOTALL)[1]
    return [re.sub("<[^>]*>", "", each) for each in row.split("<td")[1:]]


def test_a_row_tells_what_a_batch_did_with_a_recording():
    row = Row(
        "a/old.wav",
        2,
        "done",
        page="report/a/old.html",
        result="a/old.restored.wav",
        original="../in/a/old.wav",
        picture=".tonearm/pictures/1.png",
        duration=180.0,
        seconds=20.0,
        before={"noise_floor_db": -40.04, "clicks_per_minute": 850.4, "lufs": -18.7},
        after={"noise_floor_db": -60.0, "clicks_per_minute": 0.0, "lufs": None},
        warnings=("odd <header>", "cut"),
    )
    text = made([row])
    shown = [each.partition(">")[2] for each in cells(text)]
    assert shown[1] == "a/old.wav, revision 2result · source"
    assert shown[2:] == [
        *("done", "3:00", "-40.0", "-60.0", "850", "0", "-18.7", "–", "9.0"),
        "odd &lt;header&gt;; cut",
    ]
    # What can be sorted is sorted by its value, not by how it is written.
    assert 'data-value="180.0">3:00<' in text
    assert 'data-value="-40.04">-40.0<' in text
    assert 'data-value="2">odd' in text
    for url in (row.page, row.result, row.original):
        assert f'href="{url}"' in text
    assert f'src="{row.picture}" alt="Spectrograms of a/old.wav before and after"' in text


def test_what_is_not_done_has_no_numbers():
    shown = cells(made([Row("new.wav", 1, "pending")]))
    assert [each.partition(">")[2] for each in shown[2:]] == ["pending", *["–"] * 8, ""]


def test_the_first_page_tells_of_the_whole_batch():
    totals = Totals({"done": 1200, "failed": 3}, duration=7200.0, seconds=1800.0, warned=2)
    text = re.sub("<[^>]*>", "", made(totals=totals))
    for fact in ("1203 recordings", "1200 done", "3 failed", "2 with warnings", "2.00 hours"):
        assert fact in text
    assert "4.0 × real time" in text
    assert "quarantined" not in text.partition("any")[0]
    for fact in ("1:30:05", "finished", "shellac-78", "1 of 2", "4 on archive", "strength 0.5"):
        assert fact in text
    assert "declick-44k" in text
    assert "discriminative" in text
    assert "Restoration of /tapes &amp; discs" in text


def test_further_pages_have_their_own_rows_and_lead_to_the_others():
    names = ("report.html", "report-2.html", "report-3.html")
    text = made([Row("b.wav", 1, "done")], number=2, names=names)
    assert "Restoration of /tapes &amp; discs, page 2" in text
    assert 'aria-current="page">2<' in text
    assert 'href="report.html"' in text
    assert 'href="report-3.html"' in text
    assert "b.wav" in text
    assert "<h2>Runs" not in text


def test_a_run_that_was_killed_and_a_batch_without_facts_are_shown():
    text = made(runs=({**RUN, "ended": None, "outcome": None, "facts": {}},))
    assert "not ended, or ended by force" in text
    assert "Restoration of a collection" in made(runs=())


def test_only_the_last_of_many_runs_are_shown():
    runs = [{**RUN, "outcome": f"ending {at}"} for at in range(60)]
    text = made(runs=runs)
    assert "The last 50 of 60" in text
    assert ">ending 10<" in text
    assert ">ending 9<" not in text


@pytest.mark.parametrize("kind", ["subtractive", "discriminative"])
def test_models_that_only_take_away_need_no_warning(kind):
    checkpoints = [{"name": "model", "class": kind, "sha256": ""}]
    assert run_facts.banner(checkpoints) == ""
    invented = [*checkpoints, {"name": "<dreamer>", "class": "generative", "sha256": ""}]
    assert "not the document" in run_facts.banner(invented)
    assert "(&lt;dreamer&gt;)" in run_facts.banner(invented)


def test_speed_is_unknown_without_work():
    assert run_facts.speed(60, 30) == 2
    assert run_facts.speed(60, 0) is None
    assert run_facts.speed(0, 30) is None
