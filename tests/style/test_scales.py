import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.style.chord import QUALITIES, Chord, parse
from toolkit.style.key import KEYS
from toolkit.style.scales import available_tensions, avoid_notes, chord_scale, key_scale

CHORDS = st.builds(Chord, st.integers(0, 11), st.sampled_from(sorted(QUALITIES)))


@pytest.mark.parametrize(
    ("symbol", "key", "steps"),
    [
        ("Dm7", "C major", (0, 2, 3, 5, 7, 9, 10)),
        ("Em7", "C major", (0, 1, 3, 5, 7, 8, 10)),
        ("Am7", "C major", (0, 2, 3, 5, 7, 8, 10)),
        ("Fmaj7", "C major", (0, 2, 4, 6, 7, 9, 11)),
        ("Cmaj7", "C major", (0, 2, 4, 5, 7, 9, 11)),
        ("G7", "C major", (0, 2, 4, 5, 7, 9, 10)),
        ("G7", "C minor", (0, 1, 4, 5, 7, 8, 10)),
        ("E7", "C major", (0, 1, 4, 5, 7, 8, 10)),
        ("Db7", "C major", (0, 2, 4, 6, 7, 9, 10)),
        ("Bb7", "C major", (0, 2, 4, 6, 7, 9, 10)),
        ("G7(b9,13)", "C major", (0, 1, 3, 4, 6, 7, 9, 10)),
        ("Bm7b5", "C major", (0, 1, 3, 5, 6, 8, 10)),
    ],
)
def test_scales_are_those_of_the_textbook(symbol, key, steps):
    chord = parse(symbol)
    assert tuple((each - chord.root) % 12 for each in chord_scale(chord, key)) == steps


@given(chord=CHORDS, key=st.sampled_from(KEYS))
def test_a_scale_holds_its_chord_and_begins_with_its_root(chord, key):
    scale = chord_scale(chord, key)
    assert scale[0] == chord.root
    assert set(chord.pitch_classes) <= set(scale)
    assert len(set(scale)) == len(scale)


@given(chord=CHORDS, key=st.sampled_from(KEYS), semitones=st.integers(0, 11))
def test_avoid_notes_move_with_the_chord_and_are_none_of_its_tones(chord, key, semitones):
    avoided = avoid_notes(chord)
    assert not avoided & set(chord.pitch_classes)
    moved = avoid_notes(chord.transposed(semitones))
    assert moved == {(each + semitones) % 12 for each in avoided}
    taken = {(chord.root + each) % 12 for each in available_tensions(chord, key)}
    assert not taken & avoided


@pytest.mark.parametrize(
    ("symbol", "avoided", "borne"),
    [
        ("Cmaj7", "F Db Eb Bb", "D A F#"),
        ("G7", "C F#", "Ab A A# C# Eb E"),
        ("Dm7", "F# Eb Bb", "E G B"),
        ("C6", "F", "D"),
        ("C7sus4", "E", "D A"),
    ],
)
def test_the_fourth_is_avoided_over_a_major_third_and_dominants_bear_alterations(
    symbol, avoided, borne
):
    found = avoid_notes(parse(symbol))
    assert {parse(name).root for name in avoided.split()} <= found
    assert not {parse(name).root for name in borne.split()} & found


def test_a_spelled_tension_displaces_the_others_of_its_degree():
    assert available_tensions(parse("G7(b9)"), "C major")[0] == 13
    assert not {14, 15} & set(available_tensions(parse("G7(b9)"), "C major"))


def test_a_minor_key_has_its_leading_tone():
    assert key_scale("A minor") == (9, 11, 0, 2, 4, 5, 8)
