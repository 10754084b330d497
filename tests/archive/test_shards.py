import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.archive.naming import Naming, assign, shard_of

NAMES = [f"box {number % 7}/side {number:04}.wav" for number in range(2000)]


@pytest.mark.parametrize("count", [1, 4, 16])
def test_the_shards_are_the_whole_and_share_nothing(count):
    shards = [
        {name for name in NAMES if shard_of(name, count) == number}
        for number in range(1, count + 1)
    ]
    assert set().union(*shards) == set(NAMES)
    assert sum(map(len, shards)) == len(NAMES)
    # A share is that of fair dice: five standard deviations are room enough.
    expected = len(NAMES) / count
    room = 5 * (expected * (1 - 1 / count)) ** 0.5
    assert all(abs(len(shard) - expected) <= room for shard in shards)


def test_a_recording_belongs_to_the_same_shard_on_every_machine():
    # Written down once: with another answer, a second run would begin all anew.
    assert shard_of("a.wav", 16) == 5
    assert shard_of("b/é.flac", 1000) == 839


@given(
    st.sets(st.binary(min_size=1, max_size=40).map(os.fsdecode), max_size=50),
    st.integers(1, 64),
)
def test_whatever_the_names_each_has_one_shard(names, count):
    assert all(1 <= shard_of(name, count) <= count for name in names)


@given(st.sets(st.sampled_from(["a.wav", "A.WAV", "a.flac", "b/a.wav", "a.mp3", "b/a.aif"])))
def test_every_shard_that_sees_the_collection_names_alike(names):
    naming = Naming()
    whole = assign(sorted(names), naming, lambda source, target: False)
    turned = assign(sorted(names, reverse=True), naming, lambda source, target: False)
    assert whole == turned
    assert len({target.casefold() for target in whole.values()}) == len(names)
