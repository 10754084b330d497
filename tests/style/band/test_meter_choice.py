"""Tunes in two and four become waltzes; what is in three or falls into no halves stays."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.style.band.meter_choice import in_meter
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase


def march(beats: int = 4, count: int = 4, parts: int = 2) -> LeadSheet:
    """Return quarters with a pickup, and a chord every two beats."""
    length = beats * count
    return LeadSheet(
        bars=tuple(Bar(float(index * beats), beats) for index in range(count)),
        melody=tuple(LineNote(float(beat), 1.0, 60 + beat % 5) for beat in range(-1, length)),
        chords=tuple(ChordSpan(float(at), 2.0, parse("C")) for at in range(0, length - 1, 2)),
        phrases=(Phrase(0.0, float(length), "A"),),
        tempo=100.0,
        parts=parts,
    )


def test_half_a_bar_of_four_becomes_a_bar_of_three() -> None:
    waltz = in_meter(march(), 3)
    assert [bar.beats for bar in waltz.bars] == [3] * 8
    assert [bar.onset for bar in waltz.bars] == [3.0 * index for index in range(8)]
    assert [note.onset for note in waltz.melody[:5]] == [-1.0, 0.0, 2.0, 3.0, 5.0]
    assert [note.duration for note in waltz.melody[:3]] == [1.0, 2.0, 1.0]
    assert [span.onset for span in waltz.chords[:3]] == [0.0, 3.0, 6.0]
    assert waltz.phrases[0].offset == waltz.length == 24.0
    assert waltz.tempo == 150.0


def test_six_eight_is_two_bars_of_a_quick_waltz() -> None:
    waltz = in_meter(march(beats=2, parts=3), 3)
    assert [bar.beats for bar in waltz.bars] == [3] * 8
    assert (waltz.parts, waltz.tempo) == (2, 300.0)


@pytest.mark.parametrize("sheet", [march(beats=3), march(beats=5), march(beats=3, parts=3)])
def test_what_is_in_three_or_uneven_stays(sheet: LeadSheet) -> None:
    assert in_meter(sheet, 3) is sheet
    assert in_meter(march(), 0) == march()


def test_bars_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="only of 3"):
        in_meter(march(), 5)


@given(st.lists(st.floats(-2.0, 32.0), min_size=1, max_size=20))
def test_order_and_ends_are_kept(onsets: list[float]) -> None:
    notes = tuple(LineNote(onset, 0.25, 60) for onset in sorted(onsets))
    waltz = in_meter(replace(march(count=9), melody=notes), 3)
    moved = [note.onset for note in waltz.melody]
    assert moved == sorted(moved)
    assert all(note.duration > 0 for note in waltz.melody)
    assert all(abs(after - 1.5 * before.onset) <= 0.5 + 1e-9
               for after, before in zip(moved, notes, strict=True))  # fmt: skip
