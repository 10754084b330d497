import json

from toolkit.pipeline import StepRecord
from toolkit.report import reimagined
from toolkit.style.arrangement import Arrangement, Part, Tone
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet
from toolkit.style.performance import Performance
from toolkit.style.style import load_style
from toolkit.values import Notes


def made(origin="tune"):
    """Return a report on two bars after an introduction of one."""
    source = LeadSheet(
        (Bar(0, 4), Bar(4, 4)),
        chords=(ChordSpan(0, 4, parse("C")), ChordSpan(4, 4, parse("G7"))),
        title="A <tune>",
    )
    names = ("Dm7", "Cmaj7", "Db7")
    spans = tuple(ChordSpan(4.0 * at, 4, parse(name)) for at, name in enumerate(names))
    played = LeadSheet(tuple(Bar(4.0 * at, 4) for at in range(3)), chords=spans, title="A <tune>")
    part = Part("piano", "melody", 0, (Tone(4, 1, 60), Tone(5, 1, 64)))
    arrangement = Arrangement(played, "jazz-swing", (part,), ((0.0, 120.0),), (4.0, 12.0))
    performance = Performance(arrangement, {"piano": Notes()})
    steps = (StepRecord("lead-sheet", "lead-sheet", (), {}, {"melody_from": origin}, 0.1),)
    values = {"lead-sheet": source, "perform": performance}
    style = load_style("jazz-swing")
    return reimagined.report(values, style, steps, ["odd file"], {"anchor_recall": float("nan")})


def test_chords_stand_beside_those_of_the_source():
    bars = made()["bars"]
    assert [(row["source"], row["chords"]) for row in bars] == [
        ("", "Dm7"),
        ("C", "Cmaj7"),
        ("G7", "Db7"),
    ]


def test_it_says_when_the_tune_is_a_guess():
    assert made()["warnings"] == ["odd file"]
    assert "the top of figures stands for it" in made("top of figures")["warnings"][1]


def test_the_page_is_safe_and_the_data_plain(tmp_path):
    reimagined.write(tmp_path, made())
    page = (tmp_path / "report.html").read_text()
    assert "A &lt;tune&gt;" in page
    assert page.count("<rect") == 2
    data = json.loads((tmp_path / "report.json").read_text())
    assert data["measured"] == {"anchor_recall": None}
    assert "roll" not in data
