import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.style.band.tune import Tune
from toolkit.style.band.voice_leading import Taste, choose, clash, distance, slots, without_clashes
from toolkit.style.band.voicings import FORMS, LOWEST, candidates, degrees, is_clear, stack
from toolkit.style.chord import QUALITIES, Chord, parse
from toolkit.style.key import KEYS
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote
from toolkit.style.scales import avoid_notes

CHORDS = st.builds(Chord, st.integers(0, 11), st.sampled_from(sorted(QUALITIES)))
FORM = st.lists(st.sampled_from(sorted(FORMS)), min_size=1, max_size=3)


@settings(max_examples=150)
@given(
    chord=CHORDS, key=st.sampled_from(KEYS), forms=FORM, rich=st.booleans(), low=st.integers(36, 55)
)
def test_voicings_are_in_range_ascending_clear_and_of_the_chord(chord, key, forms, rich, low):
    found = candidates(chord, key, forms, low=low, high=low + 26, rich=rich, span=16)
    assert found
    for voicing in found:
        assert low <= voicing[0]
        assert voicing[-1] <= low + 26
        assert voicing[-1] - voicing[0] <= 16
        assert all(a < b for a, b in itertools.pairwise(voicing))
        assert is_clear(voicing) or len(voicing) == 1
        assert not {pitch % 12 for pitch in voicing} & avoid_notes(chord)
        if not rich:
            assert {pitch % 12 for pitch in voicing} <= set(chord.pitch_classes)


def test_rootless_voicings_are_those_that_every_pianist_knows():
    both = candidates(parse("Dm7"), "C major", ["rootless"], low=48, high=67)
    assert (53, 57, 60, 64) in both  # F A C E
    assert (48, 52, 53, 57) in both  # C E F A
    dominant = candidates(parse("G7"), "C major", ["rootless"], low=48, high=67)
    assert (53, 57, 59, 64) in dominant  # F A B E: seventh, ninth, third, thirteenth


def test_so_what_is_a_voicing_in_fourths():
    found = candidates(parse("Dm7"), "C major", ["quartal"], low=50, high=72)
    assert (50, 55, 60, 65) in found


def test_low_thirds_are_mud():
    assert not is_clear((40, 43))
    assert is_clear((40, 47))
    assert is_clear((60, 63))
    assert not is_clear((55, 68))
    assert all(interval < 12 for interval in LOWEST)


@given(order=st.lists(st.integers(0, 11), min_size=1, max_size=5), low=st.integers(30, 60))
def test_stacking_puts_each_tone_next_above_the_former(order, low):
    for tones in stack(order, low, low + 40):
        assert [tone % 12 for tone in tones] == order
        assert all(0 < after - before <= 12 for before, after in itertools.pairwise(tones))
        assert low <= tones[0]
        assert tones[-1] <= low + 40


@pytest.mark.parametrize(
    ("symbol", "held", "absent", "present"),
    [
        ("Cmaj7", "C", "B", "A"),  # under the root a sixth instead of the major seventh
        ("G7", "Ab", "A", "Ab"),  # the melody's flat ninth drives the natural one out
        ("G7", "Bb", "A", "Bb"),
        ("Dm7", "F", "E", "F"),
    ],
)
def test_tensions_agree_with_the_melody(symbol, held, absent, present):
    key = "C minor" if held in ("Ab", "Bb") else "C major"
    found = set(degrees(parse(symbol), key, True, frozenset({parse(held).root})).values())
    assert parse(absent).root not in found
    assert parse(present).root in found or held == "Bb"


def naive_distance(before, after):
    there = [min(abs(a - b) for b in after) for a in before]
    back = [min(abs(a - b) for a in before) for b in after]
    leap = max(abs(before[-1] - after[-1]) - 5, 0)
    return (sum(there) / len(there) + sum(back) / len(back)) / 2 + 0.3 * leap


def test_distance_is_the_mean_way_to_the_nearest_tone():
    rng = np.random.default_rng(1)
    ways = [tuple(sorted(rng.choice(40, 4, replace=False) + 40)) for _ in range(12)]
    found = distance(ways[:5], ways[5:])
    for row, column in np.ndindex(found.shape):
        assert found[row, column] == pytest.approx(naive_distance(ways[row], ways[5 + column]))


def sheet_of(*symbols, melody=(), beats=4):
    bars = tuple(Bar(float(index * beats), beats) for index in range(len(symbols)))
    spans = tuple(
        ChordSpan(bar.onset, float(beats), parse(symbol))
        for bar, symbol in zip(bars, symbols, strict=True)
    )
    return LeadSheet(bars, tuple(melody), spans)


def test_the_path_is_the_cheapest_of_all_paths():
    sheet = sheet_of("Dm7", "G7", "Cmaj7", "A7")
    places = slots(sheet, Tune(()))
    ways = [candidates(each.chord, each.key, ["rootless"], low=48, high=66)[:5] for each in places]
    taste = Taste(dice=0.0, center=58)
    chosen = choose(places, ways, taste, np.random.default_rng(0))

    def cost(path):
        moves = sum(naive_distance(a, b) for a, b in itertools.pairwise(path))
        return moves + sum(
            0.12 * abs(sum(each) / len(each) - 58) - 0.35 * len(each) for each in path
        )

    assert cost(chosen) == pytest.approx(min(cost(path) for path in itertools.product(*ways)))


def test_a_cycle_of_fifths_is_played_with_small_steps():
    roots = [(5 * step) % 12 for step in range(12)]
    symbols = [Chord(root, "7").symbol for root in roots] * 2
    places = slots(sheet_of(*symbols), Tune(()))
    ways = [
        candidates(each.chord, each.key, ["rootless", "shell"], low=48, high=70) for each in places
    ]
    chosen = choose(places, ways, Taste(center=59), np.random.default_rng(2))
    steps = [naive_distance(a, b) for a, b in itertools.pairwise(chosen)]
    assert np.mean(steps) < 2.2


def test_voicings_stay_below_the_tune_and_out_of_its_way():
    melody = [LineNote(float(4 * bar), 4.0, pitch) for bar, pitch in enumerate((65, 64, 67, 65))]
    sheet = sheet_of("Dm7", "Cmaj7", "Em7", "G7", melody=melody)
    places = slots(sheet, Tune.of(sheet))
    ways = [
        candidates(
            each.chord, each.key, ["rootless", "drop2"], low=46, high=74, held=each.long_held
        )
        for each in places
    ]
    chosen = choose(places, ways, Taste(), np.random.default_rng(0))
    for voicing, note in zip(chosen, melody, strict=True):
        assert voicing[-1] < note.pitch
        assert clash(voicing, note.pitch) == 0


def test_a_clashing_tone_is_left_out():
    assert without_clashes((52, 55, 59, 62), [(72, 2.0)]) == (52, 55, 62)
    assert without_clashes((52, 55, 59, 62), [(72, 0.25)]) == (52, 55, 59, 62)


def test_slots_are_cut_at_bars_and_say_what_the_tune_holds():
    sheet = sheet_of("C", "F", melody=[LineNote(3.0, 2.0, 72)], beats=3)
    long = LeadSheet(sheet.bars, sheet.melody, (ChordSpan(0.0, 6.0, parse("C")),))
    found = slots(long, Tune.of(long), 2.0)
    assert [(each.onset, each.offset) for each in found] == [(0, 2), (2, 3), (3, 5), (5, 6)]
    assert [each.fresh for each in found] == [True, False, False, False]
    assert found[2].held == ((72, 2.0),)
    assert found[3].held == ()
