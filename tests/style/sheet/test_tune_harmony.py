import itertools

import numpy as np
import pytest

from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, LineNote
from toolkit.style.sheet.tune_harmony import tune_chords

BARS = tuple(Bar(4.0 * index, 4) for index in range(4))


def tune(*pitches):
    return [LineNote(float(k), 1.0, pitch) for k, pitch in enumerate(pitches)]


def test_broken_chords_get_their_chords():
    melody = tune(60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 72, 67, 64, 60)
    found = tune_chords(melody, BARS, "C major")
    assert [(at, chord.root) for at, chord in found] == [(0, 0), (4, 5), (8, 7), (12, 0)]


def test_minor_tunes_close_with_a_major_dominant():
    melody = tune(69, 72, 76, 72, 74, 77, 74, 69, 76, 80, 71, 68, 69, 64, 69, 69)
    found = tune_chords(melody, BARS, "A minor")
    assert found[-1][1] == parse("Am")
    assert found[-2][1].root == 4
    assert found[-2][1].quality in ("", "7")


@pytest.mark.parametrize("beats", [1, 2, 3, 4, 5, 7])
def test_chords_begin_at_bars_or_their_halves_and_change(beats):
    rng = np.random.default_rng(beats)
    bars = tuple(Bar(float(beats * index), beats) for index in range(9))
    melody = [LineNote(float(k), 1.0, int(rng.integers(55, 80))) for k in range(9 * beats)]
    found = tune_chords(melody, bars, "F major")
    places = {bar.onset for bar in bars} | (
        {bar.onset + 2 for bar in bars} if beats == 4 else set()
    )
    assert {at for at, _ in found} <= places
    assert all(one[1] != other[1] for one, other in itertools.pairwise(found))


def test_transposing_the_tune_transposes_the_chords():
    rng = np.random.default_rng(0)
    melody = tune(*rng.integers(60, 76, 16))
    higher = [note.transposed(3) for note in melody]
    found = tune_chords(melody, BARS, "C major")
    assert tune_chords(higher, BARS, "Eb major") == tuple(
        (at, chord.transposed(3)) for at, chord in found
    )


def test_no_tune_no_chords():
    assert tune_chords([], BARS, "C major") == ()
