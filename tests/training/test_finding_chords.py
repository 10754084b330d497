import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import torch

from toolkit.checkpoints import read_arrays, read_manifest
from toolkit.errors import InputError
from toolkit.models.chord_finder import Config, Model
from toolkit.shipped import folder
from toolkit.style.chord import parse
from toolkit.style.harmony.changes import joined
from toolkit.style.listening import chord_network
from toolkit.style.listening.chord_symbols import QUALITIES, plainer
from toolkit.training import chord_charts, chord_lessons, chord_material, finding_chords
from toolkit.training.chord_lessons import UNKNOWN

SMALL = Config(channels=8, dilations=(1, 2))
TRAINING = {
    "steps": 160,
    "batch": 4,
    "beats": 32,
    "learning_rate": 1e-2,
    "seed": 0,
    "shares": {"charts": 1.0, "songs": 0.5},
}
CHART = joined(
    "a chart", (0, False), 4,
    [(4.0, parse(name), place % 8 == 0) for place, name in enumerate(
        ["C", "Am7", "Dm7", "G7", "Cmaj7", "F", "Bdim", "G7/B"] * 2)],
)  # fmt: skip


@pytest.fixture(scope="module")
def lesson():
    return chord_charts.play(CHART)


@pytest.fixture(scope="module")
def sheets(lesson):
    return list(finding_chords.sheets(iter([(lesson, False)])))


def test_a_chart_is_played_with_its_tones_over_its_beats(lesson):
    assert len(lesson.spans) == len(CHART.chords)
    inside = total = 0.0
    for note in lesson.notes:
        middle = note.onset + 0.05
        told = [name for start, stop, name in lesson.spans if start <= middle < stop]
        if told:
            total += 1
            inside += note.pitch % 12 in parse(told[0]).pitch_classes
    assert inside / total > 0.75
    assert np.diff(lesson.beats) == pytest.approx(np.diff(lesson.beats)[0])
    assert lesson.spans[-1][1] == pytest.approx(lesson.beats[-1] + np.diff(lesson.beats)[0])


def test_every_texture_is_played():
    drawn = {chord_charts.play(replace(CHART, title=str(each))).notes for each in range(12)}
    assert len(drawn) == 12


def test_truths_are_those_of_the_chords(lesson):
    beats = lesson.beats
    found = chord_lessons.sheet(lesson, beats, lesson.downbeats)
    names = tuple(QUALITIES)
    # Beat 0 lies before the first chord's beginning at the edge of time 0.
    for beat in range(2, 40):
        start = beats[beat - 1] + 0.01
        symbol = next(name for a, b, name in lesson.spans if a <= start < b)
        chord = parse(symbol)
        right = {chord.root * len(names) + names.index(each) for each in plainer(chord)}
        assert set(np.flatnonzero(found.allowed[beat])) == right
        assert found.bass[beat] == (chord.root if chord.bass is None else chord.bass)
    assert set(found.change) == {UNKNOWN, 0, 1}
    assert (found.key == (lesson.key[0] * 2)).all()


def test_nothing_is_wanted_where_nothing_is_known(lesson):
    bare = replace(lesson, spans=(), key=None)
    found = chord_lessons.sheet(bare, lesson.beats, None)
    assert found.allowed.all()
    assert (found.function == UNKNOWN).all()
    assert (found.change == UNKNOWN).all()


@pytest.mark.parametrize("manner", ["true", "halves", "tracked", "shifted", "half", "double"])
def test_grids_are_beats_that_a_tracker_may_give(lesson, manner):
    beats, lines = chord_lessons.grid(lesson, manner, np.random.default_rng(0))
    assert (np.diff(beats) > 0).all()
    factor = {"half": 0.5, "double": 2.0}.get(manner, 1.0)
    assert len(beats) == pytest.approx(factor * len(lesson.beats), rel=0.15)
    if manner == "halves":
        assert len(lines) == pytest.approx(2 * len(lesson.downbeats), abs=2)


def test_an_excerpt_keeps_chords_and_notes_together(lesson):
    part = lesson.excerpt(5.0, 6.0)
    moved = part.notes.notes[0].onset - min(n.onset for n in lesson.notes if n.onset >= 5.0)
    whole = {(start, name) for start, _, name in lesson.spans}
    inner = part.spans[1]
    assert any(abs(start + moved - inner[0]) < 1e-9 and name == inner[2] for start, name in whole)
    assert part.notes.duration < 6.5


def test_what_the_transcriber_hears_is_kept(tmp_path, monkeypatch, lesson):
    monkeypatch.setattr(chord_material, "cache_dir", lambda: tmp_path)
    part = lesson.excerpt(0.0, 8.0)
    once = chord_material.heard(part)
    again = chord_material.heard(part)
    assert once.notes == again.notes != part.notes
    assert len(list(tmp_path.rglob("heard-*.json"))) == 1
    pitches = {note.pitch for note in part.notes}
    assert np.mean([note.pitch in pitches for note in once.notes]) > 0.7


def test_a_network_learns_what_it_hears_and_is_written(tmp_path, sheets):
    torch.set_num_threads(1)
    model = finding_chords.train(sheets, sheets, SMALL, TRAINING, tmp_path / "log.csv")
    untrained = finding_chords.figures(Model(SMALL).eval(), sheets)
    learned = finding_chords.figures(model, sheets)
    assert learned["chord_charts"] > max(0.6, untrained["chord_charts"] + 0.3)
    assert (tmp_path / "log.csv").read_text().startswith("step,loss,chord_charts")
    recipe = {"name": "small", "task": "t", "class": "discriminative", "arch": "chord_finder",
              "sample_rate": 1}  # fmt: skip
    finding_chords.export(model, SMALL, recipe, learned, tmp_path)
    manifest = read_manifest(tmp_path)
    features = sheets[0].features
    mine = chord_network.outputs(
        dict(read_arrays(manifest)), manifest.config["dilations"], features
    )
    with torch.no_grad():
        theirs = model(torch.from_numpy(features)[None], torch.ones(1, len(features)))
    for name, value in theirs.items():
        np.testing.assert_allclose(mine[name], value[0].numpy(), atol=0.05)
    assert json.dumps(manifest.config) == json.dumps(
        {"features": SMALL.features, "channels": 8, "dilations": [1, 2]}
    )


def test_silent_places_do_not_change_what_is_said_of_others():
    torch.manual_seed(0)
    model = Model(SMALL).eval()
    described = torch.rand(1, 10, 12, SMALL.features)
    filled = torch.cat([described, torch.rand(1, 5, 12, SMALL.features)], dim=1)
    mask = torch.ones(1, 15)
    mask[:, 10:] = 0
    with torch.no_grad():
        alone, beside = model(described, torch.ones(1, 10)), model(filled, mask)
    for name, value in alone.items():
        torch.testing.assert_close(beside[name][:, :10], value)


def test_nothing_that_is_measured_is_heard():
    recipe = folder("checkpoints") / "recognize-chords" / "material.toml"
    table = tomllib.loads(recipe.read_text(encoding="utf-8"))
    songs = (*table["material"]["songs"], *table["validation"]["songs"])
    assert max(each["last"] for each in songs) <= 850
    assert max(each["last"] for each in table["material"]["songs"]) <= 800
    out = finding_chords.left_out()
    assert {"bach/bwv368", "bach/bwv318", "mozart/k545/movement1_exposition"} <= out


def test_an_analysis_is_laid_over_its_score_and_over_no_other():
    path = "bach/choraleAnalyses/riemenschneider005.rntxt"
    found = chord_material.analyzed(path, "bach/bwv267")
    assert len(found.spans) > 40
    assert len(found.beats) > 40
    inside = total = 0.0
    for note in found.notes:
        for start, stop, name in found.spans:
            if start <= note.onset + 0.05 < stop:
                total += 1
                inside += note.pitch % 12 in parse(name).pitch_classes
    assert inside / total > 0.7
    with pytest.raises(InputError):
        chord_material.analyzed(path, "bach/bwv66.6")


def test_a_score_without_analysis_gets_the_chords_of_the_rules():
    found = chord_material.ruled(chord_material.scored("bach/bwv66.6"))
    ends = [stop for _, stop, _ in found.spans]
    assert [start for start, _, _ in found.spans[1:]] == ends[:-1]
    assert len({name for _, _, name in found.spans}) > 5
