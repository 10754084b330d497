"""Drummers: the style's time, no loops, fills and crashes where the form has them."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from toolkit.style.arrangement import Tone
from toolkit.style.band.drum_kit import (
    BRUSH_SWIRL,
    CLAP,
    CRASH,
    FEET,
    HAT_FOOT,
    KICK,
    RIDE,
    RIM,
    SNARE,
    TOM_FLOOR,
    TOM_HIGH,
    TOM_LOW,
    TOM_MID,
)
from toolkit.style.band.playing import Scene, play
from toolkit.style.lead_sheet import LeadSheet

SceneOf = Callable[..., Scene]

DRUMMERS = (
    "jazz-swing", "jazz-ballad", "bossa-nova", "blues-shuffle", "gospel", "lo-fi", "waltz",
    "electronic", "stride",
)  # fmt: skip
TOMS = {TOM_FLOOR, TOM_LOW, TOM_MID, TOM_HIGH}


def bars(sheet: LeadSheet, tones: tuple[Tone, ...]) -> list[frozenset[tuple[float, int]]]:
    """Return which drums are struck when, bar by bar."""
    found: list[set[tuple[float, int]]] = [set() for _ in sheet.bars]
    for tone in tones:
        index = sheet.bar_at(tone.onset)
        found[index].add((round(tone.onset - sheet.bars[index].onset, 2), tone.pitch))
    return [frozenset(each) for each in found]


@pytest.mark.parametrize(("beats", "parts"), [(4, 2), (3, 2), (5, 2), (2, 3), (1, 2), (7, 2)])
@pytest.mark.parametrize("style", DRUMMERS)
def test_a_drummer_plays_any_meter_with_two_hands_and_never_loops(
    scene_of: SceneOf, style: str, beats: int, parts: int
) -> None:
    scene = scene_of(style, "drums", beats=beats, parts=parts)
    tones = play(scene).tones
    assert all(0 <= tone.onset < scene.sheet.length for tone in tones)
    assert all(0 < tone.velocity <= 1 for tone in tones)
    if style != "electronic":
        at_once = Counter(round(tone.onset, 4) for tone in tones if tone.pitch not in FEET)
        assert max(at_once.values()) <= 2
    patterns = bars(scene.sheet, tones)
    assert np.mean([bool(pattern) for pattern in patterns]) > 0.9
    triples = zip(patterns, patterns[1:], patterns[2:], strict=False)
    assert not any(a == b == c for a, b, c in triples)
    if beats >= 3:
        assert len(set(patterns)) > 11


@pytest.mark.parametrize("style", [*DRUMMERS, "orchestral"])
def test_the_same_dice_play_the_same(scene_of: SceneOf, style: str) -> None:
    seat = "percussion" if style == "orchestral" else "drums"
    assert play(scene_of(style, seat)).tones == play(scene_of(style, seat)).tones
    assert play(scene_of(style, seat)).tones != play(scene_of(style, seat, seed=2)).tones


@pytest.mark.parametrize("beats", [3, 4, 5])
def test_swing_is_on_the_ride_and_the_pedal(scene_of: SceneOf, beats: int) -> None:
    scene = scene_of("jazz-swing", "drums", beats=beats)
    plain = [bar for index, bar in enumerate(bars(scene.sheet, play(scene).tones)) if index % 8 < 7]
    for bar in plain:
        assert {(float(beat), RIDE) for beat in range(1, beats)} <= {
            (at, RIDE if drum in (RIDE, 53) else drum) for at, drum in bar
        }
        assert (1.0, HAT_FOOT) in bar
        assert (0.0, HAT_FOOT) not in bar
    skips = [np.mean([(beat + 0.5, RIDE) in bar for bar in plain]) for beat in range(beats)]
    assert skips[1] > 0.7
    assert skips[0] < 0.4


def test_the_snare_answers_the_tunes_gaps(scene_of: SceneOf) -> None:
    def comping(busy: float) -> int:
        count = 0
        for seed in range(3):
            scene = scene_of("jazz-swing", "drums", seed=seed, busy=busy)
            patterns = bars(scene.sheet, play(scene).tones)
            plain = [bar for index, bar in enumerate(patterns) if index % 8 < 7]
            count += sum(drum == SNARE for bar in plain for _, drum in bar)
        return count

    assert comping(0.15) > 1.3 * comping(1.0)


def test_sections_begin_with_a_crash_after_a_fill(scene_of: SceneOf) -> None:
    for style in ("jazz-swing", "blues-shuffle", "gospel", "bossa-nova"):
        scene = scene_of(style, "drums")
        tones = play(scene).tones
        crashes = {tone.onset for tone in tones if tone.pitch == CRASH}
        assert {64.0, 96.0} <= crashes  # B, and A after it
        assert all(onset % 32 == 0 for onset in crashes)
        fills = [tone for tone in tones if tone.pitch in TOMS]
        assert fills
        assert all(tone.onset % 32 >= 28 for tone in fills)


def test_fills_grow_with_the_form(scene_of: SceneOf) -> None:
    counts = np.zeros(3)
    for seed in range(5):
        for tone in play(scene_of("gospel", "drums", seed=seed)).tones:
            if tone.pitch in TOMS | {SNARE} and tone.onset % 32 >= 28 and tone.onset < 96:
                counts[int(tone.onset // 32)] += tone.velocity
    assert counts[2] > 1.2 * counts[0]


def test_brushes_sweep_half_bars(scene_of: SceneOf) -> None:
    tones = play(scene_of("jazz-ballad", "drums")).tones
    swirls = [tone for tone in tones if tone.pitch == BRUSH_SWIRL]
    assert len(swirls) > 50
    assert all(tone.duration > 0.9 and tone.velocity < 0.5 for tone in swirls)


def test_a_bossa_has_a_clave_of_two_bars_and_even_eighths(scene_of: SceneOf) -> None:
    scene = scene_of("bossa-nova", "drums")
    patterns = bars(scene.sheet, play(scene).tones)
    first = [bar for index, bar in enumerate(patterns) if index % 8 in (0, 2, 4, 6)]
    second = [bar for index, bar in enumerate(patterns) if index % 8 in (1, 3, 5)]
    assert np.mean([(1.5, RIM) in bar for bar in first]) > 0.6
    assert np.mean([(2.5, RIM) in bar for bar in second]) > 0.6
    assert np.mean([(1.5, RIM) in bar for bar in second]) < 0.3
    plain = [at for index, bar in enumerate(patterns) if index % 8 < 7 for at, _ in bar]
    assert {at % 0.5 for at in plain} == {0.0}


@pytest.mark.parametrize("style", ["blues-shuffle", "gospel", "lo-fi"])
def test_the_backbeat_is_on_two_and_four(scene_of: SceneOf, style: str) -> None:
    scene = scene_of(style, "drums")
    patterns = [
        bar for index, bar in enumerate(bars(scene.sheet, play(scene).tones)) if index % 8 < 7
    ]
    late = 0.03 if style == "lo-fi" else 0.0
    for bar in patterns:
        drums = {drum for at, drum in bar if abs(at - 1 - late) < 0.011}
        assert drums & {SNARE, RIM}
        assert not {drum for at, drum in bar if at == 0.0} & {SNARE, RIM}


def test_a_lo_fi_snare_comes_late(scene_of: SceneOf) -> None:
    tones = play(scene_of("lo-fi", "drums")).tones
    places = [tone.onset % 1 for tone in tones if tone.pitch == SNARE]
    assert all(0.02 < place % 0.25 < 0.04 for place in places)


def test_a_gospel_beat_is_in_triplets(scene_of: SceneOf) -> None:
    tones = play(scene_of("gospel", "drums")).tones
    hats = Counter(round(tone.onset % 1, 2) for tone in tones if tone.pitch in (42, RIDE))
    assert set(hats) == {0.0, 0.33, 0.67}


def test_an_electronic_floor_builds_with_the_form(scene_of: SceneOf) -> None:
    scene = scene_of("electronic", "drums")
    patterns = bars(scene.sheet, play(scene).tones)
    floor = {(float(beat), KICK) for beat in range(4)}
    assert not floor <= patterns[1]
    assert all(floor <= patterns[index] for index in range(24, 31))
    assert all((1.0, CLAP) in patterns[index] for index in range(24, 31))
    assert np.mean([len(bar) for bar in patterns[:4]]) < 0.6 * np.mean(
        [len(bar) for bar in patterns[24:]]
    )


@pytest.mark.parametrize("beats", [3, 4])
def test_a_waltz_strikes_the_bass_drum_at_the_head_of_each_group(
    scene_of: SceneOf, beats: int
) -> None:
    scene = scene_of("waltz", "drums", beats=beats)
    places = {tone.onset % beats for tone in play(scene).tones if tone.pitch == KICK}
    assert places == ({0.0} if beats == 3 else {0.0, 2.0})


def test_the_orchestra_waits_for_its_climax(scene_of: SceneOf) -> None:
    scene = scene_of("orchestral", "percussion")
    tones = play(scene).tones
    assert not [tone for tone in tones if tone.onset < 24]
    assert [tone for tone in tones if tone.onset >= 64]
    swell = [tone for tone in tones if tone.pitch == 57 and tone.onset % 32 >= 30]
    assert swell
    assert all(a.velocity <= b.velocity for a, b in pairwise(swell) if b.onset - a.onset < 0.3)


def test_timpani_strike_tonic_and_dominant_where_they_fit(scene_of: SceneOf) -> None:
    scene = scene_of("orchestral", "timpani")
    tones = play(scene).tones
    assert tones
    for tone in tones:
        span = scene.sheet.chord_at(tone.onset)
        assert span is not None
        assert tone.pitch % 12 in (0, 7)
        assert tone.pitch % 12 in span.chord.pitch_classes
        assert scene.seat.low <= tone.pitch <= scene.seat.high
    assert all(a.offset <= b.onset + 1e-6 for a, b in pairwise(tones))
