import math

import numpy as np
import pytest

from toolkit.evaluation.accompaniment import accompany
from toolkit.style import key, tones
from toolkit.style.listening import chords, swing
from toolkit.values import DRUMS, Note, Notes


def scale(tonic, steps):
    names = [tonic, *(tonic + step for step in steps), tonic, tonic + 7, tonic]
    return Notes(tuple(Note(0.5 * at, 0.5 * at + 0.5, 60 + each) for at, each in enumerate(names)))


@pytest.mark.parametrize("tonic", range(12))
def test_scales_have_their_keys(tonic):
    assert key.key(scale(tonic, (2, 4, 5, 7, 9, 11, 4, 7))) == key.KEYS[tonic]
    assert key.key(scale(tonic, (2, 3, 5, 7, 8, 11, 3, 7))) == key.KEYS[12 + tonic]


def test_a_modulation_is_found():
    first = scale(0, (2, 4, 5, 7, 9, 11, 4, 7)).notes * 3
    second = scale(4, (2, 4, 5, 7, 9, 11, 4, 7)).notes * 3
    notes = [
        Note(0.5 * at, 0.5 * at + 0.5, note.pitch) for at, note in enumerate((*first, *second))
    ]
    found = key.keys(Notes(tuple(notes)))
    assert [name for _, name in found] == ["C major", "E major"]
    assert found[1][0] == pytest.approx(len(first) * 0.5, abs=3)


@pytest.mark.parametrize("quality", chords.QUALITIES)
def test_every_quality_is_recognized(quality):
    notes = [Note(0, 4, 38)] + [Note(0, 4, 62 + step) for step in chords.QUALITIES[quality]]
    found = chords.chords(Notes(tuple(notes)), np.arange(0, 4, 0.5))
    assert found == ((0.0, f"D:{quality}"),)


def test_generated_progressions_are_recognized():
    made = accompany(np.random.default_rng([7, 1]), tune=True)
    found = chords.chords(made.notes, made.beats)
    starts = np.array([time for time, _ in found])
    grid = np.arange(0.6, made.intervals[-1, 1], 0.1)
    truth = [made.symbols[index] for index in np.searchsorted(made.intervals[:, 0], grid) - 1]
    mine = [found[index][1] for index in np.searchsorted(starts, grid, side="right") - 1]
    assert np.mean([one == two for one, two in zip(truth, mine, strict=True)]) > 0.8


def test_silence_and_drums_have_no_harmony():
    drums = Notes(tuple(Note(each, each + 0.2, 36, 0.8, DRUMS) for each in range(8)))
    assert key.key(drums) == ""
    assert key.keys(drums) == ()
    assert {symbol for _, symbol in chords.chords(drums, np.arange(8.0))} == {"N"}
    assert chords.chords(Notes(), np.zeros(0)) == ()


def test_sounding_equals_a_naive_count():
    rng = np.random.default_rng(2)
    notes = Notes(
        tuple(
            Note(begin, begin + length, int(pitch))
            for begin, length, pitch in zip(
                rng.uniform(0, 9, 30), rng.uniform(0, 3, 30), rng.integers(30, 90, 30), strict=True
            )
        )
    )
    edges = np.array([0.0, 0.7, 2.0, 5.0, 12.5])
    naive = np.zeros((4, 12))
    for note in notes:
        for span in range(4):
            shared = min(note.offset, edges[span + 1]) - max(note.onset, edges[span])
            naive[span, note.pitch % 12] += max(shared, 0)
    np.testing.assert_allclose(tones.sounding(notes, edges), naive)


@pytest.mark.parametrize("ratio", [1.0, 1.4, 2.0, 3.0])
def test_swing_is_measured(ratio):
    made = accompany(np.random.default_rng([3, 9]), swing=ratio)
    assert swing.swing_ratio(made.notes, made.beats) == pytest.approx(ratio, abs=0.1)


def test_swing_of_nothing_is_unknown():
    assert math.isnan(swing.swing_ratio(Notes(), np.arange(4.0)))
