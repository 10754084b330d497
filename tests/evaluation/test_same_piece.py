"""Do the measures of likeness say what they should of pieces whose likeness is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.evaluation import same_piece
from toolkit.evaluation.retrieval import library
from toolkit.evaluation.same_piece import FRAMES_PER_BEAT, anchors, chroma, common_beats
from toolkit.evaluation.versions import DURATION, ONSET, PITCH, Version, of_sheet
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.sheet.phrases import phrases

PROGRESSION = ("C", "Am", "Dm", "G7", "C", "F", "G7", "C")


def piece(rng: np.random.Generator, bars: int = 16, beats: int = 4) -> LeadSheet:
    melody, at = [], 0.0
    while at < bars * beats - 1:
        length = float(rng.choice([0.5, 1.0, 2.0]))
        melody.append(LineNote(at, length, int(rng.choice([60, 62, 64, 65, 67, 69, 71, 72]))))
        at += length
    order = rng.permutation(len(PROGRESSION))
    chords = tuple(
        ChordSpan(float(bar * beats), float(beats), parse(PROGRESSION[order[bar % 8]]))
        for bar in range(bars)
    )
    bass = tuple(LineNote(span.onset, span.duration, 36 + span.chord.root) for span in chords)
    form = tuple(Phrase(float(at * 4 * beats), 4.0 * beats) for at in range(bars // 4))
    return LeadSheet(
        tuple(Bar(float(bar * beats), beats) for bar in range(bars)),
        tuple(melody),
        chords,
        bass,
        phrases=form,
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([3, 4, 5]))
def test_a_piece_is_itself(seed: int, beats: int) -> None:
    bare = replace(piece(np.random.default_rng(seed), beats=beats), phrases=())
    version = of_sheet(replace(bare, phrases=phrases(bare)))
    found = same_piece.same_piece(version, version)
    assert min(found.values()) == pytest.approx(1.0)
    assert max(found.values()) == pytest.approx(1.0)


def test_another_piece_is_not_found_in_it() -> None:
    rng = np.random.default_rng(1)
    one, two = (of_sheet(piece(rng)) for _ in range(2))
    found = same_piece.same_piece(one, two)
    assert found["anchor_recall"] < 0.45
    assert abs(found["self_similarity"]) < 0.4
    assert found["root_retention"] < 0.6


def test_anchors_move_by_half_a_beat_and_by_octaves() -> None:
    sheet = piece(np.random.default_rng(2))
    source = of_sheet(sheet)

    def moved(beats: float, semitones: int) -> float:
        table = source.parts["melody"] + [beats, 0.0, semitones]
        return anchors(source, replace(source, parts={**source.parts, "melody": table}))[0]

    assert moved(0.5, 0) == 1.0
    assert moved(-0.5, 12) == 1.0
    assert moved(0.0, 1) < 0.5
    assert moved(8.0, 0) < 0.6


def test_lost_notes_cost_their_length() -> None:
    sheet = replace(
        piece(np.random.default_rng(3)),
        melody=(LineNote(0.0, 1.0, 60), LineNote(2.0, 3.0, 62), LineNote(5.5, 0.5, 64)),
    )
    source = of_sheet(sheet)
    kept = replace(source, parts={**source.parts, "melody": source.parts["melody"][1:]})
    # The last note is neither on a beat nor long: no anchor.
    assert anchors(source, kept)[0] == pytest.approx(0.75)


def test_chroma_counts_frames_as_a_loop_does() -> None:
    rng = np.random.default_rng(4)
    notes = np.column_stack(
        [np.sort(rng.uniform(0, 14, 30)), rng.uniform(0.1, 2, 30), rng.integers(40, 80, 30)]
    )
    expected = np.zeros((15, 12))
    for window in range(15):
        for frame in range(window * FRAMES_PER_BEAT, (window + 2) * FRAMES_PER_BEAT):
            for onset, length, pitch in notes:
                first = round(onset * FRAMES_PER_BEAT)
                last = max(round((onset + length) * FRAMES_PER_BEAT), first + 1)
                expected[window, int(pitch) % 12] += first <= frame < min(last, 16 * 12)
    np.testing.assert_array_equal(chroma(notes, 16), expected)


def test_functions_align_as_the_full_table_says() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        first, second = (list(rng.choice(["T", "S", "D", ""], 30)) for _ in range(2))
        table = np.zeros((31, 31), int)
        for row in range(30):
            for column in range(30):
                match = first[row] and first[row] == second[column] and abs(row - column) <= 2
                table[row + 1, column + 1] = max(
                    table[row, column + 1], table[row + 1, column], table[row, column] + bool(match)
                )
        assert common_beats(first, second, 2) == table[-1, -1]


def test_related_chords_keep_the_function_but_not_the_root() -> None:
    sheet = piece(np.random.default_rng(6))
    swapped = {"C": "Am7", "F": "Dm7", "G7": "Bdim", "Dm": "F", "Am": "C", "G": "Bdim"}
    other = replace(
        sheet,
        chords=tuple(
            replace(span, chord=parse(swapped[span.chord.symbol])) for span in sheet.chords
        ),
    )
    assert same_piece.root_retention(sheet, other) == 0.0
    assert same_piece.function_agreement(sheet, other) == 1.0


def test_a_version_is_found_among_many_in_any_key() -> None:
    rng = np.random.default_rng(7)
    sheets = {f"piece {number}": piece(rng) for number in range(30)}
    pieces = library({name: of_sheet(sheet) for name, sheet in sheets.items()})
    for name in ("piece 3", "piece 11"):
        assert pieces.rank(of_sheet(sheets[name].transposed(5)), name) == 1
    noisy = of_sheet(sheets["piece 20"])
    table = noisy.parts["melody"].copy()
    wrong = rng.random(len(table)) < 0.2
    table[wrong, PITCH] += 1
    assert pieces.rank(replace(noisy, parts={**noisy.parts, "melody": table}), "piece 20") == 1
    stranger = of_sheet(piece(rng))
    assert pieces.scores(stranger).max() < 0.9


def test_empty_melodies_and_missing_chords_are_unknown_not_errors() -> None:
    sheet = LeadSheet((Bar(0.0, 4),))
    version = of_sheet(sheet)
    found = same_piece.same_piece(version, version)
    assert np.isnan(found["anchor_recall"])
    assert np.isnan(found["root_retention"])
    assert isinstance(version, Version)
    assert version.pitched.shape == (0, 3)
    assert (ONSET, DURATION, PITCH) == (0, 1, 2)
