import numpy as np
import pytest
import torch

from toolkit.models.voice_tagger import Config, Model
from toolkit.style.sheet.note_context import NUM_FEATURES
from toolkit.training import textures, voiced
from toolkit.training.simulation import Dice
from toolkit.training.tagging import Described, Tagging, f1
from toolkit.training.textures import BASS, INNER, MELODY, TEXTURES, accompanied


def tune(rng, bars=16, beats=4.0):
    """A tune of quarter notes and halves in C."""
    rows, at, pitch = [], 0.0, 72
    while at < bars * beats:
        length = float(rng.choice([1.0, 2.0, 0.5]))
        pitch = int(np.clip(pitch + rng.choice([-2, -1, 1, 2]), 64, 84))
        rows.append((at, length, pitch, 0.7, MELODY))
        at += length
    return rows


@pytest.mark.parametrize("beats", [2.0, 3.0, 4.0])
def test_accompaniments_keep_the_tune_and_stay_in_range(beats):
    rng = np.random.default_rng(0)
    for _ in range(20):
        rows = tune(rng, beats=beats)
        made = accompanied(rng, rows, beats)
        assert [row for row in made if row[4] == MELODY] == sorted(rows)
        assert made == sorted(made)
        assert all(24 <= row[2] <= 100 and row[1] > 0 for row in made if row[4] != MELODY)
        struck = {(round(row[0] * 24), row[2]) for row in rows}
        assert not [
            row for row in made if row[4] != MELODY and (round(row[0] * 24), row[2]) in struck
        ]


def test_every_texture_has_a_bass_below_what_else_it_plays():
    rng = np.random.default_rng(1)
    rows = tune(rng, bars=1)
    for texture in TEXTURES:
        scene = textures.Scene(rng, [0, 4, 7], 0.0, 4.0, 40, 74.0, rows)
        made = texture(scene)
        bass = [row[2] for row in made if row[4] == BASS]
        assert bass
        assert min(bass) == min(row[2] for row in made)


def test_chords_hold_what_is_sung():
    rows = [(0.0, 4.0, 65, 0.7, MELODY), (4.0, 4.0, 71, 0.7, MELODY), (8.0, 4.0, 72, 0.7, MELODY)]
    scale = [
        (12.0 + k, 1.0, pitch, 0.7, MELODY) for k, pitch in enumerate((60, 64, 67, 72, 74, 71))
    ]
    made = accompanied(np.random.default_rng(3), [*rows, *scale], 4.0)
    for onset, wanted in ((0.0, 5), (4.0, 11), (8.0, 0)):
        near = {row[2] % 12 for row in made if onset <= row[0] < onset + 2 and row[4] != MELODY}
        assert near & {wanted, (wanted + 4) % 12, (wanted + 8) % 12, (wanted + 5) % 12}


def test_variants_keep_labels_and_order_of_time():
    rng = np.random.default_rng(4)
    piece = voiced.from_rows(accompanied(rng, tune(rng), 4.0))
    for _ in range(10):
        other = voiced.varied(rng, piece)
        np.testing.assert_array_equal(other.label, piece.label)
        assert (other.duration > 0).all()
        assert np.corrcoef(other.onset, piece.onset)[0, 1] > 0.999
        assert ((other.pitch >= 0) & (other.pitch <= 127)).all()


def corpus():
    rng = np.random.default_rng(5)
    kinds = {}
    for kind in voiced.KINDS:
        features, label, weight = voiced.describe(
            voiced.from_rows(accompanied(rng, tune(rng, bars=24), 4.0))
        )
        kinds[kind] = {
            "features": features.astype(np.float16),
            "label": label.astype(np.int8),
            "weight": weight.astype(np.float16),
            "end": np.array([60, len(label)]),
        }
    return Described(kinds)


def test_batches_fit_the_network_and_repeat():
    task, pieces = Tagging(), corpus()
    made = [task.batch(pieces, Dice(torch.Generator().manual_seed(2)), 4, 100) for _ in range(2)]
    features, labels, weights = made[0]
    assert features.shape == (4, NUM_FEATURES, 100)
    assert labels.shape == weights.shape == (4, 100)
    assert all(torch.equal(one, other) for one, other in zip(*made, strict=True))
    # A piece shorter than a stretch is followed by notes that count nothing.
    assert weights.min() == 0
    assert set(labels.unique().tolist()) <= {INNER, MELODY, BASS}


def test_a_few_steps_learn_something():
    torch.manual_seed(0)
    task, pieces = Tagging(), corpus()
    model = Model(Config(channels=16, dilations=(1, 2))).train()
    losses = []
    for step in range(25):
        batch = task.batch(pieces, Dice(torch.Generator().manual_seed(step)), 2, 64)
        loss = task.loss(model, batch)
        slopes = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for weights, slope in zip(model.parameters(), slopes, strict=True):
                weights -= 0.2 * slope
        losses.append(float(loss.detach()))
    assert np.mean(losses[-3:]) < 0.7 * losses[0]


def test_notes_that_count_nothing_change_nothing():
    task = Tagging()
    model = Model(Config(channels=16, dilations=(1,))).eval()
    features, labels = torch.randn(1, NUM_FEATURES, 20), torch.zeros(1, 20, dtype=torch.int64)
    weights = torch.ones(1, 20)
    weights[0, 10:] = 0
    other = labels.clone()
    other[0, 10:] = 2
    assert torch.equal(
        task.loss(model, (features, labels, weights)), task.loss(model, (features, other, weights))
    )


def test_f1_is_the_harmonic_mean():
    truth, found = np.array([1, 1, 1, 0, 0], bool), np.array([1, 0, 0, 1, 0], bool)
    precision, recall = 1 / 2, 1 / 3
    assert f1(truth, found) == pytest.approx(2 * precision * recall / (precision + recall))
    assert f1(np.zeros(3, bool), np.zeros(3, bool)) == 0.0
