from time import process_time

import numpy as np
import pytest

from toolkit.checkpoints import read_arrays, shipped
from toolkit.evaluation.accompaniment import accompany
from toolkit.style.key import KEYS
from toolkit.style.listening import chord_features, chord_network, chords
from toolkit.style.listening.chord_symbols import SYMBOLS
from toolkit.values import Note, Notes


def described(seed=5):
    made = accompany(np.random.default_rng([seed, 2]))
    return chord_features.describe(made.notes, chords.beat_edges(made.beats, made.notes.duration))


def test_what_is_said_are_log_probabilities():
    said = chord_network.said(described())
    for each in (said.chords, said.bass, said.keys, said.functions):
        np.testing.assert_allclose(np.exp(each).sum(axis=1), 1.0)
    assert said.chords.shape[1] == len(SYMBOLS)
    assert said.keys.shape[1] == len(KEYS)


@pytest.mark.parametrize("higher", [1, 5, 11])
def test_music_in_another_key_has_the_same_chords_there(higher):
    features = described()
    one = chord_network.said(features)
    other = chord_network.said(np.roll(features, higher, axis=1))
    moved = np.roll(one.chords[:, :-1].reshape(len(features), -1, 12), higher, axis=2)
    np.testing.assert_allclose(
        other.chords[:, :-1].reshape(len(features), -1, 12), moved, atol=1e-3
    )
    np.testing.assert_allclose(other.functions, one.functions, atol=1e-3)
    np.testing.assert_allclose(other.change, one.change, atol=1e-3)


def test_it_says_what_the_trained_model_says():
    import torch

    model = shipped().load(chord_network.CHECKPOINT, "cpu")
    features = described(6)
    with torch.no_grad():
        outputs = model(torch.from_numpy(features)[None], torch.ones(1, len(features)))
    manifest = shipped().manifest(chord_network.CHECKPOINT)
    mine = chord_network.outputs(
        dict(read_arrays(manifest)), manifest.config["dilations"], features
    )
    assert set(mine) == set(outputs)
    for name, value in outputs.items():
        np.testing.assert_allclose(mine[name], value[0].numpy(), atol=2e-3)


def test_ten_minutes_take_no_time():
    notes = Notes(tuple(Note(0.1 * at, 0.1 * at + 0.4, 40 + at * 7 % 40) for at in range(6000)))
    chords.chords(notes, np.arange(0, 10.0, 0.5))
    began = process_time()
    chords.chords(notes, np.arange(0, 600, 0.5))
    assert process_time() - began < 2


def test_chords_have_basses_and_functions():
    bars = [(48, 0, 4, 7), (53, 5, 9, 0), (55, 7, 11, 2), (48, 0, 4, 7)] * 4
    notes = [
        Note(2.0 * bar + beat / 2, 2.0 * bar + beat / 2 + 0.5, pitch)
        for bar, (low, *tones) in enumerate(bars)
        for beat in range(4)
        for pitch in (low - 12, *(60 + each for each in tones))
    ]
    places = np.tile(np.arange(4), 16)
    found = chords.heard(Notes(tuple(notes)), np.arange(64) / 2, places)
    named = [(each.symbol, each.function, each.bass) for each in found[:3]]
    assert named == [("C:maj", "T", 0), ("F:maj", "S", 5), ("G:maj", "D", 7)]
