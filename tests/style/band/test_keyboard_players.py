"""Every player of chords and keys, on random lead sheets."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.style.band.comp_idioms import IDIOMS
from toolkit.style.band.left_hands import WAYS
from toolkit.style.band.playability import playable_range, violations
from toolkit.style.band.playing import Scene, play
from toolkit.style.chord import QUALITIES, TENSIONS, Chord, parse
from toolkit.style.key import KEYS
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.style import FEELS, PALETTES, Harmony, Seat, Style

BAND = ("melody", "chords", "bass", "drums")
STANDARD = "Cm7 F7 Bbmaj7 Ebmaj7 Am7b5 D7(b9) Gm7 Gm7 Cm7 F7 Bbmaj7 Ebmaj7 Am7b5 D7 Gm6 D7(b9)"

SEATS = {
    "lead on piano": Seat("a", "melody", "lead", 0, low=55, high=96),
    "lead in drop-2": Seat(
        "a", "melody", "lead", 0, low=48, high=96, options={"harmony": "drop2", "harmony_from": 0}
    ),
    "lead in locked hands": Seat(
        "a", "melody", "lead", 0, low=48, high=96, options={"harmony": "block", "harmony_from": 0}
    ),
    "lead in thirds": Seat("a", "melody", "lead", 0, options={"harmony": "thirds"}),
    "lead in octaves": Seat("a", "melody", "lead", 48, low=48, high=88, options={"doubling": 12}),
    "lead on tenor": Seat("a", "melody", "lead", 66, low=44, high=76),
    "lead on flute": Seat("a", "melody", "lead", 73, low=60, high=96),
    "comp": Seat("a", "chords", "comp", 0, low=46, high=74),
    "comp with two hands": Seat(
        "a", "chords", "comp", 4, low=40, high=79, options={"hands": 2, "spread": 0.03}
    ),
    "comp bossa": Seat("a", "chords", "comp", 0, low=46, high=74, options={"feel": "bossa"}),
    "comp shuffle": Seat("a", "chords", "comp", 16, low=46, high=74, options={"feel": "shuffle"}),
    "comp lo-fi": Seat("a", "chords", "comp", 4, low=46, high=74, options={"feel": "lofi"}),
    "four to the bar": Seat("a", "chords", "guitar-comp", 26, 0, 40, 76, options={"feel": "four"}),
    "guitar": Seat("a", "chords", "guitar-comp", 24, low=40, high=76),
    "pads": Seat("a", "chords", "pads", 89, low=48, high=79),
    "Alberti": Seat("a", "chords", "arpeggio", 0, low=45, high=72, options={"pattern": "alberti"}),
    "sequencer": Seat(
        "a", "chords", "arpeggio", 81, options={"rate": 0.25, "octaves": 2, "pattern": "up"}
    ),
    "harp": Seat("a", "counter", "arpeggio", 46, low=36, high=88, options={"pattern": "broken"}),
    "strings": Seat("a", "counter", "strings", 48, low=52, high=84, options={"voices": 3}),
    "pulsing strings": Seat(
        "a", "counter", "strings", 48, low=48, high=84, options={"texture": "pulsing"}
    ),
    "stride": Seat("a", "melody", "stride", 0, low=28, high=96),
    "stride below": Seat("a", "chords", "stride", 0, low=28, high=84),
    "waltz": Seat("a", "melody", "waltz-piano", 0, low=28, high=96),
    "gospel": Seat("a", "melody", "gospel-piano", 0, low=28, high=96),
    "gospel below": Seat("a", "chords", "gospel-piano", 0, low=28, high=84),
    "chorale on keys": Seat("a", "melody", "chorale", 0, low=36, high=84),
    "solo": Seat("a", "melody", "solo-piano", 0, low=28, high=96),
    **{
        f"solo {way}": Seat("a", "melody", "solo-piano", 0, low=28, high=96, options={"left": way})
        for way in WAYS
    },
    **{
        f"chorale {voice}": Seat(
            "a", "counter", "chorale", 52, low=low, high=high, options={"voice": voice}
        )
        for voice, low, high in (("alto", 55, 74), ("tenor", 48, 69), ("bass", 40, 62))
    },
}


def any_chord(rng):
    quality = str(rng.choice(sorted(QUALITIES)))
    tones = {step % 12 for step in QUALITIES[quality]}
    fitting = [
        name
        for name, step in TENSIONS.items()
        if step % 12 not in tones | {(each + 1) % 12 for each in tones}
    ]
    tensions = (str(rng.choice(fitting)),) if fitting and rng.random() < 0.4 else ()
    root = int(rng.integers(12))
    bass = (root + int(rng.choice(sorted(tones)))) % 12 if rng.random() < 0.2 else None
    return Chord(root, quality, tensions, bass)


def any_chords(rng, length, beats):
    if rng.random() < 0.1:
        return ()
    found, at = [], 0.0
    while at < length:
        size = float(rng.choice([1, 2, beats, beats, 2 * beats]))
        if rng.random() < 0.9:
            found.append(ChordSpan(at, min(size, length - at), any_chord(rng)))
        at += size
    return tuple(found)


def any_melody(rng, length, parts):
    if rng.random() < 0.1:
        return ()
    found, pitch = [], int(rng.integers(48, 85))
    at = float(rng.choice([0, 0, 0.5, 1]))
    sizes = [1, 0.5, 0.5, 2, 0.25, 3] if parts == 2 else [1, 1 / 3, 2 / 3, 2]
    while at < length - 0.1:
        size = float(rng.choice(sizes))
        if rng.random() < 0.85:
            pitch = int(np.clip(pitch + rng.integers(-7, 8), 36, 96))
            weight = float(rng.choice([0.2, 0.6, 1]))
            found.append(LineNote(at, min(size, length - at), pitch, weight))
        at += size
    return tuple(found)


def any_sheet(rng):
    """Return a sheet of one to twelve bars in one to seven, with or without tune and chords."""
    beats, count = int(rng.choice([2, 3, 4, 4, 4, 5])), int(rng.integers(1, 13))
    odd = rng.random(count) < 0.3 * (rng.random() < 0.3)
    sizes = [int(rng.integers(1, 8)) if each else beats for each in odd]
    parts, length = int(rng.choice([2, 2, 3])), sum(sizes)
    edges = [sum(sizes[:index]) for index in range(count)]
    starts = [*edges[:: int(rng.integers(1, 5))], length]
    phrases = tuple(
        Phrase(float(start), float(end - start), str(rng.choice(["A", "B", "ending"])))
        for start, end in itertools.pairwise(starts)
    )
    return LeadSheet(
        tuple(Bar(float(edge), size) for edge, size in zip(edges, sizes, strict=True)),
        any_melody(rng, length, parts),
        any_chords(rng, length, beats),
        keys=((0.0, str(rng.choice(KEYS))),),
        phrases=phrases if rng.random() < 0.9 else (),
        tempo=float(rng.integers(40, 321)),
        parts=parts,
    )


def any_scene(seat, seed):
    rng = np.random.default_rng(seed)
    style = Style(
        "test",
        "A style.",
        str(rng.choice(FEELS)),
        (40.0, 320.0),
        (seat,),
        {"all": (seat.name,)},
        harmony=Harmony(str(rng.choice(PALETTES)), 0.9),
    )
    sheet = any_sheet(rng)
    band = BAND if rng.random() < 0.5 else (seat.role,)
    return Scene(sheet, style, seat, band, sheet.tempo, rng)


@pytest.mark.parametrize("name", SEATS)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6))
def test_what_is_played_can_be_played(name, seed):
    seat = SEATS[name]
    scene = any_scene(seat, seed)
    part = play(scene)
    assert violations(part, scene.sheet, scene.tempo) == ()
    low, high = playable_range(seat.program)
    for tone in part.tones:
        assert max(seat.low, low) <= tone.pitch <= min(seat.high, high)
        assert tone.onset >= 0
        assert tone.duration > 0
        assert 0 < tone.velocity <= 1
        assert tone.onset < scene.sheet.length
        assert tone.offset <= scene.sheet.length + 0.11
    assert all(0 <= down < up for down, up in part.pedal)
    again = play(replace(scene, rng=np.random.default_rng(7)))
    assert again.tones == play(replace(scene, rng=np.random.default_rng(7))).tones


def tune_of(scene):
    return {
        (round(note.onset, 3), note.pitch % 12) for note in scene.sheet.melody if note.weight >= 0.5
    }


TUNES = [name for name, seat in SEATS.items() if seat.role == "melody"]


@pytest.mark.parametrize("name", TUNES)
def test_the_tune_is_all_there(name):
    """Structural notes stay where they are, octaves apart; only too fast repeats are joined."""
    kept = total = 0
    for seed in range(12):
        scene = any_scene(SEATS[name], seed)
        slow = replace(scene, tempo=100.0)
        anchors = {(round(t.onset, 3), t.pitch % 12) for t in play(slow).tones if t.anchor}
        wanted = tune_of(scene)
        assert anchors <= wanted
        kept, total = kept + len(anchors & wanted), total + len(wanted)
    assert kept == total > 50


def standard(tempo=140.0, choruses=1):
    """Return 16 bars of ii-V-I in G minor with a tune that rests in each second bar."""
    names = STANDARD.split() * choruses
    bars = tuple(Bar(4.0 * at, 4) for at in range(len(names)))
    spans = tuple(
        ChordSpan(bar.onset, 4.0, parse(name)) for bar, name in zip(bars, names, strict=True)
    )
    melody = tuple(
        LineNote(bar.onset + at / 2, 0.5, 74 + (at % 4), 1.0 if at % 2 == 0 else 0.3)
        for bar in bars[::2]
        for at in range(8)
    )
    phrases = tuple(Phrase(16.0 * at, 16.0, "AB"[at % 2]) for at in range(len(bars) // 4))
    return LeadSheet(bars, melody, spans, keys=((0.0, "G minor"),), phrases=phrases, tempo=tempo)


def on_stand(sheet, seat, *, palette="jazz", feel="swing", seed=0, band=BAND):
    style = Style(
        "test", "A style.", feel, (40.0, 320.0), (seat,), {"all": (seat.name,)},
        harmony=Harmony(palette, 0.9),
    )  # fmt: skip
    return Scene(sheet, style, seat, band, sheet.tempo, np.random.default_rng(seed))


def onsets(part):
    return sorted({round(tone.onset, 3) for tone in part.tones})


@pytest.mark.parametrize("feel", sorted(IDIOMS))
def test_accompaniment_answers_the_tunes_rests(feel):
    seat = replace(SEATS["comp"], options={"feel": feel})
    sheet = standard(choruses=4)
    every = onsets(play(on_stand(sheet, seat)))
    busy = sum(at % 8 < 4 for at in every)
    assert len(every) - busy > 1.05 * busy


def test_accompaniment_does_not_loop():
    sheet = replace(standard(choruses=4), melody=())
    every = onsets(play(on_stand(sheet, SEATS["comp"])))
    bars = [
        tuple(at - bar.onset for at in every if bar.onset <= at < bar.offset) for bar in sheet.bars
    ]
    assert len(set(bars)) >= 16
    assert not any(a == b == c for a, b, c in zip(bars, bars[1:], bars[2:], strict=False))


def test_chords_are_anticipated():
    early = total = 0
    for seed in range(4):
        part = play(on_stand(standard(), SEATS["comp bossa"], palette="bossa", seed=seed))
        for at in onsets(part):
            if at % 4 == 3.5:
                sung = {tone.pitch % 12 for tone in part.tones if abs(tone.onset - at) < 0.01}
                coming = standard().chord_at(at + 0.5)
                if coming is not None:
                    own = {(coming.chord.root + step) % 12 for step in
                           QUALITIES[coming.chord.quality][1:]}  # fmt: skip
                    total, early = total + 1, early + (len(sung & own) >= 2)
    assert total >= 8
    assert early / total > 0.8


def test_more_is_played_where_more_is_to_happen():
    sheet = replace(standard(choruses=4), melody=())
    first = last = 0
    for seed in range(4):
        every = onsets(play(on_stand(sheet, SEATS["comp"], seed=seed)))
        first, last = first + sum(at < 64 for at in every), last + sum(at >= 192 for at in every)
    assert last > 1.15 * first


@pytest.mark.parametrize("way", ["shells", "walking", "stride", "ballad", "boogie", "bossa"])
def test_alone_the_left_hand_has_the_roots(way):
    sheet = standard()
    part = play(on_stand(sheet, SEATS[f"solo {way}"], band=("melody",)))
    roots = sum(
        any(
            abs(tone.onset - span.onset) < 0.6
            and tone.pitch < 53
            and tone.pitch % 12 == span.chord.root
            for tone in part.tones
        )
        for span in sheet.chords
    )
    assert roots >= 0.9 * len(sheet.chords)


def test_with_a_bassist_comping_leaves_roots_to_it():
    part = play(on_stand(standard(), SEATS["comp"]))
    lowest = min(tone.pitch for tone in part.tones)
    assert lowest >= 46
    sheet = standard()
    roots = [
        tone.pitch % 12 == span.chord.root
        for tone in part.tones
        if (span := sheet.chord_at(tone.onset)) is not None
    ]
    assert np.mean(roots) < 0.25


def test_guitar_four_to_the_bar_strikes_every_beat():
    every = {int(at) for at in onsets(play(on_stand(standard(), SEATS["four to the bar"])))}
    assert every == set(range(64))


def test_a_waltz_has_its_bass_on_one():
    names = ("C", "G7", "C", "F")
    bars = tuple(Bar(3.0 * at, 3) for at in range(4))
    spans = tuple(
        ChordSpan(bar.onset, 3.0, parse(name)) for bar, name in zip(bars, names, strict=True)
    )
    scene = on_stand(LeadSheet(bars, (), spans), SEATS["waltz"], palette="plain", feel="straight")
    part = play(scene)
    for bar, span in zip(bars, spans, strict=True):
        here = [tone for tone in part.tones if bar.onset <= tone.onset < bar.offset]
        on_one = [tone.pitch for tone in here if tone.onset == bar.onset]
        assert [pitch % 12 for pitch in on_one] == [span.chord.root]
        for beat in (1, 2):
            chord = [tone.pitch for tone in here if tone.onset == bar.onset + beat]
            assert len(chord) >= 2
            assert min(chord) > max(on_one)


def test_winds_breathe_between_phrases():
    melody = tuple(LineNote(float(at), 1.0, 60 + at % 5) for at in range(64))
    sheet = replace(standard(), melody=melody)
    tones = play(on_stand(sheet, SEATS["lead on tenor"])).tones
    ends = {round(tone.offset, 3) for tone in tones}
    assert {15.75, 31.75, 47.75} <= ends


def test_another_seed_is_another_take():
    sheet = standard()
    takes = {play(on_stand(sheet, SEATS["comp"], seed=seed)).tones for seed in range(4)}
    assert len(takes) == 4


@pytest.mark.parametrize(
    "name", ["comp", "guitar", "four to the bar", "harp", "solo walking", "solo stride", "gospel"]
)
def test_the_last_chord_is_held(name):
    sheet = replace(standard(), melody=())
    phrases = (Phrase(0.0, 56.0), Phrase(56.0, 8.0, "ending"))
    part = play(on_stand(replace(sheet, phrases=phrases), SEATS[name], band=("melody",)))
    last = [tone for tone in part.tones if tone.offset > 60.2]
    assert len({tone.pitch for tone in last}) >= 2
    assert all(tone.offset == pytest.approx(64.0, abs=0.01) for tone in last)
    assert all(tone.onset < 61.6 for tone in last)


def test_a_stride_bass_walks_into_phrases_in_octaves():
    sheet = standard()
    part = play(on_stand(sheet, SEATS["solo stride"], band=("melody",)))
    for start in (16, 32, 48):
        root = sheet.chord_at(start).chord.root
        walked = [
            sorted(tone.pitch for tone in part.tones if tone.onset == beat and tone.pitch < 56)
            for beat in (start - 2.0, start - 1.0)
        ]
        assert all(octave[1] - octave[0] == 12 for octave in walked)
        assert (root - walked[1][0]) % 12 in (1, 2, 10, 11)


def test_accents_are_thickened_with_energy():
    sheet = standard(choruses=2)
    part = play(on_stand(sheet, SEATS["solo walking"], band=("melody",)))
    sizes = {
        tone.onset: sum(
            abs(tone.onset - each.onset) < 1e-6 for each in part.tones if each.pitch > 54
        )
        for tone in part.tones
        if tone.anchor
    }
    calm = np.mean([size for at, size in sizes.items() if at < 32])
    lively = np.mean([size for at, size in sizes.items() if at >= 96])
    assert 1 < calm < lively <= 5


@pytest.mark.parametrize(
    ("kind", "wanted"), [("thirds", {3, 4}), ("sixths", {8, 9}), ("octaves", {12})]
)
def test_a_parallel_line_keeps_its_interval(kind, wanted):
    seat = Seat("a", "melody", "lead", 0, options={"harmony": kind, "harmony_from": 0.0})
    part = play(on_stand(standard(), seat, palette="plain", feel="straight"))
    found = 0
    for onset in onsets(part):
        pitches = [tone.pitch for tone in part.tones if abs(tone.onset - onset) < 1e-3]
        if len(pitches) == 2:
            found += 1
            assert pitches[1] - pitches[0] in wanted
    assert found > 20
