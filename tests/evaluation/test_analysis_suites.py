from itertools import combinations

import numpy as np
import pytest

from toolkit.adapters import mir_scores
from toolkit.adapters.annotated_scores import Bar, Score
from toolkit.errors import UsageError
from toolkit.evaluation import harmony, works
from toolkit.evaluation.accompaniment import accompany
from toolkit.evaluation.beats import beats
from toolkit.evaluation.performance import perform, score_beats
from toolkit.values import Audio

NOTES = tuple((0.5 * each, 0.5, 60 + each % 7, 0) for each in range(62))


def score(numerator=3, denominator=4, pickup=1.0):
    whole = numerator * 4 / denominator
    starts = [0.0, *(pickup + whole * each for each in range(9))]
    lengths = [pickup, *[whole] * 9]
    bars = (
        Bar(start, length, numerator, denominator)
        for start, length in zip(starts, lengths, strict=True)
    )
    return Score(NOTES, tuple(bars), ((0.0, 0),))


def test_the_lists_share_no_work():
    def whole(work):
        return work.removesuffix(".mxl").split("/movement")[0]

    lists = (works.DEVELOPMENT, works.HELD_OUT, works.HELD_OUT_BEATS)
    for one, two in combinations(lists, 2):
        assert not {whole(each) for each in one} & {whole(each) for each in two}


def test_a_song_for_piano_is_a_score_with_bars():
    song = works.score("pianobooster/02-LavendersBlue")
    assert {(bar.numerator, bar.denominator) for bar in song.bars} == {(3, 4)}
    assert song.bars[3].start == 9
    assert all(0 <= pitch < 128 and length > 0 for _, length, pitch, _ in song.notes)


def test_an_unknown_song_is_refused():
    with pytest.raises(UsageError, match="no song"):
        works.score("pianobooster/nothing")


def test_beats_of_a_pickup_are_counted_back():
    grid, bar_lines = score_beats(score(), 8)
    assert grid.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert bar_lines.tolist() == [1, 4, 7]


def test_a_compound_beat_is_three_eighths():
    grid, bar_lines = score_beats(score(6, 8, 0.5), 7)
    assert grid.tolist() == [0.5, 2, 3.5, 5, 6.5]
    assert bar_lines.tolist() == [0.5, 3.5, 6.5]


@pytest.mark.parametrize("rubato", [False, True])
def test_a_performance_is_reproducible_and_keeps_its_beats(rubato):
    one, two = (perform(score(), np.random.default_rng(4), rubato=rubato) for _ in range(2))
    assert one.notes == two.notes
    onsets = np.array([note.onset for note in one.notes])
    assert np.abs(onsets[:, None] - one.beats).min(axis=0).max() < 0.06
    gaps = np.diff(one.beats)
    assert (gaps.std() / gaps.mean() > 0.05) == rubato


def test_beat_scores():
    reference = np.arange(0.5, 20, 0.5)
    assert mir_scores.beat_f_measure(reference, reference + 0.05) == 1
    assert mir_scores.beat_f_measure(reference, reference + 0.2) == 0
    assert mir_scores.beat_f_any_level(reference, reference[::2]) == 1


def test_chord_scores():
    truth = (np.array([[0.0, 1.0], [1.0, 2.0]]), ("C:maj", "G:7"))
    found = (np.array([[0.0, 1.5], [1.5, 2.0]]), ("C:maj", "G:maj"))
    scores = mir_scores.chord_recalls(truth, found)
    assert scores == pytest.approx({"root": 0.75, "majmin": 0.75, "sevenths": 0.5})


def test_key_scores():
    scores = [harmony.key_score("C major", each) for each in ("C major", "G major", "A minor")]
    assert scores == [1.0, 0.5, 0.3]
    assert harmony.key_score("A minor", "C major") == 0.3
    assert harmony.key_score("C major", "C minor") == 0.2
    assert harmony.key_score("C major", "") == 0


def test_an_accompaniment_plays_its_chords():
    made = accompany(np.random.default_rng(1))
    assert made.intervals[0, 0] == pytest.approx(0.5)
    assert len(made.symbols) == len(made.intervals)
    assert made.notes.duration <= made.intervals[-1, 1] + 0.5


def test_transposing_moves_a_tone():
    time = np.arange(44100) / 44100
    audio = Audio(np.sin(2 * np.pi * 440 * time).astype(np.float32)[None], 44100)
    moved = harmony.transposed(audio, 50).samples[0]
    spectrum = np.abs(np.fft.rfft(moved * np.hanning(len(moved))))
    assert spectrum.argmax() * 44100 / len(moved) == pytest.approx(440 * 2 ** (50 / 1200), abs=1.1)


def test_suites_report_their_methods():
    report = beats(limit=1, methods=("tonearm, notes",))
    assert {row["manner"] for row in report.rows} == {"steady", "rubato"}
    assert report.markdown().startswith("## T2")
    report = harmony.harmony(limit=1, methods=("tonearm swing", "tonearm, Albrecht-Shanahan"))
    assert {row["what"] for row in report.summary} <= {"key", "swing"}
    assert report.json()


def test_bars_that_a_repeat_parts_are_one():
    starts, lengths = (0.0, 1.0, 4.0, 6.0, 7.0, 10.0), (1.0, 3.0, 2.0, 1.0, 3.0, 2.0)
    bars = tuple(Bar(start, length, 3, 4) for start, length in zip(starts, lengths, strict=True))
    grid, bar_lines = score_beats(Score(NOTES, bars, ()), 12)
    assert grid.tolist() == list(range(12))
    assert bar_lines.tolist() == [1, 4, 7, 10]


def test_three_eighths_are_counted_in_eighths():
    grid, bar_lines = score_beats(score(3, 8, 0.5), 3.5)
    assert grid.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert bar_lines.tolist() == [0.5, 2]


def test_a_score_is_kept_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    read = works.score.__wrapped__
    assert read("bach/bwv66.6") == read("bach/bwv66.6")
    assert len(list(tmp_path.rglob("*.json"))) == 1
