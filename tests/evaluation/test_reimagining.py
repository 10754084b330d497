"""Is the suite's list fixed and held out, are its controls what they say, does its table add up."""

import math

import numpy as np
import pytest

from toolkit.evaluation import reimagining, style_controls, style_items, works
from toolkit.evaluation.style_rows import Piece
from toolkit.evaluation.versions import of_sheet, warped
from toolkit.style.sheet.sheet_making import make_sheet
from toolkit.training import voiced

PACKAGES = {item.name: item for item in style_items.PACKAGES}
CHORALE = PACKAGES["chorale BWV 368"]


def piece(name: str) -> Piece:
    return Piece(name, make_sheet(style_items.read(PACKAGES[name])), np.zeros((0, 3)))


def test_the_list_is_fixed_and_mixes_kinds():
    assert len(style_items.ITEMS) == 34
    assert len({item.source for item in style_items.ITEMS}) == 34
    assert sum(item.source.startswith("bach/") for item in style_items.ITEMS) == 6
    assert {item.source.split("/")[0] for item in style_items.ITEMS[:2]} == {"mozart", "pop909"}


def test_no_item_was_heard_by_the_tagger_or_the_chord_models():
    sources = {item.source for item in style_items.ITEMS}
    assert not sources & {*voiced.SCORES, *voiced.HELD_SCORES}
    listed = {*works.DEVELOPMENT, *works.HELD_OUT, *works.HELD_OUT_BEATS}
    assert {each for each in sources if not each.startswith("pop909/")} <= listed


@pytest.mark.parametrize("name", ["sonata K. 545", "mazurka op. 6/2"])
def test_pieces_have_their_beats_and_their_meter(name):
    notes = style_items.read(PACKAGES[name])
    beats = {"sonata K. 545": 4, "mazurka op. 6/2": 3}[name]
    assert beats in {numerator for _, numerator, _ in notes.meters}
    assert notes.duration <= 60 / PACKAGES[name].tempo * style_items.LONGEST_QUARTERS + 0.1
    sheet = make_sheet(notes)
    assert sheet.beats_per_bar == beats
    assert sheet.tempo == pytest.approx(PACKAGES[name].tempo, rel=0.01)


def test_the_known_tune_is_the_soprano():
    tune = style_items.tune(CHORALE)
    every = style_items.read(CHORALE).notes
    assert {(note.onset, note.pitch) for note in tune} <= {(n.onset, n.pitch) for n in every}
    top = {}
    for note in every:
        top[note.onset] = max(top.get(note.onset, 0), note.pitch)
    highest = sum(top[note.onset] == note.pitch for note in tune)
    assert highest / len(tune) > 0.9


def test_the_beginning_is_what_a_recording_has():
    begun = style_items.begun(CHORALE, 10.0)
    assert 0 < len(begun) < len(style_items.read(CHORALE))
    assert begun.duration <= 10.0


def test_swing_only_keeps_the_piece_and_another_piece_does_not():
    mazurka = piece("mazurka op. 6/2")
    from toolkit.evaluation.same_piece import same_piece

    source = of_sheet(mazurka.sheet)
    swung = same_piece(source, style_controls.swing_only(mazurka.sheet))
    assert swung["anchor_recall"] > 0.97
    assert swung["content_chroma"] > 0.97
    stranger = same_piece(source, of_sheet(piece("chorale BWV 368").sheet))
    assert stranger["anchor_recall"] < 0.35
    assert abs(stranger["self_similarity"]) < 0.5


def test_a_sheet_that_was_heard_is_laid_over_the_written_one():
    sheet = piece("chorale BWV 368").sheet
    heard = of_sheet(sheet)
    # Heard at twice the pulse, and one beat late.
    doubled = warped(heard, sheet, lambda beats: 2 * np.asarray(beats) + 1)
    assert doubled.length == pytest.approx(2 * heard.length)
    assert doubled.pulse == pytest.approx(0.5)
    assert doubled.sheet.melody[0].onset == pytest.approx(2 * sheet.melody[0].onset + 1)
    assert doubled.sheet.chords[1].duration == pytest.approx(2 * sheet.chords[1].duration)
    same = warped(heard, sheet, lambda beats: np.asarray(beats, float))
    np.testing.assert_allclose(same.pitched, heard.pitched)


def test_means_leave_out_what_is_unknown_and_take_the_worst_of_faults():
    rows = [
        {"method": "tonearm", "item": "a", "anchor_recall": 0.8, "copied_run": 3.0},
        {"method": "tonearm", "item": "b", "anchor_recall": math.nan, "copied_run": 7.0},
        {"method": "seed 1", "item": "a", "anchor_recall": 0.9, "copied_run": 0.0},
        {"method": "seed 2", "item": "a", "anchor_recall": 1.0, "copied_run": 0.0},
    ]
    (line,) = reimagining.summaries(rows)
    assert line == {"method": "tonearm", "pieces": 2, "anchor_recall": 0.8, "copied_run": 7.0}
    (spread,) = reimagining.spread(rows)
    assert spread["pieces"] == 1
    assert spread["anchor_recall"] == pytest.approx(np.std([0.8, 0.9, 1.0]), abs=1e-3)


def test_the_table_has_a_line_for_each_figure():
    lines = [
        {"method": "tonearm", "pieces": 34, "anchor_recall": 0.9683, "lufs": -16.0},
        {"method": "another piece", "pieces": 34, "anchor_recall": math.nan},
    ]
    pieces, recall, loudness = reimagining.turned(lines)
    assert pieces["tonearm"] == "34"
    assert (recall["tonearm"], recall["another piece"]) == ("0.968", "")
    assert loudness["goal"] == "-16 ± 1"
    assert set(reimagining.GOALS) <= set(reimagining.FIGURES)


def test_the_sample_is_nineteen_bars_of_a_prelude_and_their_recording():
    notes, recording = style_items.sample()
    onsets = [note.onset for note in notes]
    assert len(onsets) == 19 * 16
    assert onsets == sorted(onsets)
    assert onsets[-1] + 0.1 < recording.duration < onsets[-1] + 4
