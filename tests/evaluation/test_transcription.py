import json

import numpy as np
import pytest

from toolkit.evaluation import note_items, transcription
from toolkit.evaluation.note_scores import merged, note_scores
from toolkit.values import DRUMS, Audio, Note, Notes


def scale(late=0.0, up=0, longer=0.0, velocity=0.5):
    return Notes(
        tuple(
            Note(
                0.1 + step / 2 + late,
                0.5 + step / 2 + late + longer,
                60 + step + up,
                velocity + 0.04 * step,
            )
            for step in range(10)
        )
    )


def test_the_truth_scores_one():
    scores = note_scores(scale(), scale())
    assert set(vars(scores).values()) == {1.0}


def test_each_figure_sees_its_error():
    late = note_scores(scale(), scale(late=0.08))
    assert late.onset == 0
    assert late.frame == pytest.approx(1 - 0.08 / 0.4, abs=0.03)
    assert note_scores(scale(), scale(late=0.03)).onset == 1
    assert note_scores(scale(), scale(up=1)).onset == 0
    long = note_scores(scale(), scale(longer=0.3))
    assert long.onset == 1
    assert long.offset == 0
    # A linear fit forgives that all is louder.
    assert note_scores(scale(), scale(velocity=0.3)).velocity == 1


def test_missing_and_extra_notes_count():
    half = Notes(tuple(scale())[:5])
    found = note_scores(scale(), half)
    assert (found.precision, found.recall) == (1.0, 0.5)
    assert note_scores(half, scale()).precision == 0.5
    assert note_scores(scale(), Notes()).onset == 0
    assert note_scores(Notes(), Notes()).onset == 1


def test_unisons_are_one_note_and_drums_none():
    notes = Notes(
        (
            Note(1.0, 1.5, 60, 0.4, 40),
            Note(1.01, 2.0, 60, 0.6, 56),
            Note(1.2, 1.4, 60, 0.5, 40),
            Note(1.0, 1.1, 36, 0.5, DRUMS),
        )
    )
    first, second = merged(notes)
    assert (first.onset, first.offset, first.velocity) == (1.0, 2.0, 0.6)
    assert second.onset == 1.2


def test_items_come_by_turns_and_are_pinned():
    items = note_items.items()
    assert len({item.name for item in items}) == len(items) == 32
    assert {item.group for item in items[:3]} == {note_items.PIANO, note_items.MIXED}
    piano = next(item for item in items if item.name == "string-choir, piano")
    notes = note_items.item_notes(piano)
    assert {note.program for note in notes} == {0}
    assert len(notes) > 20


@pytest.fixture
def small(monkeypatch):
    """A suite of one item and two transcribers that cost nothing."""
    item = note_items.Item("scale", note_items.PIANO, "", "")
    audio = Audio(
        (0.05 * np.random.default_rng(0).standard_normal((1, 66150))).astype(np.float32), 44100
    )
    monkeypatch.setattr(note_items, "items", lambda: (item,))
    monkeypatch.setattr(note_items, "item_notes", lambda item: scale())
    monkeypatch.setattr(note_items, "render", lambda item, notes: audio)
    methods = {
        "basic-pitch": lambda audio: Notes(tuple(scale())[:5]),
        "knows": lambda audio: scale(),
    }
    monkeypatch.setattr(transcription, "METHODS", methods)


def test_the_suite_compares_methods_on_the_same_music(small):
    report = transcription.transcription()
    assert len(report.rows) == 4
    assert {row["condition"] for row in report.rows} == {"clean", "old record"}
    line = next(row for row in report.summary if row["method"] == "knows" and row["as"] == "clean")
    assert line["onset F1"].startswith("1.000")
    assert line["over basic-pitch"].startswith("+0.333")
    assert "t1" in json.loads(report.json())["suite"]
    assert "old record" in report.markdown()


def test_an_old_record_keeps_its_length_and_its_time():
    time = np.arange(2 * 44100) / 44100
    audio = Audio((0.2 * np.sin(2 * np.pi * 500 * time)).astype(np.float32)[None], 44100)
    worn = transcription.old_record(audio, 3)
    assert worn.samples.shape == audio.samples.shape
    assert not np.array_equal(worn.samples, audio.samples)
    again = transcription.old_record(audio, 3)
    assert np.array_equal(worn.samples, again.samples)
