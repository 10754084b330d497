"""Drums: what the sheet cues, what two hands can strike, and what a fill is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.style.band.drum_cues import BarCue, bar_cues, fill_beats
from toolkit.style.band.drum_kit import CRASH, FEET, HAT, HAT_FOOT, KICK, RIDE, SNARE, Strokes
from toolkit.style.band.drum_part import STRAIGHT_CELLS, answer, around_the_kit
from toolkit.style.band.playing import Scene
from toolkit.style.band.subdivision import groups, placed
from toolkit.style.lead_sheet import Bar, LeadSheet, LineNote, Phrase
from toolkit.style.style import load_style

SWING = load_style("jazz-swing")
BOSSA = load_style("bossa-nova")

SHEET = LeadSheet(
    bars=tuple(Bar(4.0 * index, 4) for index in range(8)),
    melody=(
        LineNote(0.0, 1.0, 60), LineNote(1.0, 1.0, 62), LineNote(2.0, 1.0, 64),
        LineNote(3.5, 3.0, 65), LineNote(8.0, 0.5, 60), LineNote(12.0, 4.0, 67),
        *(LineNote(16.0 + 0.5 * index, 0.5, 60 + index % 5) for index in range(32)),
    ),
    phrases=(Phrase(0.0, 16.0, "A"), Phrase(16.0, 16.0, "B")),
)  # fmt: skip


def scene(sheet: LeadSheet = SHEET) -> Scene:
    seat = next(seat for seat in SWING.seats if seat.name == "drums")
    return Scene(sheet, SWING, seat, ("drums",), 140.0, np.random.default_rng(0))


def test_cues_tell_where_phrases_and_sections_begin_and_end() -> None:
    cues = bar_cues(scene())
    assert [cue.phrase_start for cue in cues] == [True, False, False, False] * 2
    assert [cue.phrase_end for cue in cues] == [False, False, False, True] * 2
    assert [cue.section_start for cue in cues] == [True, *[False] * 3, True, *[False] * 3]
    assert [cue.phrase_bar for cue in cues] == [0, 1, 2, 3] * 2
    assert cues[3].section_end


def test_cues_tell_the_tunes_gaps_and_anticipations() -> None:
    cues = bar_cues(scene())
    assert cues[0].accents == (3.5,)
    assert cues[0].gaps == ((2.5, 3.5),)
    assert cues[1].gaps == ((0.0, 4.0),)
    assert cues[3].in_gap(1.0)
    assert not cues[3].in_gap(0.0)
    assert cues[4].gaps == ()


def test_a_fill_is_short_where_the_tune_plays_on_and_none_at_the_end() -> None:
    cues = bar_cues(scene())
    assert fill_beats(cues[0], SHEET) == 0
    assert fill_beats(cues[3], SHEET) >= 2
    busy = replace(cues[3], gaps=())
    assert fill_beats(busy, SHEET) == 1
    assert fill_beats(cues[7], SHEET) == 0


def test_a_held_ending_is_left_to_the_last_stroke() -> None:
    ended = replace(SHEET, phrases=(*SHEET.phrases[:1], Phrase(16.0, 12.0, "B"),
                                    Phrase(28.0, 4.0, "ending")))  # fmt: skip
    assert len(bar_cues(scene(ended))) == 7


def test_two_hands_strike_two_drums_and_feet_as_many() -> None:
    strokes = Strokes(SHEET, SWING)
    for drum in (RIDE, SNARE, HAT, CRASH, KICK, HAT_FOOT):
        strokes.add(0.0, drum, 0.5)
    assert {tone.pitch for tone in strokes.tones()} == {CRASH, SNARE, KICK, HAT_FOOT}
    assert len(strokes.tones(hands=99)) == 6


def test_of_two_strokes_on_one_drum_the_louder_stays() -> None:
    strokes = Strokes(SHEET, SWING)
    for loud in (0.3, 0.8, 0.5):
        strokes.add(1.0, SNARE, loud)
    assert [tone.velocity for tone in strokes.tones()] == [0.8]


def test_strokes_outside_the_sheet_and_silent_ones_are_not_taken() -> None:
    strokes = Strokes(SHEET, SWING)
    for beat, loud in ((-0.5, 0.5), (32.0, 0.5), (1.0, 0.0)):
        strokes.add(beat, SNARE, loud)
    assert strokes.tones() == ()


def test_a_span_is_cleared_but_for_what_is_kept() -> None:
    strokes = Strokes(SHEET, SWING)
    for beat in range(4):
        strokes.add(float(beat), RIDE, 0.5)
        strokes.add(float(beat), HAT_FOOT, 0.4)
    strokes.clear(2.0, 4.0, keep=frozenset({HAT_FOOT}))
    assert sum(tone.pitch == RIDE for tone in strokes.tones()) == 2
    assert sum(tone.pitch == HAT_FOOT for tone in strokes.tones()) == 4


@pytest.mark.parametrize(("beat", "expected"), [(3.0, 3.0), (3.5, 3 + 2 / 3), (3.25, 3 + 1 / 3)])
def test_even_parts_fall_on_thirds_in_compound_meters_unless_they_swing(
    beat: float, expected: float
) -> None:
    compound = replace(SHEET, parts=3)
    assert placed(beat, compound, BOSSA) == pytest.approx(expected)
    assert placed(beat, compound, SWING) == beat
    assert placed(beat, SHEET, BOSSA) == beat


@given(st.integers(1, 15))
def test_groups_fill_the_bar(beats: int) -> None:
    assert sum(groups(beats)) == beats
    assert beats <= 3 or set(groups(beats)) <= {2, 3}


@given(length=st.integers(1, 4), level=st.floats(0.0, 1.0), seed=st.integers(0, 50))
def test_a_fill_stays_in_the_last_beats_and_grows_with_energy(
    length: int, level: float, seed: int
) -> None:
    cue = cue_of(level)
    strokes = Strokes(SHEET, BOSSA)
    fill = around_the_kit(STRAIGHT_CELLS)
    fill(cue, length, strokes, np.random.default_rng(seed))
    tones = strokes.tones()
    assert tones
    assert all(8 - length <= tone.onset < 8 for tone in tones)
    loud = Strokes(SHEET, BOSSA)
    fill(cue_of(1.0), length, loud, np.random.default_rng(seed))
    assert np.mean([t.velocity for t in loud.tones()]) >= np.mean([t.velocity for t in tones]) - 0.1


def test_answers_speak_in_the_gaps() -> None:
    inside, outside = Strokes(SHEET, SWING), Strokes(SHEET, SWING)
    counts = []
    for strokes, gaps in ((inside, ((0.0, 4.0),)), (outside, ())):
        count = 0
        for seed in range(40):
            strokes.clear(0.0, 32.0)
            cue = replace(cue_of(0.6), gaps=gaps)
            answer(cue, strokes, np.random.default_rng(seed), share=0.4)
            count += len(strokes.tones())
        counts.append(count)
    assert counts[0] > 2.5 * counts[1]


def cue_of(level: float) -> BarCue:
    """Return the second bar as a phrase's end."""
    return BarCue(index=1, onset=4.0, beats=4, energy=level, phrase_bar=1, phrase_start=False,
                  section_start=False, phrase_end=True, section_end=True, gaps=((0.0, 4.0),),
                  accents=(), frame="")  # fmt: skip


def test_feet_need_no_hands() -> None:
    assert KICK in FEET
    assert SNARE not in FEET
