import itertools

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.run import Run
from toolkit.style.lead_sheet import FUNCTIONS
from toolkit.style.sheet import sheet_text
from toolkit.style.sheet.sheet_making import make_sheet
from toolkit.values import DRUMS, Note, Notes


def song(repeats=4, quarters=110.0, per_bar=4, jitter=0.0, pickup=False, mapped=True):
    """A tune in half notes over an Alberti bass: C, F, G, C."""
    rng = np.random.default_rng(0)
    second = 60 / quarters
    rows, start = [], 1.0 if pickup else 0.0
    if pickup:
        rows.append((0.0, 1.0, 67))
    for bar in range(repeats * 4):
        figure = {
            0: (48, 55, 52, 55),
            1: (53, 60, 57, 60),
            2: (43, 53, 50, 53),
            3: (48, 55, 52, 55),
        }
        tones = figure[bar % 4]
        top = {0: (72, 76), 1: (77, 76), 2: (74, 71), 3: (72, 67)}[bar % 4]
        at = start + bar * per_bar
        rows += [(at, 2.0, top[0]), (at + 2, per_bar - 2.0, top[1])]
        rows += [(at + k / 2, 0.5, tones[k % 4]) for k in range(2 * per_bar)]
    played = tuple(
        Note(
            max(onset * second + float(rng.normal(0, jitter)), 0),
            (onset + length) * second + 0.02,
            pitch,
        )
        for onset, length, pitch in rows
    )
    meters = ((0.0, 1, 4), (second, per_bar, 4)) if pickup else ((0.0, per_bar, 4),)
    return Notes(played, ((0.0, quarters),), meters) if mapped else Notes(played)


def check(sheet):
    """Assert what holds of every lead sheet."""
    assert sheet.bars[0].onset == 0
    for one, other in itertools.pairwise(sheet.bars):
        assert one.offset == other.onset
    for line in (sheet.melody, sheet.bass):
        for one, other in itertools.pairwise(line):
            assert one.offset <= other.onset + 1e-9
            assert one.duration > 0
    for one, other in itertools.pairwise(sheet.chords):
        assert one.offset <= other.onset + 1e-9
    assert all(0 <= span.onset < span.offset <= sheet.length for span in sheet.chords)
    assert all(span.function in FUNCTIONS for span in sheet.chords)
    assert all(0 <= note.weight <= 1 for note in (*sheet.melody, *sheet.bass, *sheet.inner))
    assert all(note.onset < sheet.length for note in (*sheet.melody, *sheet.bass, *sheet.inner))
    assert sheet.keys[0][0] == 0
    assert sheet.phrases[0].onset == 0
    assert sheet.phrases[-1].offset == sheet.length
    assert 0 <= sheet.melody_confidence <= 1
    assert sheet_text.read(sheet_text.write(sheet)) == sheet


def test_a_song_comes_apart_as_it_was_made():
    run = Run()
    sheet = make_sheet(song(), title="Song", run=run)
    check(sheet)
    assert (sheet.title, sheet.keys, sheet.parts) == ("Song", ((0.0, "C major"),), 2)
    assert sheet.tempo == pytest.approx(110, abs=0.1)
    assert len(sheet.bars) == 16
    wanted = [72, 76, 77, 76, 74, 71, 72, 67] * 4
    found = {(note.onset, note.pitch) for note in sheet.melody}
    truth = {(2.0 * index, pitch) for index, pitch in enumerate(wanted)}
    assert len(found & truth) >= 0.9 * len(truth)
    assert len(found - truth) <= 0.15 * len(truth)
    roots = [sheet.chord_at(4.0 * bar + 1).chord.root for bar in range(16)]
    assert np.mean(np.array(roots) == [0, 5, 7, 0] * 4) >= 0.9
    assert [sheet.chord_at(4.0 * bar + 1).function for bar in range(4)] == ["T", "S", "D", "T"]
    assert {phrase.label for phrase in sheet.phrases} == {"A"}
    assert run.findings["melody_from"] == "tune"
    assert sheet.bass
    assert np.mean([note.pitch for note in sheet.bass]) < 60


def test_a_played_song_is_the_written_one():
    written = make_sheet(song())
    played = make_sheet(song(jitter=0.012))
    check(played)
    one, other = ({(note.onset, note.pitch) for note in each.melody} for each in (written, played))
    assert len(one & other) >= 0.9 * len(one)


def test_a_waltz_has_three_beats():
    sheet = make_sheet(song(per_bar=3))
    check(sheet)
    assert {bar.beats for bar in sheet.bars} == {3}


def test_five_beats_stay_five():
    sheet = make_sheet(song(per_bar=5))
    check(sheet)
    assert {bar.beats for bar in sheet.bars} == {5}


def test_a_pickup_is_negative():
    sheet = make_sheet(song(pickup=True))
    check(sheet)
    assert min(note.onset for note in (*sheet.melody, *sheet.inner, *sheet.bass)) == -1


def test_without_a_tempo_map_the_beats_are_found():
    sheet = make_sheet(song(mapped=False, repeats=8))
    check(sheet)
    assert min(abs(sheet.tempo / 110 - ratio) for ratio in (0.5, 1, 2)) < 0.04


def test_a_tune_alone_is_harmonized():
    second = 0.5
    tune = (60, 62, 64, 65, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60)
    played = tuple(Note(k * second, (k + 0.95) * second, p) for k, p in enumerate(tune))
    run = Run()
    sheet = make_sheet(Notes(played, ((0.0, 120.0),), ((0.0, 4, 4),)), run=run)
    check(sheet)
    assert [note.pitch for note in sheet.melody] == list(tune)
    assert run.findings["melody_from"] == "only voice"
    assert sheet.chords[0].chord.symbol == "C"
    assert sheet.chords[-1].chord.symbol == "C"


def test_chords_that_come_with_the_notes_are_believed():
    notes = song(repeats=1)
    second = 60 / 110
    told = tuple((4 * second * k, name) for k, name in enumerate(("C:maj7", "F:min", "N", "x?")))
    sheet = make_sheet(Notes(notes.notes, notes.tempo_map, notes.meters, (), told))
    assert [span.chord.symbol for span in sheet.chords] == ["Cmaj7", "Fm"]
    assert sheet.length == 16


@pytest.mark.parametrize("count", [1, 2])
def test_a_note_or_two_are_a_bar(count):
    sheet = make_sheet(Notes(tuple(Note(1.0 + k, 1.5 + k, 60) for k in range(count))))
    check(sheet)
    assert len(sheet.melody) == count
    assert len(sheet.bars) == 1


@pytest.mark.parametrize(
    "notes", [Notes(), Notes(tuple(Note(k / 2, k / 2 + 0.1, 36, 0.8, DRUMS) for k in range(40)))]
)
def test_drums_and_silence_are_refused_in_two_lines(notes):
    with pytest.raises(InputError) as caught:
        make_sheet(notes)
    assert "no pitched notes" in caught.value.message
    assert caught.value.hint


pieces = st.lists(
    st.tuples(
        st.floats(0, 30), st.floats(0.01, 5), st.integers(0, 127), st.sampled_from((0, 40, DRUMS))
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    pieces,
    st.sampled_from((None, (4, 4), (3, 4), (5, 4), (7, 8), (6, 8), (1, 4), (2, 2), (13, 16))),
)
def test_any_notes_make_a_sheet(rows, meter):
    notes = Notes(
        tuple(Note(onset, onset + length, pitch, 0.5, who) for onset, length, pitch, who in rows),
        ((0.0, 97.0),) if meter else (),
        ((0.0, *meter),) if meter else (),
    )
    if all(note.program == DRUMS for note in notes):
        with pytest.raises(InputError):
            make_sheet(notes)
    else:
        check(make_sheet(notes))


def test_it_does_the_same_twice():
    assert make_sheet(song(jitter=0.02)) == make_sheet(song(jitter=0.02))
