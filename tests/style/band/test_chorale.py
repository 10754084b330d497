import itertools

import numpy as np
import pytest

from toolkit.style.band.chorale_lines import line
from toolkit.style.band.four_voices import RANGES, VOICES, realize
from toolkit.style.band.playing import Scene, play
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.style import Harmony, Seat, Style

PROGRESSIONS = (
    "C G Am Em F C/E G7 C",
    "C F G C Am Dm G C",
    "C Am F Dm Bdim C G7 C",
    "Dm G7 C F Bdim E7 Am Am",
    "C E7 Am D7 G A7 Dm G7",
)


def sheet_of(symbols, seed, key="C major"):
    """Return a chorale of two beats a chord, its tune drawn from chord tones in small steps."""
    rng, names = np.random.default_rng(seed), symbols.split()
    spans = tuple(ChordSpan(2.0 * at, 2.0, parse(name)) for at, name in enumerate(names))
    melody, pitch = [], 71
    for beat in range(2 * len(names)):
        tones = spans[beat // 2].chord.pitch_classes[:3]
        near = [each for each in range(pitch - 5, pitch + 6) if each % 12 in tones]
        fits = [each for each in near if 62 <= each <= 79]
        weights = np.exp(-0.5 * np.abs(np.array(fits) - pitch))
        pitch = int(rng.choice(fits, p=weights / weights.sum()))
        melody.append(LineNote(float(beat), 1.0, pitch))
    bars = tuple(Bar(4.0 * at, 4) for at in range(len(names) // 2))
    half = 2.0 * len(bars)
    phrases = (Phrase(0.0, half), Phrase(half, half, "B"))
    return LeadSheet(bars, tuple(melody), spans, keys=((0.0, key),), phrases=phrases)


SHEETS = [sheet_of(symbols, seed) for seed, symbols in enumerate(PROGRESSIONS * 6)]


def pairs(sheet):
    return itertools.pairwise(realize(sheet))


def parallels(sheet):
    """Count parallel fifths and octaves, by the definition."""
    found = 0
    for (_, before), (_, after) in pairs(sheet):
        for lower, upper in itertools.combinations(range(4), 2):
            moved = before[lower] != after[lower] and before[upper] != after[upper]
            was = (before[upper] - before[lower]) % 12
            comes = (after[upper] - after[lower]) % 12
            found += moved and was == comes and was in (0, 7)
    return found


@pytest.mark.parametrize("sheet", SHEETS)
def test_voices_keep_their_ranges_and_do_not_cross(sheet):
    for _, pitches in realize(sheet):
        assert list(pitches) == sorted(pitches)
        for voice, pitch in zip(VOICES, pitches, strict=True):
            assert RANGES[voice][0] <= pitch <= RANGES[voice][1]
        assert pitches[3] - pitches[2] <= 12
        assert pitches[2] - pitches[1] <= 12


@pytest.mark.parametrize("sheet", SHEETS)
def test_there_are_no_parallel_fifths_or_octaves(sheet):
    assert parallels(sheet) == 0


@pytest.mark.parametrize("sheet", SHEETS)
def test_chords_are_complete_but_for_their_fifth(sheet):
    for place, pitches in realize(sheet):
        tones = set(place.chord.pitch_classes)
        sung = {pitch % 12 for pitch in pitches}
        assert sung <= tones
        assert sung >= tones - {(place.chord.root + 7) % 12}
        bass = place.chord.bass
        assert bass is None or pitches[0] % 12 == bass


def test_sevenths_fall_and_leading_tones_rise():
    kept = total = 0
    for sheet in SHEETS:
        for (place, before), (after, pitches) in pairs(sheet):
            if place.chord.symbol != "G7" or after.chord.symbol not in ("C", "Am"):
                continue
            for voice in range(3):
                step = pitches[voice] - before[voice]
                if before[voice] % 12 == 5:
                    total, kept = total + 1, kept + (-2 <= step <= 0)
                if before[voice] % 12 == 11:
                    total, kept = total + 1, kept + (step == 1)
    assert total > 10
    assert kept / total > 0.8


def test_inner_voices_move_in_small_steps():
    steps = [
        abs(after[voice] - before[voice])
        for sheet in SHEETS
        for (_, before), (_, after) in pairs(sheet)
        for voice in (1, 2)
    ]
    assert np.mean(steps) < 2.0
    assert np.mean(np.array(steps) <= 4) > 0.9


def test_all_seats_sing_one_setting():
    sheet = SHEETS[3]
    style = Style("s", "S.", "straight", (60, 96), (), {"all": ()}, harmony=Harmony("baroque"))
    parts = {}
    for seed, voice in enumerate(VOICES):
        low, high = RANGES[voice]
        seat = Seat(voice, "counter", "chorale", 52, 0, low, high, options={"voice": voice})
        scene = Scene(sheet, style, seat, ("melody",), 80.0, np.random.default_rng(seed))
        parts[voice] = play(scene).tones
    for place, pitches in realize(sheet):
        for voice, pitch in zip(VOICES, pitches, strict=True):
            sung = [
                tone.pitch
                for tone in parts[voice]
                if tone.onset <= place.onset + 1e-6 < tone.offset
            ]
            assert sung == [pitch]


def test_the_soprano_is_the_tune_and_the_others_pass_in_eighths():
    sheet = SHEETS[0]
    assert [note.pitch for note in line(sheet, "soprano")] == [n.pitch for n in sheet.melody]
    eighths = [
        note for each in SHEETS for voice in VOICES[:3] for note in line(each, voice)
        if note.weight == 0.2
    ]  # fmt: skip
    assert len(eighths) > 20
    assert all(note.duration == 0.5 and note.onset % 1 == 0.5 for note in eighths)


def test_without_a_tune_the_chords_are_sung():
    sheet = LeadSheet(SHEETS[0].bars, (), SHEETS[0].chords)
    assert len(realize(sheet)) == 8
    assert parallels(sheet) == 0
    assert line(sheet, "soprano")
    assert line(LeadSheet((Bar(0.0, 4),)), "alto") == ()
