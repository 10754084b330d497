import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.evaluation.playing import on_beat_delay, soloist_swing
from toolkit.style.arrangement import Arrangement, Part, Tone
from toolkit.style.chord import Chord
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.performing import articulation, swing_feel
from toolkit.style.performing.melody_voice import melody_voice
from toolkit.style.performing.perform import perform
from toolkit.style.performing.tempo_curve import TempoCurve, tempo_curve
from toolkit.style.performing.wander import wander
from toolkit.style.style import load_style
from toolkit.values import DRUMS, Note

SWING = load_style("jazz-swing")


def band(tempo=150.0, bars=12, beats=4, seed=0, parts=2):
    """A soloist on random eighths, a ride cymbal, a walking bass and stabs off the beat."""
    rng = np.random.default_rng(seed)
    line, beat, pitch = [], 0.0, 67
    while beat < bars * beats - 1:
        length = float(rng.choice([0.5, 1.0], p=[0.8, 0.2]))
        pitch = int(np.clip(pitch + rng.integers(-4, 5), 55, 84))
        line.append(Tone(beat, length, pitch))
        beat += length
    sheet = LeadSheet(
        tuple(Bar(float(number * beats), beats) for number in range(bars)),
        tuple(LineNote(each.onset, each.duration, each.pitch) for each in line),
        (ChordSpan(0.0, beats, Chord(2, "m7")), ChordSpan(2.0 * beats, beats, Chord(7, "7"))),
        phrases=tuple(Phrase(4.0 * beats * each, 4.0 * beats) for each in range(bars // 4)),
        tempo=tempo,
        parts=parts,
    )
    end = bars * beats
    ride = [Tone(step / 2, 0.3, 51) for step in range(2 * end)]
    walk = [Tone(float(step), 1.0, 40 + step % 5) for step in range(end)]
    stabs = [Tone(bar * beats + 1.5, 0.4, each) for bar in range(bars) for each in (58, 62, 65)]
    players = (
        Part("sax", "melody", 66, tuple(line)),
        Part("piano", "chords", 0, tuple(stabs), pedal=((0.0, 2.0), (2.0, 4.0))),
        Part("bass", "bass", 32, tuple(walk)),
        Part("drums", "drums", DRUMS, tuple(ride), kit=32),
    )
    return Arrangement(sheet, "jazz-swing", players, ((0.0, tempo),), (0.0, float(end)))


def played(arrangement, seed=1, style=SWING, swing=None):
    return perform(arrangement, style=style, rng=np.random.default_rng(seed), swing=swing)


def aligned(performance, name):
    """Onsets in seconds, and where they were written; for parts of one tone at a time."""
    tones = performance.arrangement.part(name).tones
    return (
        np.array([note.onset for note in performance.parts[name]]),
        np.array([tone.onset for tone in tones]),
    )


@pytest.mark.parametrize("tempo", [75.0, 175.0, 275.0])
def test_soloist_swings_and_is_late_as_soloists_are(tempo):
    onsets, places = aligned(played(band(tempo, bars=24)), "sax")
    assert soloist_swing(onsets, places) == pytest.approx(
        float(swing_feel.soloist_ratio(tempo)), abs=0.15
    )
    delay = on_beat_delay(onsets, places, places * 60 / tempo)
    assert delay == pytest.approx(float(swing_feel.soloist_delay(tempo)), abs=0.01)


def test_each_role_has_its_own_ratio_and_place():
    performance = played(band(150.0, bars=24))
    ride = soloist_swing(*aligned(performance, "drums"))
    assert ride > 2.2 > 1.6 > soloist_swing(*aligned(performance, "sax"))
    onsets, places = aligned(performance, "bass")
    assert -0.012 < on_beat_delay(onsets, places, places * 0.4) < 0.002
    onsets, places = aligned(performance, "drums")
    assert abs(on_beat_delay(onsets, places, places * 0.4)) < 0.004


def test_stabs_meet_the_soloist_off_the_beat():
    performance = played(band(150.0, bars=24))
    onsets, places = aligned(performance, "sax")
    soloist = dict(zip(places.tolist(), onsets.tolist(), strict=True))
    stabs = {}
    for note in performance.parts["piano"]:
        stabs.setdefault(note.pitch, []).append(note.onset)
    apart = [
        abs(onset - soloist[4 * bar + 1.5])
        for bar, onset in enumerate(stabs[58])
        if 4 * bar + 1.5 in soloist
    ]
    assert len(apart) > 5
    assert np.median(apart) < 0.02


def test_swing_can_be_chosen_and_straight_is_straight_for_all():
    for wanted in (1.0, 2.0):
        performance = played(band(150.0, bars=16), swing=wanted)
        assert soloist_swing(*aligned(performance, "sax")) == pytest.approx(wanted, rel=0.16)
    straight = played(band(150.0, bars=16), swing=1.0)
    assert soloist_swing(*aligned(straight, "drums")) == pytest.approx(1.0, abs=0.05)


def test_shuffle_is_triplets_and_straight_styles_are_even():
    for feel, ratio in (("shuffle", 2.0), ("straight", 1.0)):
        performance = played(band(120.0, bars=16), style=replace(SWING, feel=feel))
        assert soloist_swing(*aligned(performance, "drums")) == pytest.approx(ratio, abs=0.12)


def test_same_dice_same_performance_and_other_dice_another():
    first, again, other = (played(band(bars=4), seed) for seed in (1, 1, 2))
    assert first.notes() == again.notes()
    assert first.notes() != other.notes()


def test_marks_are_those_of_the_sheet():
    performance = played(band(120.0, bars=4, beats=3))
    notes = performance.parts["bass"]
    assert notes.tempo_map == ((0.0, 120.0),)
    assert notes.meters == ((0.0, 3, 4),)
    assert notes.keys == ((0.0, "C major"),)
    assert notes.chords == ((0.0, "D:min7"), (1.5, "N"), (3.0, "G:7"), (4.5, "N"))
    (down, up), (again, _) = performance.parts["piano"].pedal
    assert 0 < down < up == 1.0 < again


def test_compound_meters_are_written_in_eighths_where_nothing_swings():
    arrangement = band(60.0, bars=4, beats=2, parts=3)
    straight = played(arrangement, style=load_style("waltz")).parts["sax"]
    assert straight.meters == ((0.0, 6, 8),)
    assert straight.tempo_map[0][1] == pytest.approx(90, rel=0.3)
    assert played(arrangement).parts["sax"].meters == ((0.0, 2, 4),)


sheets = st.tuples(
    st.sampled_from([2, 3, 4, 5]),
    st.floats(40, 320),
    st.integers(1, 6),
    st.integers(0, 5),
    st.sampled_from(["swing", "shuffle", "straight"]),
    st.floats(0, 1),
)


@settings(max_examples=12, deadline=None)
@given(sheets)
def test_any_arrangement_comes_out_playable(drawn):
    beats, tempo, bars, seed, feel, rubato = drawn
    style = replace(SWING, feel=feel, rubato=rubato)
    performance = played(band(tempo, bars, beats, seed), seed, style)
    for name, part in performance.parts.items():
        ends = {}
        for note in part:
            assert note.onset >= 0
            assert note.offset > note.onset
            assert note.onset >= ends.get(note.pitch, 0.0) - 1e-9
            ends[note.pitch] = note.offset
        if name == "sax":
            onsets = [note.onset for note in part]
            assert (np.diff(onsets) > 0.015).all()
            assert len(part) == len(performance.arrangement.part(name).tones)


def test_no_tones_and_no_parts_are_no_performance():
    silent = replace(band(bars=1), parts=(Part("sax", "melody", 66), Part("bass", "bass", 32)))
    assert not len(played(silent).notes())
    assert not len(played(replace(silent, parts=())).notes())


def test_a_pianists_tune_is_what_the_sheet_sings():
    tones = (Tone(0.0, 1.0, 48), Tone(0.0, 1.0, 60), Tone(0.0, 1.0, 72), Tone(1.0, 1.0, 50))
    assert melody_voice(tones, (LineNote(0.0, 1.0, 60),)) == (2,)
    assert melody_voice(tones[2:], ()) == (0, 1)


def test_what_lies_under_the_tune_in_one_hand_moves_with_it():
    arrangement = band(150.0, bars=4)
    tune = arrangement.part("sax").tones
    under = tuple(replace(tone, pitch=tone.pitch - 4) for tone in tune)
    low = tuple(replace(tone, pitch=36) for tone in tune)
    piano = Part("piano", "melody", 0, (*tune, *under, *low))
    notes = played(replace(arrangement, parts=(piano,))).parts["piano"].notes
    by_pitch = {}
    for note in notes:
        by_pitch.setdefault("low" if note.pitch == 36 else "high", []).append(note.onset)
    high, pedal = (np.array(by_pitch[each]) for each in ("high", "low"))
    assert len(high) >= 1.9 * len(tune)
    assert np.median([np.sort(np.abs(high - each))[1] for each in high]) < 0.02
    assert np.median([np.abs(high - each).min() for each in pedal]) > 0.004


def test_repeated_notes_end_the_former_one():
    notes = [Note(0.0, 1.0, 60), Note(0.5, 0.8, 60), Note(0.5, 2.0, 62), Note(0.505, 0.9, 60)]
    done = articulation.without_overlaps(notes)
    assert [(note.onset, note.offset, note.pitch) for note in done] == [
        (0.0, 0.5, 60), (0.5, 0.8, 60), (0.5, 2.0, 62),
    ]  # fmt: skip


def test_swung_places_against_a_naive_reference():
    def naive(beat, second):
        whole, phase = int(np.floor(beat)), beat % 1
        if min(abs(phase - each) for each in (0, 1 / 3, 2 / 3, 1)) < 0.02:
            return beat
        if phase < 0.5:
            return whole + phase / 0.5 * second
        return whole + second + (phase - 0.5) / 0.5 * (1 - second)

    beats = np.concatenate([np.arange(24) / 12, np.arange(16) / 8])
    for second in (0.5, 0.58, 0.75):
        wanted = [naive(beat, second) for beat in beats]
        assert swing_feel.swung(beats, second) == pytest.approx(wanted)


@pytest.mark.parametrize("tempo", [60, 120, 200, 270])
def test_roles_keep_their_order_whatever_the_swing(tempo):
    for swing in (None, 1.0, 1.3, 2.0, 3.5):
        places = [
            swing_feel.second_eighth("swing", role, tempo, swing)
            for role in ("melody", "counter", "chords", "bass", "drums")
        ]
        assert all(np.diff(places) >= -1e-9)
        assert all(0.45 <= each <= 0.81 for each in places)


def test_tempo_curve_agrees_with_its_map_and_broadens_at_the_end():
    arrangement = replace(band(120.0, bars=8), tempo=((0.0, 120.0), (24.0, 100.0), (28.0, 80.0)))
    curve = tempo_curve(arrangement, 0.5, np.random.default_rng(0))
    # A naive walk along the tempo map has to find every beat where the curve has it.
    marks = [*curve.tempo_map(), (np.inf, 0.0)]
    beat, found = 0.0, [0.0]
    for (start, tempo), (end, _) in itertools.pairwise(marks):
        while len(found) <= 31:
            at = start + (len(found) - beat) * 60 / tempo
            if at > end + 1e-9:
                break
            found.append(at)
        beat += (end - start) * tempo / 60
    assert curve.seconds(np.arange(32)) == pytest.approx(found)
    assert curve.tempo_at(31.5) < 85 < 105 < curve.tempo_at(10)
    even = tempo_curve(replace(arrangement, tempo=((0.0, 90.0),)), 0.0, np.random.default_rng(0))
    assert even.seconds(3.0) == pytest.approx(2.0)
    assert isinstance(even, TempoCurve)


def test_wander_is_correlated_and_as_wide_as_asked():
    places = np.arange(4000) / 2
    path = wander(places, np.random.default_rng(0), 2.0, 0.0)
    assert path.std() == pytest.approx(2.0, rel=0.15)
    assert np.corrcoef(path[1:], path[:-1])[0, 1] == pytest.approx(np.exp(-1 / 8), abs=0.03)
    noise = wander(places, np.random.default_rng(0), 0.0, 1.0)
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 0.05
    together = wander(np.zeros(5), np.random.default_rng(0), 1.0, 0.0)
    assert np.ptp(together) == 0
