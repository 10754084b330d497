from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.evaluation.varying import recall
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.melody import melody_moves
from toolkit.style.melody.anchors import droppable, runs, structure
from toolkit.style.melody.embellish import embellish
from toolkit.style.melody.filling import how_many
from toolkit.style.melody.line_traits import TRAITS, USUAL, likeness, traits
from toolkit.style.scales import avoid_notes, chord_scale
from toolkit.style.style import IDIOMS

TUNE = (
    (0, 1, 67), (1, 1, 64), (2, 2, 67), (4, 1, 69), (5, 1, 67), (6, 2, 64), (8, 1, 62),
    (9, 1, 64), (10, 1, 65), (11, 1, 62), (12, 3, 64), (16, 1, 67), (17, 1, 64), (18, 2, 72),
    (20, 1, 71), (21, 1, 69), (22, 2, 67), (24, 1, 65), (25, 0.5, 64), (25.5, 0.5, 62),
    (26, 1, 59), (27, 1, 62), (28, 4, 60),
)  # fmt: skip


def tune(weighted=True, tempo=140.0):
    melody = tuple(
        LineNote(onset, length, pitch, (0.9 if length >= 2 or onset % 4 == 0 else 0.3))
        if weighted
        else LineNote(onset, length, pitch)
        for onset, length, pitch in TUNE
    )
    chords = tuple(
        ChordSpan(4.0 * number, 4.0, parse(symbol))
        for number, symbol in enumerate(("Cmaj7", "Am7", "Dm7", "G7") * 2)
    )
    return LeadSheet(
        tuple(Bar(4.0 * number, 4) for number in range(8)),
        melody,
        chords,
        phrases=(Phrase(0.0, 16.0), Phrase(16.0, 16.0, "B")),
        tempo=tempo,
    )


def varied(sheet, amount=0.5, idiom="jazz", seed=0, locked=()):
    dice = np.random.default_rng(seed)
    return embellish(sheet, amount=amount, idiom=idiom, rng=dice, locked=locked)


@pytest.mark.parametrize("idiom", IDIOMS)
def test_amount_zero_is_the_tune_itself(idiom):
    assert varied(tune(), 0.0, idiom) == tune()


@pytest.mark.parametrize("idiom", IDIOMS)
def test_the_tune_remains_at_a_half(idiom):
    for weighted in (True, False):
        sheet = tune(weighted)
        assert recall(sheet, varied(sheet, 0.5, idiom)) >= 0.8
    assert recall(tune(), varied(tune(), 1.0, idiom)) >= 0.35


def test_less_of_the_tune_remains_the_more_it_is_varied():
    def kept(amount):
        sheet = tune(weighted=False)
        return np.mean([recall(sheet, varied(sheet, amount, seed=seed)) for seed in range(4)])

    assert kept(0.1) > kept(0.5) > kept(1.0)


def test_a_tune_on_the_beats_is_moved_off_them_and_filled_with_eighths():
    def off_beat(sheet):
        return np.mean([note.onset % 1 > 0.05 for note in sheet.melody])

    changed = [varied(tune(), 0.5, seed=seed) for seed in range(4)]
    assert off_beat(tune()) < 0.1
    assert 0.35 < np.mean([off_beat(each) for each in changed]) < 0.75
    ones = [np.mean([note.onset % 4 == 0 for note in each.melody]) for each in changed]
    assert np.mean(ones) < np.mean([note.onset % 4 == 0 for note in tune().melody])


def test_lines_of_slow_tunes_go_in_double_time():
    def sixteenths(sheets):
        places = [round(note.onset % 1, 2) for sheet in sheets for note in sheet.melody]
        return np.mean([place in (0.25, 0.75) for place in places])

    slow = [varied(tune(tempo=60.0), 0.7, seed=seed) for seed in range(4)]
    quick = [varied(tune(tempo=200.0), 0.7, seed=seed) for seed in range(4)]
    assert sixteenths(slow) > 0.1 > sixteenths(quick)


def test_more_amount_means_more_notes_and_another_melody():
    counts = [
        np.mean([len(varied(tune(), amount, seed=seed).melody) for seed in range(4)])
        for amount in (0.0, 0.4, 1.0)
    ]
    assert counts[0] < counts[1] < counts[2]
    onsets = {note.onset for note in tune().melody}
    assert any(note.onset not in onsets for note in varied(tune(), 0.4).melody)


def test_dice_decide():
    assert varied(tune(), seed=3) == varied(tune(), seed=3)
    assert varied(tune(), seed=3) != varied(tune(), seed=4)


@pytest.mark.parametrize("idiom", ["jazz", "blues", "baroque"])
def test_locked_bars_stay(idiom):
    sheet = tune()
    changed = varied(sheet, 1.0, idiom, locked=((4.0, 12.0),))
    inside = [note for note in sheet.melody if 4 <= note.onset < 12]
    assert [note for note in changed.melody if 4 <= note.onset < 12] == inside
    assert changed.melody != sheet.melody


@pytest.mark.parametrize("idiom", ["jazz", "blues"])
def test_new_notes_are_playable_and_no_held_note_is_avoided(idiom):
    sheet = tune()
    low = min(note.pitch for note in sheet.melody) - 12
    high = max(note.pitch for note in sheet.melody) + 12
    for seed in range(3):
        line = varied(sheet, 1.0, idiom, seed)
        for note in line.melody:
            assert low <= note.pitch <= high
            if note.weight < 0.25 and note.duration >= 1 and idiom == "jazz":
                chord = line.chord_at(note.onset).chord
                assert note.pitch % 12 not in avoid_notes(chord)
        assert all(
            after.onset - note.onset >= 60 / 1000 * sheet.tempo / 60
            for note, after in pairwise(line.melody)
        )


def test_even_runs_keep_their_contour():
    notes = tuple(LineNote(step / 2, 0.5, 60 + 2 * (step % 5), 0.3) for step in range(32))
    sheet = replace(tune(), melody=notes)
    assert runs(notes).all()
    tune_notes = [note.pitch for note in varied(sheet).melody if note.weight > 0.25]
    assert tune_notes == [note.pitch for note in notes]


def test_structure_ranks_strong_long_notes_first():
    ranks = structure(tune(weighted=False))
    assert ranks[22] == max(ranks)
    assert ranks[13] > ranks[12]
    assert ranks[0] > ranks[1]
    free = droppable(tune(), 0.5)
    worth = np.array([note.weight * note.duration for note in tune().melody])
    assert 0 < worth[free].sum() <= 0.1 * worth.sum()


def test_notes_between_fit_the_gap_and_the_breath():
    def counts(gap, length, amount=1.0, tempo=140.0):
        rng = np.random.default_rng(0)
        one, other = LineNote(0.0, length, 60), LineNote(gap, 1.0, 64)
        sheet = tune(tempo=tempo)
        return [how_many(sheet, one, other, amount, rng) for _ in range(300)]

    assert max(counts(0.5, 0.5)) == 0
    assert np.mean(counts(1.0, 1.0)) < np.mean(counts(2.0, 2.0)) < np.mean(counts(4.0, 4.0))
    assert max(counts(8.0, 8.0)) == 5
    assert np.mean(counts(2.0, 2.0, amount=0.2)) < np.mean(counts(2.0, 2.0))
    assert max(counts(2.0, 2.0, tempo=300.0)) < max(counts(2.0, 2.0))


def test_traits_are_shares_of_what_they_are_called():
    onsets = np.array([0.0, 0.5, 1.5, 2.5, 3.0, 4.0])
    pitches = np.array([60, 61, 64, 64, 67, 72])
    ones = np.array([True, False, False, False, False, True])
    found = dict(zip(TRAITS, traits(onsets, pitches, ones, pitches % 12 != 1), strict=True))
    assert found["on a beat"] == pytest.approx(0.5)
    assert found["on the one"] == pytest.approx(1 / 3)
    assert found["held over"] == pytest.approx(2 / 5)
    assert found["semitones"] == pytest.approx(1 / 5)
    assert found["thirds"] == pytest.approx(2 / 5)
    assert found["repeats"] == pytest.approx(1 / 5)
    assert found["chord tones"] == 1
    assert found["pitch classes"] == pytest.approx(4 / 6)
    assert len(USUAL[0]) == len(USUAL[1]) == len(TRAITS)


def test_a_line_of_eighths_is_more_like_a_solo_than_a_hymn():
    pitches = (64, 65, 67, 71, 72, 70, 69, 67, 65, 64, 63, 62, 65, 67, 71, 72)
    moving = [LineNote(0.5 + step / 2, 0.5, pitch) for step, pitch in enumerate(pitches)]
    hymn = [LineNote(float(step), 1.0, pitch) for step, pitch in enumerate((60, 60, 62, 64) * 4)]
    assert likeness(tune(), hymn) < likeness(tune(), moving) < 0
    assert likeness(tune(), hymn[:3]) == 0


spans = st.tuples(
    st.sampled_from([2, 3, 4, 5]),
    st.integers(1, 4),
    st.floats(40, 320),
    st.sampled_from([2, 3]),
    st.booleans(),
    st.integers(0, 9),
    st.sampled_from(IDIOMS),
    st.integers(0, 1),
)


@settings(max_examples=25, deadline=None)
@given(spans)
def test_any_sheet_gives_one_note_at_a_time(drawn):
    beats, bars, tempo, parts, harmony, seed, idiom, pickup = drawn
    rng = np.random.default_rng(seed)
    lengths = rng.choice([0.5, 1.0, 2.0, 1 / 3], size=seed)
    onsets = np.cumsum(lengths) - lengths - pickup
    melody = tuple(
        LineNote(float(onset), float(length), int(rng.integers(55, 80)), float(rng.random()))
        for onset, length in zip(onsets, lengths, strict=True)
    )
    sheet = LeadSheet(
        tuple(Bar(float(beats * number), beats) for number in range(bars)),
        melody,
        (ChordSpan(0.0, float(beats), parse("F7")),) if harmony else (),
        keys=((0.0, "F minor"),),
        tempo=tempo,
        parts=parts,
    )
    line = varied(sheet, 0.8, idiom, seed)
    assert bool(line.melody) == bool(melody)
    for note, after in pairwise(line.melody):
        assert note.duration > 0
        assert note.offset <= after.onset + 1e-6
    assert replace(line, melody=()) == replace(sheet, melody=())


def test_moves_do_what_they_are_called():
    sheet = tune(tempo=100.0)
    held, low = LineNote(12.0, 2.0, 65, 0.9), LineNote(14.0, 2.0, 62, 0.9)
    scale = chord_scale(parse("G7"), "C major")
    walked = melody_moves.passing(sheet, held, None, low)
    assert [note.pitch for note in walked] == [65, 64]
    assert walked[-1].offset == held.offset
    turned = melody_moves.mordent(sheet, held, None, low)
    assert [note.pitch for note in turned] == [65, 64, 65]
    assert sum(note.duration for note in turned) == pytest.approx(held.duration)
    step_down = replace(low, pitch=64)
    shaken = melody_moves.trill(sheet, held, None, step_down)
    assert [note.pitch for note in shaken] == [65, 67, 65, 67, 65, 67, 64, 65]
    assert all(note.pitch % 12 in scale for note in shaken)
    above = LineNote(10.0, 2.0, 67, 0.9)
    late = melody_moves.suspension(sheet, held, above, low)
    assert [(note.onset, note.pitch) for note in late] == [(12.0, 67), (12.5, 65)]
    third = LineNote(0.0, 1.0, 64, 0.9)
    assert [note.pitch for note in melody_moves.blue_third(sheet, third, None, None)] == [63, 64]
    led = LineNote(-0.5, 0.5, 63, 0.2)
    assert melody_moves.blue_third(sheet, third, led, None) == ()
    assert melody_moves.neighbor(sheet, held, None, low) == ()
    said = (LineNote(0.0, 0.5, 64), LineNote(0.5, 0.5, 67), LineNote(1.0, 1.0, 69))
    answer = melody_moves.answer(sheet, said, 2.0, 4.0)
    assert [note.onset for note in answer] == [2.0, 2.5, 3.0]
    assert {note.pitch % 12 for note in answer} <= {0, 3, 5, 6, 7, 10}
