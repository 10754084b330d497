import os
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.io.result_names import LEVELS, folded, shortened, stem_at, told_apart

SOURCES = st.lists(
    st.builds("{}/{}".format, st.sampled_from("xyX"), st.sampled_from(("a.wav", "A.wav", "a.mp3"))),
    unique=True,
)


def make(source, level):
    return stem_at(PurePosixPath(source), source, level)


def test_each_level_says_more():
    stems = [make("box/side a.flac", level) for level in range(LEVELS)]
    assert stems[:2] == ["side a", "side a.flac"]
    assert stems[2].startswith("side a.flac~")
    assert len(stems[2]) == len("side a.flac~") + 8


def test_paths_that_read_alike_are_told_apart_by_what_was_given():
    assert make("box//a.wav", 2) != make("box/a.wav", 2)


@pytest.mark.parametrize(("one", "other"), [("caf\u00e9", "cafe\u0301"), ("A", "a"), ("ß", "SS")])
def test_names_that_some_file_system_takes_for_the_same_fold_into_one(one, other):
    assert one != other
    assert folded(one) == folded(other)


@given(SOURCES)
def test_names_are_all_different_and_do_not_depend_on_the_order(sources):
    found = told_apart(sources, make)
    assert len({folded(name) for name in found.values()}) == len(sources)
    assert found == told_apart(sources[::-1], make)


def test_only_those_that_share_a_name_move_on():
    assert told_apart(["x/a.wav", "y/a.mp3", "y/b.wav"], make) == {
        "x/a.wav": "a.wav",
        "y/a.mp3": "a.mp3",
        "y/b.wav": "b",
    }


def test_a_name_that_is_anothers_is_left_to_it():
    def is_taken(source, name):
        return (source, name) == ("x/a.wav", "a")

    assert told_apart(["x/a.wav"], make, is_taken=is_taken) == {"x/a.wav": "a.wav"}


def test_what_is_made_may_be_anything_that_has_a_name():
    found = told_apart(["x/a.wav", "y/A.wav"], lambda *given: [make(*given)], lambda each: each[0])
    assert {name.partition("~")[0] for (name,) in found.values()} == {"a.wav", "A.wav"}


def test_a_stem_is_cut_only_if_it_must_be():
    assert shortened("x" * 251, ".wav") == "x" * 251
    cut = shortened("é" * 200, ".wav")
    assert len(os.fsencode(cut + ".wav")) <= 255
    assert cut.startswith("é" * 100)
    assert cut != shortened("é" * 201, ".wav")
