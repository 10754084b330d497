import csv

import numpy as np
import pytest

from toolkit.adapters import wjazzd, wjazzd_playing

NOTES = (
    # bar, beat, division, tatum, seconds after the beat, seconds long, pitch
    (0, 1, 2, 1, 0.02, 0.2, 60),
    (0, 1, 3, 3, 0.31, 0.2, 62),
    (0, 2, 1, 1, 0.02, 0.1, 64),
    (0, 3, 4, 1, 0.00, 0.1, 65),
    (0, 3, 4, 2, 0.13, 0.1, 67),
    (0, 3, 4, 4, 0.38, 0.1, 65),
    (1, 1, 1, 1, 0.03, 0.9, 60),
)


@pytest.fixture
def table(tmp_path):
    """Two bars at 120 beats a minute, as the database writes them."""
    for folder in ("mcsv_melody", "mcsv_beat"):
        (tmp_path / folder).mkdir()
    beats = [
        {"onset": 1 + 0.5 * index, "bar": index // 4, "beat": index % 4 + 1,
         "signature": "'4/4'", "chord": "Bb-7911" if index < 4 else "NC"}
        for index in range(8)
    ]  # fmt: skip
    notes = [
        {"onset": 1 + 2 * bar + 0.5 * (beat - 1) + late, "duration": length, "division": division,
         "bar": bar, "beat": beat, "tatum": tatum, "pitch": pitch, "loud_median": 60 + pitch % 3,
         "phrase_begin": int(not index)}
        for index, (bar, beat, division, tatum, late, length, pitch) in enumerate(NOTES)
    ]  # fmt: skip
    path = tmp_path / "mcsv_melody" / "AnnOther_Tune_FINAL.csv"
    for target, rows in (
        (path, notes),
        (tmp_path / "mcsv_beat" / "AnnOther_Tune_FINAL_beattrack.csv", beats),
    ):
        with target.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return path


def test_tables_are_read(table):
    solo = wjazzd.read(table)
    assert (solo.performer, solo.name) == ("AnnOther", "AnnOther_Tune")
    assert solo.tempo == pytest.approx(120)
    assert solo.positions.tolist() == pytest.approx([0, 2 / 3, 1, 2, 2.25, 2.75, 4])
    assert solo.chords[0].symbol == "Bbm7(9,11)"
    assert solo.chords[4] is None
    assert solo.begins.tolist() == [True] + [False] * 6


def test_a_lone_late_note_is_the_second_eighth_and_sixteenths_stay(table):
    written = wjazzd.written(wjazzd.read(table))
    assert written.tolist() == pytest.approx([0, 0.5, 1, 2, 2.25, 2.75, 4])


def test_what_players_made_of_notes_is_measured_against_swung_places(table):
    played = wjazzd_playing.played(wjazzd.read(table))
    # At 120 a soloist's second eighth is at .562 of a beat: 281 ms.
    assert played.values[:3, 0] == pytest.approx([0.02, 0.31 - 0.2810, 0.02], abs=1e-3)
    assert played.values[0, 2] == pytest.approx(0.8)
    assert np.median(played.values[:, 1]) == 0
    assert played.character == (0.0, 0.0, 0.0)


def test_every_spelling_of_the_database_is_a_chord():
    spelled = {
        "Cj7": "Cmaj7", "F#-7": "F#m7", "Ebm7b5": "Ebm7b5", "G7alt": "G7(#9,b13)",
        "Asus7913": "A7sus4(9,13)", "Do7": "Ddim7", "E+j7": "Emaj7#5", "C79#11#": "C7(#9,#11)",
        "B-69/F#": "Bm6(9)/F#", "C": "C", "Dbj7911#": "Dbmaj7(9,#11)",
    }  # fmt: skip
    for theirs, ours in spelled.items():
        assert wjazzd.chord(theirs).symbol == ours
    assert wjazzd.chord("NC") is None


def test_no_player_is_in_two_splits():
    test, validation = (set(wjazzd.PERFORMERS[split]) for split in ("test", "validation"))
    assert not test & validation
    assert len(test) == 13
    assert len(validation) == 6
