"""Degrees, distances and the choice of bars, against what is plain to see."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from toolkit.models.pattern_chooser import Config, Model
from toolkit.style.borrowed import pattern_network
from toolkit.style.borrowed.degrees import degree_of, pitch_class_of
from toolkit.style.borrowed.fitting import in_bar, over_chords
from toolkit.style.borrowed.hearing import hear
from toolkit.style.borrowed.neutral_key import neutral, transposed
from toolkit.style.borrowed.pattern_bars import PatternTone
from toolkit.style.borrowed.pattern_choice import nearness, odds
from toolkit.style.borrowed.pattern_distances import (
    FACTS,
    bearings,
    distances,
    facts,
    patterns_of,
    relative_facts,
)
from toolkit.style.borrowed.situations import NAMES, situations
from toolkit.style.borrowed.taking import nearest, take
from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet
from toolkit.style.scales import avoid_notes
from toolkit.values import Note, Notes

CHORDS = st.builds(Chord, st.integers(0, 11), st.sampled_from(sorted(QUALITIES)))
PATTERNS = st.lists(
    st.frozensets(
        st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 4), st.integers(0, 2)), max_size=6
    ),
    min_size=1,
    max_size=5,
)


@given(CHORDS, st.integers(0, 3))
def test_chord_tones_keep_their_pitch_over_their_own_chord(chord, which):
    tones = [(chord.root + step) % 12 for step in QUALITIES[chord.quality]]
    tone = tones[which % len(tones)]
    assert pitch_class_of(degree_of(tone, chord), chord, "C major", 4.0) == tone


@given(CHORDS, CHORDS, st.integers(0, 127))
def test_what_is_held_is_never_an_avoid_note(one, other, pitch):
    found = pitch_class_of(degree_of(pitch, one), other, "C major", 2.0)
    assert found not in avoid_notes(other)


@given(CHORDS, st.integers(0, 127), st.integers(0, 11))
def test_degrees_do_not_depend_on_the_key(chord, pitch, semitones):
    assert degree_of(pitch, chord) == degree_of(pitch + semitones, chord.transposed(semitones))


@pytest.mark.parametrize(("degree", "name"), [(2, "third"), (6, "seventh")])
def test_thirds_and_sevenths_follow_the_chord(degree, name):
    wanted = {"third": {"": 4, "m": 3, "sus4": 5}, "seventh": {"7": 10, "maj7": 11, "dim7": 9}}
    for quality, step in wanted[name].items():
        assert pitch_class_of(degree, Chord(0, quality), "C major", 1.0) == step


@given(st.integers(0, 11), st.floats(20, 100))
def test_the_nearest_pitch_of_a_class_is_the_nearest(pitch_class, center):
    found = nearest(pitch_class, center)
    best = min(abs(pitch - center) for pitch in range(-12, 140) if pitch % 12 == pitch_class)
    assert found % 12 == pitch_class
    assert abs(found - center) == pytest.approx(best, abs=1e-5)


def naive(one, other):
    """Return the distance of two patterns as its definition says."""
    parts = {name for name, _, _ in (*one, *other)}
    total = []
    for part in parts:
        scores = []
        for columns in ((1,), (1, 2)):
            first, second = (
                {tuple(tone[column] for column in columns) for tone in each if tone[0] == part}
                for each in (one, other)
            )
            scores.append(2 * len(first & second) / (len(first) + len(second)))
        total.append(1 - sum(scores) / 2)
    return sum(total) / len(total) if total else 0.0


@given(PATTERNS)
def test_distances_are_what_they_say(patterns):
    found = distances(patterns)
    wanted = [[naive(one, other) for other in patterns] for one in patterns]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_what_bars_depend_on_is_found():
    rng = np.random.default_rng(0)
    about = rng.integers(0, 2, (30, 4)).astype(float)
    apart = (about[:, None, 2] != about[None, :, 2]).astype(float)
    found = bearings(about, apart)
    assert found[2] == pytest.approx(1.0)
    assert np.abs(np.delete(found, 2)).max() < 0.3
    assert bearings(np.ones((30, 4)), apart).tolist() == [0.0] * 4
    assert bearings(about[:1], apart[:1, :1]).tolist() == [0.0] * 4


def test_facts_of_some_bars_are_those_of_a_reference_of_their_own():
    rng = np.random.default_rng(1)
    patterns = [frozenset(("a", int(at), 0) for at in rng.integers(0, 12, 4)) for _ in range(20)]
    whole, apart = facts(patterns), distances(patterns)
    some = np.arange(5, 15)
    part = relative_facts(whole[some], apart[np.ix_(some, some)])
    np.testing.assert_allclose(part, facts([patterns[index] for index in some]), atol=1e-9)
    assert whole.shape == (20, len(FACTS))


def test_the_network_without_torch_is_the_one_that_was_trained():
    torch.manual_seed(2)
    model = Model(Config(features=6, facts=3, channels=8))
    told = [torch.randn(1, *shape) for shape in ((7, 6), (9, 6), (9, 3), (6,))]
    with torch.no_grad():
        wanted = model(*told)[0].numpy()
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    found = pattern_network.logits_of(weights, *(each[0].numpy() for each in told))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_odds_are_chances_and_the_like_is_the_likeliest(make_band):
    borrowed = take(hear(make_band()))
    about = np.array([bar.about for bar in borrowed.bars])
    found = odds(about[:3], about, patterns_of(borrowed.bars))
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, atol=1e-5)
    likeliest = np.exp(found)
    assert (likeliest[np.arange(3), np.arange(3)] > 1 / len(about)).all()
    assert nearness(about, about).argmax(axis=1).tolist() == list(range(len(about)))


def test_a_situation_is_told_in_numbers_of_one_size(make_band):
    sheet = hear(make_band()).sheet
    rows = situations(sheet)
    assert rows.shape == (len(sheet.bars), len(NAMES))
    assert np.abs(rows).max() <= 1
    by_name = dict(zip(NAMES, rows.T, strict=True))
    assert by_name["minor"].tolist()[:4] == [0, 1, 0, 0]
    assert by_name["dominant"].tolist()[:4] == [0, 0, 0, 1]
    assert by_name["first of piece"].tolist() == [1] + [0] * 15
    moved = situations(sheet.transposed(5))
    np.testing.assert_allclose(moved, rows, atol=1e-12)


def test_all_transpositions_become_one(make_band):
    notes = make_band()
    first = neutral(notes)
    for by in (-13, -5, 1, 6, 12):
        found = neutral(transposed(notes, by))
        assert set(found.notes) == set(first.notes)
        assert (found.keys, found.chords) == (first.keys, first.chords)
    assert first.keys[0][1] == "C major"


def test_bars_are_lengthened_by_what_they_end_with():
    bar = [PatternTone(float(at), 0.5, at) for at in range(4)]
    assert [tone.degree for tone in in_bar(bar, 4, 6)] == [0, 1, 2, 3, 2, 3]
    assert [tone.onset for tone in in_bar(bar, 4, 8)] == [float(at) for at in range(8)]
    assert [tone.degree for tone in in_bar(bar, 4, 3)] == [0, 1, 2]


def test_what_is_held_over_bars_and_chords_is_struck_again():
    rows = [Note(0.0, 7.9, pitch, 0.6, 48) for pitch in (60, 64, 67)]
    rows += [Note(8.0 + at, 15.9, pitch, 0.6, 48) for at in (0.0,) for pitch in (60, 65, 69)]
    rows += [Note(at / 2, at / 2 + 0.4, 72 + at % 5, 0.8, 73) for at in range(32)]
    rows += [Note(float(at), at + 0.4, 36 + 5 * (at >= 8), 0.7, 33) for at in range(16)]
    rows += [Note(16.0 + at / 2, 16.4 + at / 2, 72, 0.8, 73) for at in range(16)]
    rows += [Note(16.0, 19.9, pitch, 0.6, 48) for pitch in (60, 64, 67)]
    notes = Notes(tuple(rows), ((0.0, 120.0),), ((0.0, 4, 4),))
    borrowed = take(hear(notes))
    pads = [bar.parts.get("string-ensemble-1", ()) for bar in borrowed.bars]
    assert [len(tones) for tones in pads[:8]] == [3] * 8
    assert all(tone.onset == 0.0 and tone.duration <= 4 for tones in pads[:8] for tone in tones)
    chords = (ChordSpan(0.0, 2.0, Chord(0)), ChordSpan(2.0, 2.0, Chord(5)))
    sheet = LeadSheet((Bar(0.0, 4),), chords=chords)
    found = over_chords(pads[0], sheet.bars[0], sheet)
    assert sorted({(each.onset, each.duration, each.span.chord.root) for each in found}) == [
        (0.0, 2.0, 0),
        (2.0, 2.0, 5),
    ]
