import numpy as np

from toolkit.style.band.arranging import arrange
from toolkit.style.band.texture import as_written, on_piano
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote
from toolkit.style.style import load_style, style_names
from toolkit.values import DRUMS

SHEET = LeadSheet(
    (Bar(0, 4), Bar(4, 4)),
    melody=(LineNote(0, 4, 72), LineNote(4, 4, 74)),
    chords=(ChordSpan(0, 4, parse("C")), ChordSpan(4, 4, parse("Db7"))),
    bass=(LineNote(0, 4, 48), LineNote(4, 4, 43)),
    inner=(LineNote(0, 4, 64), LineNote(4, 2, 67), LineNote(6, 0.5, 65)),
)


def played(style):
    made = arrange(SHEET, style=style, rng=np.random.default_rng(0))
    return {part.name: part for part in made.parts}


def test_every_style_plays_what_is_written():
    for name in style_names():
        style = as_written(load_style(name))
        parts = played(style)
        assert style.feel == "straight"
        assert all(part.program != DRUMS for part in parts.values())
        low = min(tone.pitch for part in parts.values() for tone in part.tones)
        assert low <= 48


def test_held_notes_move_to_the_chord_and_passing_ones_stay():
    parts = played(as_written(load_style("jazz-swing")))
    inner = next(part for part in parts.values() if part.role == "chords")
    # G is no tone of Db7 and moves to its neighbor; the eighth after it passes by.
    assert [tone.pitch for tone in inner.tones] == [64, 68, 65]
    bass = next(part for part in parts.values() if part.role == "bass")
    assert bass.tones[1].pitch % 12 in parse("Db7").pitch_classes


def test_a_piano_for_everybody():
    for name in style_names():
        style = on_piano(load_style(name))
        for ensemble in style.ensembles:
            assert {seat.program for seat in style.band(ensemble)} <= {0}


def test_voices_over_the_pieces_own_chords_stay_whatever_those_are():
    parts = played(as_written(load_style("jazz-swing"), fitted=False))
    inner = next(part for part in parts.values() if part.role == "chords")
    assert [tone.pitch for tone in inner.tones] == [64, 67, 65]
