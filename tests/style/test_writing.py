import pytest

from toolkit.style.arrangement import Arrangement, Part, Tone
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet
from toolkit.style.writing import marks, written
from toolkit.values import DRUMS


def test_a_beat_is_a_quarter_and_bars_and_chords_are_there():
    sheet = LeadSheet(
        (Bar(0, 3), Bar(3, 3), Bar(6, 4)), chords=(ChordSpan(3, 3, parse("G7(b9)/B")),)
    )
    parts = (
        Part("piano", "chords", 0, (Tone(3.5, 0.5, 60),)),
        Part("drums", "drums", DRUMS, (Tone(0, 0.01, 38),)),
    )
    notes = written(Arrangement(sheet, "waltz", parts, ((0.0, 90.0),), (0.0, 10.0)))
    drum, piano = notes
    assert (piano.onset, piano.offset) == pytest.approx((3.5 / 1.5, 4 / 1.5))
    assert drum.offset - drum.onset == pytest.approx(0.25 / 1.5)
    assert notes.tempo_map == ((0.0, 90.0),)
    assert notes.meters == ((0.0, 3, 4), (pytest.approx(4.0), 4, 4))
    assert notes.chords == ((0.0, "N"), (2.0, "G:7(b9)/3"), (4.0, "N"))


def test_meters_are_said_where_they_change():
    sheet = LeadSheet((Bar(0, 4), Bar(4, 4), Bar(8, 3), Bar(11, 4)))
    found = marks(sheet, lambda beat: beat / 2)
    assert found.meters == ((0.0, 4, 4), (4.0, 3, 4), (5.5, 4, 4))
    compound = marks(sheet, lambda beat: beat / 2, denominator=8, parts=3)
    assert compound.meters == ((0.0, 12, 8), (4.0, 9, 8), (5.5, 12, 8))


def test_keys_and_chords_of_a_pickup_begin_with_the_piece():
    sheet = LeadSheet(
        (Bar(0, 4),), chords=(ChordSpan(-1, 5, parse("C")),), keys=((-1.0, "C major"),)
    )
    found = marks(sheet, lambda beat: beat / 2)
    assert found.chords == ((0.0, "C:maj"),)
    assert found.keys == ((0.0, "C major"),)
