"""Do the judges prefer jazz, and do the marks of jazz come out as they were put in."""

from dataclasses import replace

import numpy as np
import pytest

from toolkit.evaluation import jazz_judges, jazz_marks
from toolkit.evaluation.fitted_judges import fitted, judge
from toolkit.evaluation.groove_profile import NUM_FEATURES, by_range, groove_profile
from toolkit.evaluation.is_music import held_avoid_notes, is_music, longest_copied_run
from toolkit.evaluation.line_profile import NUM_FEATURES as LINE_FEATURES
from toolkit.evaluation.line_profile import line_profile
from toolkit.evaluation.rewriting import Settings, lead_sheet, performed, reharmonized
from toolkit.evaluation.style_controls import swing_only, triad
from toolkit.evaluation.style_judge import judge as judged
from toolkit.evaluation.style_judge import quality
from toolkit.evaluation.varying import index
from toolkit.evaluation.versions import of_performance, of_sheet, pulse
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote
from toolkit.values import Note, Notes

TWO_FIVES = ["Dm7", "G7", "Cmaj7", "A7"] * 3 + ["Dm7", "G7", "C6", "C6"]
PLAIN = ["C", "C", "F", "C", "G", "C", "F", "G", "C", "C", "F", "C", "G", "G", "C", "C"]


def chart(symbols: list[str]) -> LeadSheet:
    chords = tuple(ChordSpan(4.0 * at, 4.0, parse(name)) for at, name in enumerate(symbols))
    bars = tuple(Bar(4.0 * at, 4) for at in range(len(symbols)))
    melody = tuple(LineNote(float(beat), 1.0, 72) for beat in range(4 * len(symbols)))
    return LeadSheet(bars, melody, chords)


@pytest.fixture(scope="module")
def song() -> Notes:
    """Return sixteen bars of a plain tune with chords, 4/4 at 120."""
    notes = []
    for bar, name in enumerate(PLAIN):
        root = 48 + parse(name).root
        notes += [Note(2.0 * bar, 2.0 * bar + 1.9, root + step) for step in (0, 4, 7)]
        for beat, step in enumerate((12, 16, 19, 14)):
            begin = 2.0 * bar + 0.5 * beat
            notes.append(Note(begin, begin + 0.48, root + step + 12, 0.9))
    return Notes(tuple(notes), ((0.0, 120.0),), ((0.0, 4, 4),))


def test_all_three_judges_are_fitted_and_were_measured_on_groups_held_out() -> None:
    assert list(fitted()) == ["groove", "harmony", "line"]
    for name, table in fitted().items():
        assert min(table["measured"]["auc on groups held out"]) > 0.8, name
    assert len(judge("groove").weights) == NUM_FEATURES
    assert len(judge("line").weights) == LINE_FEATURES


def test_the_harmony_judge_knows_a_two_five_from_a_folk_song() -> None:
    jazz, plain = (jazz_judges.harmony_probability(of_sheet(chart(each)))
                   for each in (TWO_FIVES, PLAIN))  # fmt: skip
    assert jazz > 0.9
    assert plain < 0.2


def test_the_groove_judge_knows_swing_from_straight_rock() -> None:
    beats = np.arange(0, 64.0)
    ride = [(beat, 0.2, 51) for beat in beats] + [(b + 2 / 3, 0.2, 51) for b in beats[1::2]]
    hats = [(beat, 0.1, 44) for beat in beats[1::2]]
    walk = [(beat, 0.9, 40 + int(beat * 5) % 12) for beat in beats]
    comp = [(beat + 2 / 3, 0.3, pitch) for beat in beats[::4] for pitch in (58, 62, 65, 69)]
    swing = {"drums": np.array(sorted(ride + hats)), "bass": np.array(walk),
             "chords": np.array(comp)}  # fmt: skip
    kick = [(beat, 0.2, 36) for beat in beats[::2]] + [(b, 0.2, 38) for b in beats[1::2]]
    eighths = [(beat, 0.2, 42) for beat in np.arange(0, 64, 0.5)]
    rock = {
        "drums": np.array(sorted(kick + eighths)),
        "bass": np.array([(beat, 0.45, 40) for beat in np.arange(0, 64, 0.5)]),
        "chords": np.array([(b, 1.9, p) for b in beats[::2] for p in (60, 64, 67)]),
    }
    sheet = chart(PLAIN)
    found = [
        jazz_judges.groove_probability(replace(of_sheet(sheet), parts=parts))
        for parts in (swing, rock)
    ]
    assert found[0] > 0.8
    assert found[1] < 0.3


def test_features_are_finite_and_bounded_for_next_to_nothing() -> None:
    none = np.zeros((0, 3))
    for parts in ({}, {"bass": none}, {"drums": np.array([[0.0, 0.1, 36.0]])}):
        profile = groove_profile(parts, 4)
        assert profile.shape == (NUM_FEATURES,)
        assert np.isfinite(profile).all()
        assert np.abs(profile).max() <= 4
    assert not line_profile(np.array([[0.0, 1.0, 60.0]]), 4).any()


def test_the_bass_is_the_lowest_attack() -> None:
    notes = np.array([[0, 1, 36], [0, 1, 60], [1, 1, 60], [2, 1, 48], [2, 1, 50]], float)
    split = by_range(notes)
    assert split["bass"][:, 2].tolist() == [36, 48]
    assert split["chords"][:, 2].tolist() == [60, 60, 50]


@pytest.mark.parametrize("ratio", [1.0, 1.3, 2.0])
def test_swing_and_delay_are_measured_as_they_were_played(ratio: float) -> None:
    rng = np.random.default_rng(1)
    written = np.arange(0, 64, 0.5)
    played = written + 0.03 + rng.normal(0, 0.004, len(written))
    played[1::2] += ratio / (1 + ratio) - 0.5
    assert jazz_marks.swing_ratio(written, played) == pytest.approx(ratio, rel=0.05)
    assert jazz_marks.on_beat_delay(written, played) == pytest.approx(0.03, abs=0.004)
    assert np.isnan(jazz_marks.swing_ratio(written[::2], played[::2]))


def test_played_notes_are_paired_with_written_ones() -> None:
    sheet = chart(PLAIN)
    table = of_sheet(sheet).parts["melody"] + [0.2, 0.0, 12.0]
    version = replace(of_sheet(sheet), parts={"melody": table[::2]}, pulse=2.0)
    written, heard = jazz_marks.paired(version)
    np.testing.assert_allclose(heard - written, 0.4)
    assert len(written) == len(sheet.melody) / 2


def test_swing_only_changes_nothing_else(song: Notes) -> None:
    sheet = lead_sheet(song)
    swung = swing_only(sheet)
    assert len(swung.pitched) == len(of_sheet(sheet).pitched)
    on_beat = np.abs(swung.pitched[:, 0] - np.round(swung.pitched[:, 0])) < 1e-6
    assert on_beat.mean() > 0.9


def test_harmony_marks_count(song: Notes) -> None:
    marks = jazz_marks.harmony_marks(of_sheet(chart(TWO_FIVES)))
    assert marks["extended_share"] == 1.0
    assert marks["chords_per_bar"] == pytest.approx(1.0)
    assert marks["two_fives"] == pytest.approx(4 / 16)
    same = jazz_marks.of_versions([of_sheet(chart(TWO_FIVES))])
    other = jazz_marks.of_versions([of_sheet(chart(PLAIN))])
    assert jazz_marks.divergence(same, same) == pytest.approx(0.0)
    assert jazz_marks.divergence(same, other) == pytest.approx(1.0)


def test_triads_of_all_chords() -> None:
    symbols = ("G7(b9,13)", "Bm7b5", "Ebmaj7#5", "F#mmaj7", "Dsus4")
    assert [triad(parse(each)).symbol for each in symbols] == ["G", "Bdim", "Eb", "F#m", "D"]


def test_what_is_made_of_a_song_is_judged_jazz_and_the_same_piece(song: Notes) -> None:
    sheet = lead_sheet(song)
    settings = Settings(melody=0.0, reharm=0.3)
    made = performed(reharmonized(sheet, settings), settings)
    version = of_performance(sheet, made)
    assert version.length == pytest.approx(sheet.length)
    assert pulse(sheet, made.arrangement) == version.pulse
    found = judged(sheet, made)
    assert found["anchor_recall"] > 0.95
    assert found["violations"] == 0
    assert found["jazz_probability"] > jazz_judges.jazz_probability(of_sheet(sheet))[
        "jazz_probability"
    ]  # fmt: skip
    counts = is_music(sheet, made, version)
    assert counts["violations"] == 0
    assert held_avoid_notes(sheet, made) <= 3
    assert quality(found) <= 0
    assert quality({**found, "violations": 2.0}) == pytest.approx(quality(found) - 0.2)
    assert made.arrangement.sheet.bars


def test_a_copied_run_is_found() -> None:
    run = tuple((step, 6) for step in (2, 1, 2, 2, -3, 4, -1, 5, 2, 1))
    solos = index([run])
    pitches = 60 + np.cumsum([0, *(step for step, _ in run)])
    line = tuple(LineNote(0.5 * at, 0.5, int(pitch)) for at, pitch in enumerate(pitches))
    version = of_sheet(replace(chart(PLAIN), melody=line))
    stranger = replace(chart(PLAIN), melody=(LineNote(0.0, 1.0, 60),))
    assert longest_copied_run(stranger, version, solos) == len(run) + 1
    # What the source has itself is not copied from anybody.
    assert longest_copied_run(version.sheet, version, solos) == 0


def test_a_piece_put_in_three_is_compared_in_three(song: Notes) -> None:
    sheet = lead_sheet(song)
    settings = Settings(style="waltz", melody=0.0)
    found = judged(sheet, performed(reharmonized(sheet, settings), settings))
    assert found["anchor_recall"] > 0.95
    assert "jazz_probability" not in found
