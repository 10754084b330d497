from dataclasses import replace

import numpy as np
import pytest

from toolkit.evaluation import works
from toolkit.shipped import folder
from toolkit.training import beat_material, score_books
from toolkit.training.beat_material import Piece, banded, excerpt, is_regular, material, thinned

PIECE = Piece("bach/bwv66.6", "works", "steady")
TUNE = "ryansMammoth/MountainReel.abc"
RECIPE = """
[material]
takes = {works = 1, chorales = 1, tunes = 2, bands = 1, songs = 1}
excerpts = 1
chorales = []
tunes = ["oneills1850/0721-0730.abc", "oneills1850/0626-0635.abc"]
folk = []
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "material.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


def test_two_sides_share_no_work(recipe):
    heard, kept_back = (material(recipe, development=side) for side in (False, True))
    assert {piece.group for piece in heard} == {"works", "tunes", "bands", "songs"}
    assert not {piece.work for piece in heard} & {piece.work for piece in kept_back}
    assert not {piece.author for piece in heard} & {piece.author for piece in kept_back}
    assert {piece.take for piece in kept_back} == {0}
    tunes = [piece for piece in heard if piece.group == "tunes"]
    assert {piece.take for piece in tunes} == {1, 2}


@pytest.mark.slow
def test_the_shipped_material_holds_nothing_that_is_measured():
    path = folder("checkpoints") / "track-beats-notes" / "material.toml"
    heard, kept_back = (material(path, development=side) for side in (False, True))
    for side in (heard, kept_back):
        assert {piece.group for piece in side} == set(beat_material.GROUPS)
        assert not {piece.work for piece in side} & set(works.HELD_OUT_BEATS)
    tunes = sorted({each.work for each in heard if each.group == "tunes"})
    reserved = [*works.HELD_OUT_BEATS, *{each.work for each in kept_back if each.group == "tunes"}]
    assert score_books.strangers(tunes, reserved) == tunes


def test_a_piece_is_played_the_same_each_time():
    free = replace(PIECE, manner="rubato", take=1)
    one, two = free.play(), free.play()
    assert one.notes == two.notes
    assert not np.array_equal(one.beats, PIECE.play().beats)
    assert not np.array_equal(one.beats, replace(free, take=2).play().beats)


def test_an_excerpt_begins_at_its_bar():
    score = works.score("bach/bwv66.6")
    part = excerpt(score, 3)
    assert part.bars[0].start == 0
    assert min(note[0] for note in part.notes) < 1
    assert len(part.bars) == len(score.bars) - 3


def test_thinning_leaves_whole_parts():
    score = works.score("bach/bwv66.6")
    rng = np.random.default_rng(0)
    for _ in range(5):
        few = thinned(score, rng)
        parts = {note[3] for note in few.notes}
        assert parts
        assert few.notes == tuple(note for note in score.notes if note[3] in parts)


def test_a_band_plays_around_a_tune():
    score = works.score(TUNE)
    assert is_regular(score)
    found = banded(score, np.random.default_rng(3))
    sung = {(round(note[0], 6), note[2]) for note in score.notes}
    played = {(round(note[0], 6), note[2]) for note in found.notes}
    assert sung < played
    assert found.bars == score.bars
    assert min(note[0] for note in found.notes) >= 0


def test_four_voices_are_no_tune():
    assert not is_regular(works.score("bach/bwv66.6"))


def test_many_bands_can_be_performed():
    pieces = [Piece(TUNE, "bands", "rubato", take=take) for take in range(1, 9)]
    for played in (piece.play() for piece in pieces):
        assert len(played.notes) > 40
        assert (np.diff(played.beats) > 0.1).all()
