"""Beats are described by what happens on them, whatever the tempo and the key."""

import numpy as np
import pytest

from toolkit.style.listening import bar_features
from toolkit.values import Note, Notes

BEAT = 0.5


def waltz(count, *, beat=BEAT, up=0):
    """Return bars of a bass tone and two chords, the harmony drawn anew for each bar."""
    rng = np.random.default_rng(0)
    notes = []
    for bar in range(count):
        root = int(rng.choice([36, 41, 43, 45])) + up
        for place in range(3):
            at = (3 * bar + place) * beat
            pitches = (root,) if place == 0 else (root + 16, root + 19, root + 24)
            notes += [Note(at, at + 0.8 * beat, pitch) for pitch in pitches]
    return Notes(tuple(notes))


def test_bars_show_in_what_is_struck_and_in_what_it_is_like():
    found = bar_features.describe(waltz(20), BEAT * np.arange(60))
    assert found.shape == (60, bar_features.NUM_FEATURES)
    inside = found[15:45]
    number_struck = inside[:, 1]
    assert (
        number_struck.reshape(-1, 3)[:, 0] < number_struck.reshape(-1, 3)[:, 1:].min(axis=1)
    ).all()
    novelty = inside[:, -3].reshape(-1, 3)
    assert novelty[:, 0].mean() > novelty[:, 2].mean() + 0.1
    first = 1 + 7 + bar_features.PARTS + 3
    rhythm = first + 4 * (len(bar_features.BEFORE) + len(bar_features.AFTER))
    weights = inside[:, rhythm : rhythm + len(bar_features.BEFORE)].mean(axis=0)
    at = dict(zip(bar_features.BEFORE, weights, strict=True))
    assert min(at[3], at[6], at[9], at[12]) > max(at[1], at[2], at[4], at[5], at[8]) + 0.3


def test_another_tempo_and_key_change_hardly_anything():
    slow = bar_features.describe(waltz(12), BEAT * np.arange(36))
    fast = bar_features.describe(waltz(12, beat=0.3, up=5), 0.3 * np.arange(36))
    away = np.abs(slow - fast).max(axis=0)
    tempo = 1 + 7 + bar_features.PARTS + 2
    assert away[tempo] == pytest.approx(np.log(0.5 / 0.3), abs=1e-5)
    assert np.delete(away, tempo).max() < 1e-4


@pytest.mark.parametrize("count", [3, 5, 17])
def test_few_beats_and_beats_without_notes_are_described(count):
    beats = BEAT * np.arange(count)
    for notes in (waltz(1), Notes((Note(30.0, 31.0, 60),))):
        found = bar_features.describe(notes, beats)
        assert found.shape == (count, bar_features.NUM_FEATURES)
        assert np.isfinite(found).all()
