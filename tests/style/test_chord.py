import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.style.chord import QUALITIES, TENSIONS, Chord, parse

CHORDS = st.builds(
    Chord,
    st.integers(0, 11),
    st.sampled_from(tuple(QUALITIES)),
    st.sets(st.sampled_from(tuple(TENSIONS))).map(tuple),
    st.none() | st.integers(0, 11),
)


@given(CHORDS)
def test_both_spellings_are_read_back(chord):
    assert parse(chord.symbol) == chord
    assert parse(chord.harte) == chord


@pytest.mark.parametrize(
    ("variant", "usual"),
    [
        ("C9sus4", "C7sus4(9)"), ("C7#5", "Caug7"), ("C+7", "Caug7"), ("Cm7#5", "Cm7(b13)"),
        ("C-7", "Cm7"), ("CM7", "Cmaj7"), ("C^9", "Cmaj7(9)"), ("Cø7", "Cm7b5"), ("Co7", "Cdim7"),
        ("C7alt", "C7(#9,b13)"), ("C7#9#5", "Caug7(#9)"), ("C13b9", "C7(b9,13)"),
        ("C11", "C7sus4(9)"), ("C6/9", "C6(9)"), ("C69", "C6(9)"), ("C7b5", "C7(#11)"),
        ("CmM7", "Cmmaj7"), ("Cminb6", "Cm(b13)"), ("Cadd9", "C(9)"), ("C2", "Csus2"),
        ("C7b9sus", "C7sus4(b9)"), ("CM7#5", "Cmaj7#5"), ("C5", "C"), ("C/E", "C/E"),
        ("C:min/b3", "Cm/Eb"), ("C:sus4(b7,9)", "C7sus4(9)"), ("C:9", "C7(9)"),
        ("C:maj6", "C6"), ("C:hdim7", "Cm7b5"), ("Cb:maj7/3", "Bmaj7/Eb"),
    ],
)  # fmt: skip
def test_variants_of_charts_are_read(variant, usual):
    assert parse(variant).symbol == usual


@pytest.mark.parametrize("wrong", ["", "H7", "C7u", "C:foo", "Cmaj7(12)", "C/x", "hello"])
def test_what_is_no_chord_is_refused(wrong):
    with pytest.raises(InputError, match="no chord is spelled"):
        parse(wrong)


@given(CHORDS, st.integers(-12, 12))
def test_transposing_moves_every_tone(chord, semitones):
    moved = chord.transposed(semitones)
    assert {(tone + semitones) % 12 for tone in chord.pitch_classes} == {*moved.pitch_classes}
    assert moved.transposed(-semitones) == chord
