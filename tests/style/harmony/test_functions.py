import pytest

from toolkit.style.chord import QUALITIES, Chord, parse
from toolkit.style.harmony.functions import function
from toolkit.style.key import KEYS, transposed_key
from toolkit.style.lead_sheet import FUNCTIONS


@pytest.mark.parametrize(
    ("key", "symbols", "wanted"),
    [
        ("C major", "C Dm Em F G Am Bdim", "TSTSDTD"),
        ("C major", "Cmaj7 Dm7 Em7 Fmaj7 G7 Am7 Bm7b5", "TSTSDTD"),
        ("C major", "D7 E7 A7 B7 D E A", "DDDDDDD"),
        ("C major", "Fm Ab Bb Db Db7 Bb7 Bdim7 F#dim7", "SSSSDDDD"),
        ("A minor", "Am Bm7b5 C Dm E7 F G G#dim7", "TSTSDTDD"),
        ("A minor", "Em D E", "DSD"),
    ],
)
def test_what_textbooks_say(key, symbols, wanted):
    assert "".join(function(parse(each), key) for each in symbols.split()) == wanted


def test_every_chord_has_a_function_whatever_the_key():
    for quality in QUALITIES:
        for key in ("C major", "C minor"):
            found = [function(Chord(root, quality), key) for root in range(12)]
            assert set(found) <= set(FUNCTIONS)
            up = [
                function(Chord((root + 5) % 12, quality), transposed_key(key, 5))
                for root in range(12)
            ]
            assert found == up


def test_the_blues_rests_on_its_seventh_chord():
    tonic = parse("C7")
    assert function(tonic, "C major", parse("G7")) == "T"
    assert function(tonic, "C major", parse("F7")) == "D"


def test_triads_of_all_keys_are_tonic_in_them():
    for key in KEYS:
        name, mode = key.split()
        assert function(parse(name + ("" if mode == "major" else "m")), key) == "T"
