import itertools

from hypothesis import given
from hypothesis import strategies as st

from toolkit.style.arrangement import Part, Tone
from toolkit.style.band.hands import (
    fits_hand,
    fits_hands,
    played_by_one,
    within_reach,
    without_collisions,
    without_restrikes,
)
from toolkit.style.band.octaves import fold, into_range
from toolkit.style.band.playability import violations
from toolkit.style.band.tune import Tune
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase

TONES = st.lists(
    st.builds(
        Tone,
        st.integers(0, 40).map(lambda each: each / 2),
        st.sampled_from([0.25, 0.5, 1.0, 3.0]),
        st.integers(40, 90),
    ),
    max_size=40,
)
SHEET = LeadSheet(
    tuple(Bar(4.0 * index, 4) for index in range(4)),
    chords=(ChordSpan(0.0, 16.0, parse("Cmaj7")),),
    phrases=(Phrase(0.0, 8.0), Phrase(8.0, 8.0, "B")),
)


def part(*tones, program=0, role="chords"):
    return Part("p", role, program, tuple(tones))


def naive_fits_hands(pitches):
    held = sorted(set(pitches))
    for size in range(len(held) + 1):
        for left in itertools.combinations(held, size):
            right = [each for each in held if each not in left]
            if left and right and max(left) > min(right):
                continue
            if fits_hand(left) and fits_hand(right):
                return True
    return False


@given(st.lists(st.integers(30, 90), max_size=8))
def test_two_hands_hold_what_a_search_over_all_ways_finds(pitches):
    assert fits_hands(pitches) == naive_fits_hands(pitches)


def test_a_hand_has_five_fingers_and_reaches_a_tenth():
    assert fits_hand((60, 64, 67, 71, 76))
    assert not fits_hand((60, 62, 64, 65, 67, 69))
    assert not fits_hand((60, 77))
    assert within_reach((40, 55, 60, 64), 72) == (60, 64, 72)


@given(TONES)
def test_one_hand_never_holds_more_than_it_can(tones):
    played = played_by_one(tones)
    for tone in played:
        held = [each.pitch for each in played if each.onset <= tone.onset < each.offset - 1e-6]
        assert fits_hand(held)
    tops = {tone.onset: tone.pitch for tone in sorted(tones, key=lambda each: each.pitch)}
    assert {(tone.onset, tone.pitch) for tone in played} >= set(tops.items())


@given(TONES, TONES)
def test_the_lower_hand_stays_below_the_upper_one(upper, lower):
    for tone in without_collisions(upper, lower):
        for other in upper:
            together = min(tone.offset, other.offset) - max(tone.onset, other.onset)
            assert together <= 1e-6 or other.pitch > tone.pitch


@given(TONES)
def test_a_key_is_up_before_it_is_struck_again(tones):
    ready = without_restrikes(tones, 0.3)
    for pitch in {tone.pitch for tone in ready}:
        same = [tone for tone in ready if tone.pitch == pitch]
        for before, after in itertools.pairwise(same):
            assert before.offset <= after.onset + 1e-9
            assert after.onset - before.onset >= 0.3


def test_an_anchor_is_not_given_up_for_a_filler():
    filler, anchor = Tone(0.0, 0.1, 60), Tone(0.1, 1.0, 60, anchor=True)
    assert without_restrikes([filler, anchor], 0.2) == (anchor,)


@given(
    st.lists(st.integers(30, 100), min_size=1, max_size=30), st.integers(40, 60),
    st.integers(12, 30),
)  # fmt: skip
def test_a_line_goes_into_a_range_by_octaves(pitches, low, width):
    notes = [LineNote(float(at) / 2, 0.5, pitch) for at, pitch in enumerate(pitches)]
    moved = into_range(notes, SHEET, low, low + width)
    for before, after in zip(notes, moved, strict=True):
        assert low <= after.pitch <= low + width
        assert (after.pitch - before.pitch) % 12 == 0


def test_a_tune_that_fits_is_moved_as_a_whole():
    notes = [LineNote(float(at), 1.0, pitch) for at, pitch in enumerate((60, 67, 72, 64, 60))]
    moved = into_range(notes, SHEET, 48, 60 + 24)
    assert (
        len({after.pitch - before.pitch for before, after in zip(notes, moved, strict=True)}) == 1
    )
    high = into_range(notes, SHEET, 72, 96)
    assert [note.pitch for note in high] == [72, 79, 84, 76, 72]


def test_a_tune_breaks_between_phrases_and_not_within():
    pitches = [60] * 8 + [80] * 8
    notes = [LineNote(float(at), 1.0, pitch) for at, pitch in enumerate(pitches)]
    moved = into_range(notes, SHEET, 58, 75)
    assert [note.pitch for note in moved] == [60] * 8 + [68] * 8


def test_folding_keeps_the_pitch_class():
    assert fold(31, 40, 60) == 43
    assert fold(90, 40, 60) == 54


def test_the_checker_sees_what_is_wrong():
    far = part(Tone(0, 1, 30), Tone(0, 1, 55), Tone(0, 1, 80))
    assert "hands" in violations(far, SHEET)[0]
    assert not violations(part(Tone(0, 1, 36), Tone(0, 1, 52), Tone(0, 1, 72)), SHEET)
    chord = part(Tone(0, 1, 60), Tone(0.5, 1, 64), program=66, role="melody")
    assert "at a time" in violations(chord, SHEET)[0]
    assert "outside" in violations(part(Tone(0, 1, 30), program=73), SHEET)[0]
    fast = part(Tone(0, 0.05, 60), Tone(0.05, 0.05, 60))
    assert "again" in violations(fast, SHEET)[0]
    fourth = part(Tone(0, 2, 65))
    assert "against its chord" in violations(fourth, SHEET)[0]
    assert not violations(part(Tone(0, 0.5, 65)), SHEET)
    strings = part(*(Tone(0, 1, 52 + 4 * each) for each in range(7)), program=26)
    assert any("strings" in line for line in violations(strings, SHEET))


def test_the_tunes_own_notes_are_not_the_accompanists_fault():
    tune = LeadSheet(SHEET.bars, (LineNote(0.0, 2.0, 65),), SHEET.chords)
    assert not violations(part(Tone(0, 2, 65)), tune)


def test_the_tune_is_heard():
    tune = Tune((LineNote(0.0, 1.0, 60), LineNote(1.0, 0.5, 62), LineNote(4.0, 4.0, 64)))
    assert [note.pitch for note in tune.sounding(0.5, 1.2)] == [60, 62]
    assert tune.rests(1.5, 4.0)
    assert not tune.rests(7.0, 8.0)
    assert tune.gaps(0.0, 8.0, 1.5) == ((1.5, 4.0), (6.0, 8.0))
    assert tune.busy(0.0, 1.0) == 0.5
    assert tune.next_onset(1.0) == 4.0
