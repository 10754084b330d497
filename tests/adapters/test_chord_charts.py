import json

import pytest

from toolkit.adapters import improvisor, irb, pop_chords, roman_chords
from toolkit.errors import ToolkitError
from toolkit.style.chord import parse

LEADSHEET = """
(title A Made-up Tune)
(meter 4 4)
(key -1)
(section (style swing))
Dm7 G7 | C7 / / F7 | Bbmaj7 | / |
(section (style swing))
Gm7 C7 | F | F/A NC | F6 |
(part
    (type melody)
)
 a2 r1
"""


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    for cached in (irb.standards, improvisor.charts, pop_chords.charts):
        cached.cache_clear()
    yield tmp_path / "unpacked"
    for cached in (irb.standards, improvisor.charts, pop_chords.charts):
        cached.cache_clear()


def test_standards_play_their_sections_in_order(home):
    chords = [{"chord": name, "duration": {"beats": 2, "subunits": []}} for name in ("Fmaj7", "C7")]
    longer = [{"chord": "Bbmin7", "duration": {"beats": 3, "subunits": ["eighth", "eighth"]}}]
    chart = {
        "sections": ["A", "B", "A"],
        "content": {"A": chords, "B": longer},
        "info": {"title": "Tune", "key": "F", "time": [4, 4]},
    }
    broken = {**chart, "content": {"A": [{**chords[0], "chord": "F7u"}]}}
    folder = home / irb.PACKAGE / "package"
    folder.mkdir(parents=True)
    data = json.dumps({"charts": [chart, broken]})
    (folder / "index.js").write_text(f"module.exports = {data};\n", encoding="utf-8")
    (found,) = irb.standards()
    assert (found.tonic, found.minor, found.beats) == (5, False, 4)
    assert [each.chord.symbol for each in found.chords] == ["Fmaj7", "C7", "Bbm7", "Fmaj7", "C7"]
    assert [each.onset for each in found.chords] == [0, 2, 4, 8, 10]
    assert [each.opens for each in found.chords] == [True, False, True, True, False]


def test_a_leadsheet_is_read_bar_by_bar(home):
    folder = home / "improvisor" / "imaginary-book"
    folder.mkdir(parents=True)
    (folder / "tune.ls").write_text(LEADSHEET, encoding="utf-8")
    (found,) = improvisor.charts()
    assert (found.title, found.tonic, found.minor) == ("A Made-up Tune", 5, False)
    assert [(each.onset, each.chord.symbol) for each in found.chords] == [
        (0, "Dm7"), (2, "G7"), (4, "C7"), (7, "F7"), (8, "Bbmaj7"), (16, "Gm7"), (18, "C7"),
        (20, "F"), (24, "F/A"), (28, "F6"),
    ]  # fmt: skip
    assert [each.onset for each in found.chords if each.opens] == [0, 16]


def test_a_missing_book_says_where_it_goes(home):
    with pytest.raises(ToolkitError, match="not here"):
        improvisor.charts()


def test_pop_charts_begin_at_the_bar_line_on_which_chords_change(home):
    folder = home / "pop909" / "001"
    folder.mkdir(parents=True)
    beats = [f"{beat * 0.5} {int(beat % 2 == 0)} {int(beat % 4 == 0)}" for beat in range(60)]
    (folder / "beat_midi.txt").write_text("\n".join(beats), encoding="utf-8")
    rows = ["0.0 0.5 N"]
    names = ("G:maj", "E:min", "C:maj7", "D:sus4(b7)")
    rows += [f"{0.5 + 2 * bar} {2.5 + 2 * bar} {names[bar % 4]}" for bar in range(14)]
    (folder / "chord_midi.txt").write_text("\n".join(rows), encoding="utf-8")
    (folder / "key_audio.txt").write_text("0.0 30.0 G:maj\n", encoding="utf-8")
    (found,) = pop_chords.charts(1, 1)
    assert (found.tonic, found.minor, found.beats) == (7, False, 4)
    assert [each.onset for each in found.chords[:3]] == [0, 4, 8]
    assert found.chords[3].chord == parse("D7sus4")


def test_an_analysis_is_a_chart():
    found = roman_chords.analysis("bach/choraleAnalyses/riemenschneider001.rntxt")
    assert (found.tonic, found.minor, found.beats) == (7, False, 3)
    assert [each.chord.symbol for each in found.chords[:4]] == ["G", "C/E", "D/F#", "G"]
    assert "bach/bwv253" in roman_chords.chorales()
