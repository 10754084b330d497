import numpy as np
import pytest

from toolkit.adapters import pop909
from toolkit.errors import ToolkitError
from toolkit.evaluation import chord_finding, harmony, style_items
from toolkit.evaluation.accompaniment import accompany


def test_true_chords_and_functions_score_full():
    made = accompany(np.random.default_rng([0, 0, 1]))
    true = tuple(zip(made.intervals[:, 0].tolist(), made.symbols, strict=True))
    assert chord_finding.recalls(made, true) == pytest.approx(
        {"root (%)": 100, "majmin (%)": 100, "sevenths (%)": 100}, abs=0.1
    )
    told = tuple(
        (time, name) for (time, _), name in zip(true, chord_finding.functions(made), strict=True)
    )
    assert chord_finding.functions_right(made, told) == 1
    late = tuple((time, "T") for time, _ in told)
    assert chord_finding.functions_right(made, late) < 0.7


def test_the_network_finds_chords_and_functions_better_than_rules():
    scores = {name: [] for name in (*chord_finding.SONG_CHORDS, *chord_finding.FUNCTIONS)}
    # Other progressions than the suite's.
    for number in range(4):
        made = accompany(np.random.default_rng([5, number, 1]))
        for name, method in chord_finding.SONG_CHORDS.items():
            scores[name].append(chord_finding.recalls(made, method(made))["sevenths (%)"])
        for name, method in chord_finding.FUNCTIONS.items():
            scores[name].append(100 * chord_finding.functions_right(made, method(made)))
    mean = {name: float(np.mean(values)) for name, values in scores.items()}
    assert mean["tonearm chords, notes"] > mean["tonearm chords, notes by rule"]
    assert mean["tonearm chords, notes"] > 90
    assert mean["tonearm functions"] > 75


def test_songs_are_none_that_the_style_suite_has():
    items = {f"pop909/{number}" for number in chord_finding.SONGS}
    assert not items & {item.source for item in style_items.ITEMS}
    assert set(chord_finding.SONGS) <= set(pop909.TEST)


def test_rows_of_a_song_and_of_a_progression_are_those_asked_for():
    methods = {"tonearm chords, notes by rule": None, "tonearm functions": None}
    found = chord_finding.progression_rows(0, 0, {"tonearm functions": None})
    assert [(row["task"], row["figure"]) for row in found] == [("functions", "right (%)")]
    try:
        pop909.folder()
    except ToolkitError:
        with pytest.raises(ToolkitError):
            chord_finding.song_rows(852, methods)
        return
    rows = chord_finding.song_rows(852, methods)
    assert {row["method"] for row in rows} == {"tonearm chords, notes by rule"}
    assert {row["figure"] for row in rows} == {"root (%)", "majmin (%)", "sevenths (%)"}
    assert rows[0]["value"] > 60


def test_the_suite_takes_its_new_methods():
    report = harmony.harmony(limit=1, methods=("tonearm functions",))
    assert {row["what"] for row in report.summary} == {"functions"}
