"""Bassists: roots where chords begin, one note at a time, the style's rhythm."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from toolkit.errors import UsageError
from toolkit.style.arrangement import Tone
from toolkit.style.band.playing import Scene, play
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.scales import chord_scale

SceneOf = Callable[..., Scene]

BASSISTS = (
    ("jazz-swing", "bass"), ("jazz-ballad", "bass"), ("bossa-nova", "bass"),
    ("blues-shuffle", "bass"), ("gospel", "bass"), ("lo-fi", "bass"), ("waltz", "bass"),
    ("electronic", "bass"), ("orchestral", "cellos"), ("orchestral", "basses"),
)  # fmt: skip


def by_bar(sheet: LeadSheet, tones: tuple[Tone, ...]) -> list[list[float]]:
    return [
        [tone.onset - bar.onset for tone in tones if bar.onset <= tone.onset < bar.offset]
        for bar in sheet.bars
    ]


@pytest.mark.parametrize(("beats", "parts"), [(4, 2), (3, 2), (5, 2), (2, 3), (1, 2), (7, 2)])
@pytest.mark.parametrize(("style", "seat"), BASSISTS)
def test_a_bass_plays_one_note_at_a_time_in_range_with_roots_under_new_chords(
    scene_of: SceneOf, style: str, seat: str, beats: int, parts: int
) -> None:
    scene = scene_of(style, seat, beats=beats, parts=parts)
    tones = play(scene).tones
    assert all(scene.seat.low <= tone.pitch <= scene.seat.high for tone in tones)
    assert all(a.offset <= b.onset + 1e-6 for a, b in pairwise(tones))
    assert all(tone.duration > 0.05 and 0 < tone.velocity <= 1 for tone in tones)
    right = []
    for span in scene.sheet.chords:
        near = [tone for tone in tones if span.onset - 0.51 <= tone.onset < span.onset + 0.76]
        bass = span.chord.root if span.chord.bass is None else span.chord.bass
        right.append(any(tone.pitch % 12 == bass for tone in near))
    assert np.mean(right) > (0.85 if beats > 1 else 0.7)  # chords of half a beat may pass by


@pytest.mark.parametrize(("style", "seat"), BASSISTS)
def test_the_same_dice_play_the_same_and_no_bar_is_looped(
    scene_of: SceneOf, style: str, seat: str
) -> None:
    tones = play(scene_of(style, seat)).tones
    assert tones == play(scene_of(style, seat)).tones
    bars = [
        tuple((round(tone.onset - bar * 4, 3), tone.pitch) for tone in tones
              if bar * 4 <= tone.onset < bar * 4 + 4)
        for bar in range(32)
    ]  # fmt: skip
    assert len(set(bars)) > 12


def test_a_bass_rests_where_no_chord_is(scene_of: SceneOf) -> None:
    sheet = scene_of("jazz-swing", "bass").sheet
    gap = type(sheet)(
        bars=sheet.bars,
        chords=tuple(span for span in sheet.chords if not 16 <= span.onset < 32),
        phrases=sheet.phrases,
    )
    tones = play(scene_of("jazz-swing", "bass", sheet=gap)).tones
    assert not [tone for tone in tones if 16 <= tone.onset < 32]
    assert [tone for tone in tones if tone.onset >= 32]


def test_a_walking_bass_walks(scene_of: SceneOf) -> None:
    steps: Counter[int] = Counter()
    known, leads, roots = [], [], []
    for seed in range(4):
        scene = scene_of("jazz-swing", "bass", seed=seed, feel="four")
        tones = [tone for tone in play(scene).tones if tone.onset % 1 == 0]
        assert len(tones) == 128
        for tone, after in pairwise(tones):
            steps[abs(after.pitch - tone.pitch)] += 1
            span = scene.sheet.chord_at(tone.onset)
            assert span is not None
            scale = chord_scale(span.chord, "C major")
            known.append(tone.pitch % 12 in (*scale, *span.chord.pitch_classes)
                         or abs(after.pitch - tone.pitch) <= 2)  # fmt: skip
            coming = scene.sheet.chord_at(after.onset)
            assert coming is not None
            if coming.chord != span.chord:
                leads.append(abs(after.pitch - tone.pitch) in (1, 2, 5, 7))
                if coming.duration >= 2:
                    roots.append(after.pitch % 12 in (coming.chord.root, coming.chord.bass))
    total = sum(steps.values())
    assert 0.4 < (steps[1] + steps[2]) / total < 0.75  # of the database's: 0.43 with repeats apart
    assert steps[0] / total < 0.06
    assert np.mean(known) > 0.97
    assert np.mean(leads) > 0.9
    assert np.mean(roots) > 0.95


def test_quiet_phrases_have_two_notes_a_bar_and_loud_ones_four(scene_of: SceneOf) -> None:
    scene = scene_of("jazz-swing", "bass", changes="|".join(["Cmaj7", "Am7", "Dm7", "G7"] * 8))
    bars = by_bar(scene.sheet, play(scene).tones)
    assert np.mean([len(bar) for bar in bars[:8]]) < 3
    assert np.mean([len(bar) for bar in bars[24:]]) >= 4


def test_energy_brings_skips_and_triplets(scene_of: SceneOf) -> None:
    tones = [
        tone for seed in range(4) for tone in play(scene_of("jazz-swing", "bass", seed=seed)).tones
    ]
    loud = [tone for tone in tones if tone.onset >= 96 and tone.onset % 1 > 0.01]
    soft = [tone for tone in tones if tone.onset < 32 and tone.onset % 1 > 0.01]
    assert len(loud) > 2 * max(len(soft), 1)
    assert any(tone.velocity < 0.5 for tone in loud)


def test_a_ballad_stays_in_two_for_most_of_the_tune(scene_of: SceneOf) -> None:
    scene = scene_of("jazz-ballad", "bass", changes="|".join(["Cmaj7", "Am7", "Dm7", "G7"] * 8))
    assert np.mean([len(bar) <= 3 for bar in by_bar(scene.sheet, play(scene).tones)[:24]]) > 0.8


def test_a_bossa_bass_has_root_and_fifth_each_announced(scene_of: SceneOf) -> None:
    scene = scene_of("bossa-nova", "bass", changes="|".join(["Cmaj7", "Dm7", "Em7", "Am7"] * 8))
    part = play(scene)
    bars = by_bar(scene.sheet, part.tones)
    assert np.mean([0.0 in bar and 2.0 in bar for bar in bars]) > 0.9
    assert np.mean([1.5 in bar for bar in bars]) > 0.6
    ahead = [tone for tone in part.tones if tone.onset % 4 == 3.5 and tone.onset < 124]
    right = []
    for tone in ahead:
        coming = scene.sheet.chord_at(tone.onset + 0.5)
        assert coming is not None
        right.append(tone.pitch % 12 == coming.chord.root)
    assert np.mean(right) > 0.7


def test_a_boogie_bass_goes_up_the_chord_and_doubles_when_it_is_loud(scene_of: SceneOf) -> None:
    scene = scene_of("blues-shuffle", "bass", changes="|".join(["C7", "C7", "F7", "C7"] * 8))
    part = play(scene)
    bars = by_bar(scene.sheet, part.tones)
    assert np.mean([len(bar) for bar in bars[24:]]) > np.mean([len(bar) for bar in bars[:8]]) + 1
    blues = [tone.pitch % 12 for tone in part.tones if tone.onset % 16 < 7]
    assert np.mean([each in (0, 4, 7, 9, 10) for each in blues]) > 0.85


def test_the_double_basses_follow_the_cellos_an_octave_below(scene_of: SceneOf) -> None:
    cellos = play(scene_of("orchestral", "cellos", seed=1)).tones
    basses = play(scene_of("orchestral", "basses", seed=2)).tones
    assert [tone.onset for tone in cellos] == [tone.onset for tone in basses]
    gaps = {high.pitch - low.pitch for high, low in zip(cellos, basses, strict=True)}
    assert gaps <= {0, 12}
    assert (
        np.mean([high.pitch - low.pitch == 12 for high, low in zip(cellos, basses, strict=True)])
        > 0.9
    )


def test_an_electronic_bass_leaves_the_beat_to_the_drum(scene_of: SceneOf) -> None:
    scene = scene_of("electronic", "bass", changes="|".join(["C", "Am", "F", "G"] * 8))
    off = [tone.onset % 1 for tone in play(scene).tones if 64 <= tone.onset < 96]
    assert np.mean([place > 0.1 for place in off]) > 0.9


def test_straight_patterns_fall_on_thirds_in_compound_meters(scene_of: SceneOf) -> None:
    scene = scene_of("bossa-nova", "bass", beats=4, parts=3)
    places = {round(tone.onset % 1, 3) for tone in play(scene).tones}
    assert places <= {0.0, 0.333, 0.667}


def test_an_unknown_pattern_is_refused(scene_of: SceneOf) -> None:
    with pytest.raises(UsageError, match="no bass pattern"):
        play(scene_of("gospel", "bass", pattern="polka"))
