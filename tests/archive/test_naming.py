import os
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.archive.naming import Naming, assign, shard_of
from toolkit.errors import UsageError
from toolkit.io.result_names import folded

# Text, and bytes that are no text, as file systems give them.
NAMES = (
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=80)
    | st.binary(max_size=80).map(os.fsdecode)
).filter(lambda name: name and not name.startswith(".") and not set(name) & {"/", "\0"})
SOURCES = st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: "/".join(parts) + ".wav")
COLLECTIONS = st.lists(SOURCES, unique=True, min_size=1, max_size=12)


def no_one(source, target):
    return False


def test_mirrors_the_tree_and_keeps_lossless_formats():
    naming = Naming()
    assert naming.target("box/side a.flac") == "box/side a.restored.flac"
    assert naming.target("old.mp3") == "old.restored.wav"
    assert naming.target("old.mp3", revision=3) == "old.restored.3.wav"


def test_recordings_that_would_share_a_name_get_their_own():
    found = assign(["a.mp3", "a.wav", "A.WAV", "b.wav"], Naming(), no_one)
    assert found["b.wav"] == "b.restored.wav"
    assert found["a.mp3"] == "a.mp3.restored.wav"
    assert len({folded(each) for each in found.values()}) == 4


def test_composed_and_decomposed_letters_do_not_collide():
    found = assign(["caf\u00e9.wav", "cafe\u0301.wav"], Naming(), no_one)
    assert len({folded(each) for each in found.values()}) == 2


@given(COLLECTIONS)
def test_names_are_different_inside_the_root_and_can_be_stored(sources):
    found = assign(sources, Naming(), no_one)
    assert set(found) == set(sources)
    assert len({folded(each) for each in found.values()}) == len(sources)
    for target in found.values():
        path = PurePosixPath(target)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert len(os.fsencode(path.name)) <= 255 - len(".json")


@given(COLLECTIONS)
def test_names_do_not_depend_on_the_order(sources):
    assert assign(sources, Naming(), no_one) == assign(sources[::-1], Naming(), no_one)


def test_a_target_that_is_another_recordings_is_left_to_it():
    found = assign(["a.wav"], Naming(), lambda source, target: target == "a.restored.wav")
    assert found == {"a.wav": "a.wav.restored.wav"}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{stem}{suffix}", "lacks {revision}"),
        ("{role}{revision}{suffix}", "lacks {stem}"),
        ("{stem}{revision}{suffix}{owner}", "{owner} is not known"),
        ("{stem.__class__}{stem}{revision}{suffix}", "not known"),
        ("{stem!r}{revision}{suffix}", "only plain"),
        ("../{stem}{revision}{suffix}", "leads out"),
        ("/tmp/{stem}{revision}{suffix}", "leads out"),
        (".tonearm/{stem}{revision}{suffix}", "leads out"),
        ("{stem", "expected '}'"),
    ],
)
def test_a_template_that_loses_results_or_leads_out_is_refused(template, said):
    with pytest.raises(UsageError) as caught:
        Naming(template=template)
    assert said in caught.value.message
    assert caught.value.hint


def test_a_template_may_flatten_the_tree():
    naming = Naming("clean", "tape", "{pipeline}/{stem}-{role}{revision}{suffix}")
    found = assign(["x/a.wav", "y/a.wav"], naming, no_one)
    assert found["x/a.wav"].startswith("tape/a.wav~")
    assert len(set(found.values())) == 2


@given(st.lists(NAMES, unique=True, max_size=50), st.sampled_from((1, 4, 16)))
def test_shards_cover_everything_once(sources, count):
    parts = [{each for each in sources if shard_of(each, count) == i + 1} for i in range(count)]
    assert set().union(*parts) == set(sources)
    assert sum(map(len, parts)) == len(sources)
