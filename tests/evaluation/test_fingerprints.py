import json

import numpy as np
import pytest

from toolkit.evaluation import fingerprints
from toolkit.evaluation.suites import SUITES
from toolkit.values import Audio, Note, Notes

RATE = 44100


def notes() -> Notes:
    return Notes(tuple(Note(0.25 * k, 0.25 * k + 0.2, 60 + k % 12) for k in range(80)))


def test_another_take_is_the_same_notes_at_other_times():
    take = fingerprints.another_take(notes(), np.random.default_rng(0))
    assert sorted(note.pitch for note in take) == sorted(note.pitch for note in notes())
    assert 0.8 < take.duration / notes().duration < 1.2
    before = np.array([note.onset for note in notes()])
    after = np.array([note.onset for note in take])
    rest = after - np.polyval(np.polyfit(before, after, 1), before)
    assert rest.std() > 0.03


def test_a_transfer_has_the_speed_and_the_beginning_that_it_says():
    samples = np.zeros((1, 6 * RATE), np.float32)
    samples[0, 4 * RATE : 4 * RATE + 200] = 0.9
    audio, speed, start = fingerprints.draw_transfer(
        Audio(samples, RATE), "vinyl", np.random.default_rng(3), fastest=1.06, trimmed=1.0
    )
    assert 1 / 1.06 <= speed <= 1.06
    assert 0 <= start <= 1
    loudest = np.abs(audio.samples).max(axis=0).argmax() / RATE
    assert loudest == pytest.approx(4 / speed - start, abs=0.02)


def row(kind: str, confidence: float, side: str = "side") -> dict:
    names = {"item": f"piece, {side}, 0", "with": f"piece, {side}, 0"}
    errors = {"offset_error": 0.01, "speed_error": 0.02}
    return {**names, "kind": kind, "confidence": confidence, "related": False, **errors}


def test_recall_and_precision_count_pairs():
    rows = [row("same", 0.7), row("same", 0.55), row("same", 0.2), row("another take", 0.6)]
    summary = fingerprints._summaries(rows, 0.6)
    (line,) = [each for each in summary if each["recording"] == "side"]
    assert (line["pairs"], line["joined"], line["false joins"]) == (3, 2, 1)
    assert line["recall"] == pytest.approx(2 / 3)
    assert line["precision"] == pytest.approx(2 / 3)
    assert line["recall at no false join"] == pytest.approx(1 / 3)
    assert line["offset error, worst (ms)"] == pytest.approx(10)


@pytest.mark.slow
def test_the_suite_finds_transfers_and_joins_no_strangers():
    report = SUITES["f1"](limit=2)
    assert report.suite == "f1"
    assert json.loads(report.json())["rows"]
    assert all(line["false joins"] == 0 for line in report.summary)
    assert sum(line["joined"] for line in report.summary) >= 3
