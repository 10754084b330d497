from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.style.band.arranging import arrange
from toolkit.style.band.tune import Tune
from toolkit.style.chord import QUALITIES, Chord, parse
from toolkit.style.harmony.functions import function
from toolkit.style.harmony.giving_way import bearing, give_way, held_over
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote
from toolkit.style.scales import avoid_notes
from toolkit.style.style import load_style


def sheet(chords, notes, key="C major", tempo=140.0):
    """Return a bar of 4/4 for each chord, and notes (onset, duration, pitch)."""
    names = chords.split()
    return LeadSheet(
        tuple(Bar(4.0 * index, 4) for index in range(len(names))),
        tuple(LineNote(*note) for note in notes),
        tuple(ChordSpan(4.0 * index, 4.0, parse(name)) for index, name in enumerate(names)),
        keys=((0.0, key),),
        tempo=tempo,
    )


@pytest.mark.parametrize(
    ("symbol", "held", "key", "made"),
    [
        ("G7(13)", {0}, "C major", "G7sus4(13)"),
        ("E7sus4", {8}, "A major", "E7"),
        ("Am7(9)", {8}, "A minor", "Ammaj7(9)"),
        ("Gmaj7", {0}, "G major", "G7sus4"),
        ("Am7", {9, 0}, "A minor", "Am7"),
    ],
)
def test_a_chord_takes_the_color_that_bears_the_tune(symbol, held, key, made):
    assert bearing(parse(symbol), frozenset(held), key, None).symbol == made


def test_one_held_note_is_borne_over_every_chord_with_its_root():
    for root, quality, pitch in product((0, 5), QUALITIES, range(12)):
        chord = Chord(root, quality)
        made = bearing(chord, frozenset({pitch}), "C major", None)
        assert pitch not in avoid_notes(made)
        if (pitch - root) % 12 in (0, 2, 4, 5, 7, 9, 11):
            assert made.root == root or function(made, "C major") == function(chord, "C major")


def test_only_what_is_held_counts_and_only_over_its_chord():
    piece = sheet("C G7", [(0, 0.5, 65), (3.5, 1.5, 72), (5, 1, 71), (6, 0.9, 72)])
    tune = Tune.of(piece)
    assert held_over(tune, piece.chords[0]) == frozenset()
    assert held_over(tune, piece.chords[1]) == {11}
    assert give_way(piece) == piece


def test_chords_that_are_fixed_stay():
    piece = sheet("Dm7 G7 Cmaj7", [(4, 2, 72), (8, 2, 65)])
    assert [span.chord.symbol for span in give_way(piece).chords] == ["Dm7", "G7sus4", "C7sus4"]
    assert [span.chord.symbol for span in give_way(piece, {1, 2}).chords] == ["Dm7", "G7", "Cmaj7"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(QUALITIES)), min_size=1, max_size=6),
    st.lists(st.integers(60, 84), min_size=24, max_size=24),
    st.sampled_from((1.0, 2.0)),
)
def test_no_more_is_held_against_a_chord_than_before(qualities, pitches, length):
    names = " ".join("CDEFGA"[index] + quality for index, quality in enumerate(qualities))
    count = int(4 * len(qualities) / length)
    notes = [(index * length, length, pitches[index]) for index in range(count)]
    piece = sheet(names, notes)
    made = give_way(piece)
    for before, after in zip(piece.chords, made.chords, strict=True):
        held = held_over(Tune.of(piece), before)
        clashing = held & avoid_notes(before.chord)
        assert not held & avoid_notes(after.chord) or after.chord == before.chord
        if not clashing:
            assert after == before
        elif len(held) == 1:
            assert after.chord != before.chord


def test_a_band_plays_what_bears_the_tune_unless_its_bar_is_locked():
    notes = [(4.0 * bar, 4.0, 72) for bar in range(8)]
    piece = replace(sheet("Cmaj7 Dm7 G7 C6 Cmaj7 Dm7 G7 C6", notes), phrases=())
    style = load_style("jazz-swing")

    def symbols(locked):
        made = arrange(piece, style=style, rng=np.random.default_rng(0), locked=locked)
        inside = [span for span in made.sheet.chords if made.body[0] <= span.onset < made.body[1]]
        return [span.chord.symbol for span in inside]

    assert symbols(None)[2] == symbols(((8.0, 12.0), (24.0, 28.0)))[2] == "G7"
    assert symbols(())[2] == symbols(())[6] == "G7sus4"
    assert symbols(((8.0, 12.0),))[2::4] == ["G7", "G7sus4"]


def test_an_introduction_bears_the_pickup():
    notes = [(-1.0, 1.0, 72), *((4.0 * bar, 4.0, 76) for bar in range(8))]
    piece = sheet("C F G C C F G C", notes)
    made = arrange(piece, style=load_style("jazz-swing"), rng=np.random.default_rng(0))
    before = made.sheet.chord_at(made.body[0] - 1.0).chord
    assert before.root == 7
    assert 0 not in avoid_notes(before)
