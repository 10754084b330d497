import itertools

import numpy as np
import pytest

from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote
from toolkit.style.sheet.phrases import phrases


def song(form, beats=4, bars=4, tempo=110.0, seed=0):
    """A song whose phrases end with a long note, and are drawn anew for each letter."""
    music = {}
    melody, chords, start = [], [], 0.0
    rng = np.random.default_rng(seed)
    for letter in form:
        if letter not in music:
            steps = rng.integers(-3, 4, bars * beats)
            music[letter] = (
                60 + int(rng.integers(0, 12)) + np.cumsum(steps),
                rng.integers(0, 12, bars),
            )
        pitches, roots = music[letter]
        last = beats * (bars - 1)
        melody += [LineNote(start + k, 1.0, int(pitches[k])) for k in range(last)]
        melody.append(LineNote(start + last, beats - 0.5, int(pitches[last])))
        chords += [
            ChordSpan(start + beats * k, float(beats), parse("C").transposed(int(root)), "T")
            for k, root in enumerate(roots)
        ]
        start += beats * bars
    count = len(form) * bars
    return LeadSheet(
        tuple(Bar(float(beats * index), beats) for index in range(count)),
        tuple(melody),
        tuple(chords),
        tempo=tempo,
    )


@pytest.mark.parametrize("form", ["AABA", "ABAB", "AABBA", "ABAC", "ABCD"])
@pytest.mark.parametrize(("beats", "bars"), [(4, 4), (3, 4), (3, 8)])
def test_songs_are_divided_and_labelled_as_they_were_made(form, beats, bars):
    found = phrases(song(form, beats, bars, tempo=110.0 if bars == 4 else 160.0))
    assert "".join(each.label for each in found) == form
    assert [each.duration for each in found] == [beats * bars] * len(form)


def test_odd_lengths_are_found_where_the_music_says_so():
    found = phrases(song("AAA", bars=5))
    assert [each.duration for each in found] == [20.0] * 3
    assert {each.label for each in found} == {"A"}


@pytest.mark.parametrize("count", [1, 2, 3, 17])
def test_phrases_cover_all_bars_without_any_tune(count):
    rng = np.random.default_rng(count)
    beats = rng.choice([2, 3, 4, 5, 7], count)
    starts = np.concatenate([[0], np.cumsum(beats)])
    sheet = LeadSheet(tuple(Bar(float(at), int(n)) for at, n in zip(starts, beats, strict=False)))
    found = phrases(sheet)
    assert found[0].onset == 0
    assert found[-1].offset == sheet.length
    lines = {bar.onset for bar in sheet.bars}
    for one, other in itertools.pairwise(found):
        assert one.offset == other.onset
        assert other.onset in lines


def test_labels_go_on_after_z():
    found = phrases(
        song([chr(97 + index) for index in range(20)] + ["A" + str(k) for k in range(12)])
    )
    assert found[0].label == "A"
    assert len({each.label for each in found}) > 26
    assert "AA" in {each.label for each in found}
