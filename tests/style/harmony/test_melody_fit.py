import numpy as np
import pytest

from toolkit.style.chord import parse
from toolkit.style.harmony.chord_events import CLASSES, number_of
from toolkit.style.harmony.melody_fit import Tune, clashes, is_avoided
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote


def sheet(*notes, chords=("C",)):
    spans = tuple(ChordSpan(4.0 * i, 4.0, parse(each)) for i, each in enumerate(chords))
    bars = tuple(Bar(4.0 * i, 4) for i in range(len(chords)))
    return LeadSheet(bars, tuple(LineNote(*note) for note in notes), spans)


@pytest.mark.parametrize(
    ("symbol", "avoided", "borne"),
    [
        ("Cmaj7", {1, 3, 5, 8, 10}, {0, 2, 4, 6, 7, 9, 11}),
        ("C7", {5, 11}, {0, 1, 2, 3, 4, 6, 7, 8, 9, 10}),
        ("Cm7", {1, 4, 6, 8, 11}, {0, 2, 3, 5, 7, 9, 10}),
        ("C7sus4", {1, 3, 4, 6, 8, 11}, {0, 2, 5, 7, 9, 10}),
        ("Cdim7", {1, 4, 7, 10}, {0, 2, 3, 5, 6, 8, 9, 11}),
        ("Cm7b5", {1, 4, 7, 9, 11}, {0, 2, 3, 5, 6, 8, 10}),
    ],
)
def test_avoid_notes_are_those_of_chord_scale_theory(symbol, avoided, borne):
    assert {pitch for pitch in range(12) if is_avoided(parse(symbol), pitch)} == avoided
    assert {pitch for pitch in range(12) if not is_avoided(parse(symbol), pitch)} == borne


def test_what_a_chord_has_is_never_avoided():
    for symbol in ("Cm(b13)", "C7sus4(b9)", "Cmmaj7", "Caug7", "Cmaj7#5", "C7(b9,13)"):
        assert not any(is_avoided(parse(symbol), pitch) for pitch in parse(symbol).pitch_classes)


def test_long_and_accented_notes_weigh_and_passing_ones_do_not():
    tune = Tune(sheet((0, 0.5, 65), (0.5, 0.5, 65), (1, 1, 65), (2, 0.25, 65), (3.5, 1, 65)))
    assert [each.weighs for each in tune.heard(0, 4)] == [True, False, True, False, True]
    assert [each.beats for each in tune.heard(1.5, 2)] == [0.5]


def test_fit_agrees_with_asking_chord_by_chord():
    rng = np.random.default_rng(1)
    notes = [
        (beat / 2, float(rng.choice([0.5, 1.0])), int(rng.integers(60, 72))) for beat in (0, 3, 5)
    ]
    tune = Tune(sheet(*notes))
    _, allowed = tune.fit(0.0, 4.0)
    for root in range(12):
        for name in CLASSES:
            chord = parse("C" + name).transposed(root)
            weighing = [each.note.pitch for each in tune.heard(0, 4) if each.weighs]
            if name != "7b9":  # its ninth is one of its tones
                assert allowed[number_of(chord, 0)] == (
                    not any(is_avoided(chord, p) for p in weighing)
                )


def test_clashes_name_beat_chord_and_pitch():
    assert clashes(sheet((4, 2, 65), (0, 1, 64), chords=("C", "Cmaj7"))) == [(4, "Cmaj7", 65)]
