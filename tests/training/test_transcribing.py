import numpy as np
import pytest
import torch

from toolkit.models.note_finder import Config, Model
from toolkit.training import performances, transcribing
from toolkit.training.performances import Performances
from toolkit.training.simulation import Dice
from toolkit.training.transcribing import Transcribing, targets

RATE = 22050
FRAME = 512 / RATE


@pytest.fixture
def corpus(tmp_path):
    """Ten seconds of a melody of sines whose notes are known."""
    rng = np.random.default_rng(0)
    samples, rows = np.zeros(10 * RATE), []
    for onset in np.arange(0.1, 9.4, 0.3):
        pitch = int(rng.integers(48, 84))
        time = np.arange(int(0.25 * RATE)) / RATE
        first = int(onset * RATE)
        tone = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time)
        samples[first : first + len(time)] += 8000 * tone
        rows.append((onset, onset + 0.25, pitch, 0.6))
    np.save(tmp_path / "0.samples.npy", samples.astype(np.int16))
    np.save(tmp_path / "0.notes.npy", np.array(rows, np.float32))
    return Performances(((tmp_path / "0.samples.npy", tmp_path / "0.notes.npy"),))


def dice(seed=0):
    return Dice(torch.Generator().manual_seed(seed))


def test_targets_agree_with_their_definition():
    rng = np.random.default_rng(1)
    onsets = rng.uniform(-0.5, 2, 25)
    rows = np.stack(
        (onsets, onsets + rng.uniform(0.1, 1, 25), rng.integers(15, 115, 25), rng.random(25)), 1
    ).astype(np.float32)
    found = targets(rows, 80)
    wanted = np.zeros((2, 80, 88))
    for onset, offset, pitch, _ in rows.astype(np.float64):
        if not 21 <= pitch <= 108:
            continue
        for frame in range(80):
            near = max(0, 1 - abs(frame - onset / FRAME) / 2)
            share = min(offset / FRAME, frame + 0.5) - max(onset / FRAME, frame - 0.5)
            index = int(pitch) - 21
            wanted[0, frame, index] = max(wanted[0, frame, index], near)
            wanted[1, frame, index] = max(wanted[1, frame, index], min(max(share, 0), 1))
    np.testing.assert_allclose(found[:2], wanted, atol=1e-4)


def test_velocities_stand_where_onsets_do():
    rows = np.array([[0.5, 1.0, 60, 0.3], [0.52, 1.0, 72, 0.9]], np.float32)
    onset, _, velocity = targets(rows, 60)
    assert set(np.unique(velocity[:, 39][onset[:, 39] > 0])) == {np.float32(0.3)}
    assert set(np.unique(velocity[:, 51][onset[:, 51] > 0])) == {np.float32(0.9)}


def test_batches_fit_the_network_and_repeat(corpus):
    task = Transcribing()
    levels, target = task.batch(corpus, dice(3), 4, 2 * RATE)
    again = task.batch(corpus, dice(3), 4, 2 * RATE)
    assert levels.shape == (4, 2, 87, 288)
    assert target.shape == (4, 3, 87, 88)
    assert torch.equal(levels, again[0])
    assert torch.equal(target, again[1])
    assert torch.isfinite(levels).all()


def test_the_truth_is_where_the_sound_is(corpus):
    task = Transcribing(worn_share=0.0)
    levels, target = task.batch(corpus, dice(1), 6, 3 * RATE)
    sounding = target[:, 1] > 0.9
    middle = levels[:, 0, :, 1:265:3]
    assert middle[sounding].mean() > middle[~sounding].mean() + 0.5
    loudest = middle.argmax(dim=2)
    right = sounding.gather(2, loudest[..., None])[..., 0]
    alone = sounding.sum(dim=2) == 1
    assert right[alone].float().mean() > 0.9


def test_the_network_learns(corpus):
    torch.manual_seed(0)
    task = Transcribing(worn_share=0.0, moved_share=0.0)
    model = Model(Config(channels=16, dilations=(1,)))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for step in range(8):
        loss = task.loss(model, task.batch(corpus, dice(step), 1, RATE))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-3:]) < 0.8 * losses[0]


def test_validation_is_of_performances_apart(corpus, monkeypatch):
    heard = []

    def open_performances(split="train"):
        heard.append(split)
        return corpus

    monkeypatch.setattr(performances, "open_performances", open_performances)
    monkeypatch.setattr(transcribing, "_VALIDATION_SECONDS", 3.0)
    model = Model(Config(channels=16, dilations=(1,))).eval()
    with torch.no_grad():
        figures = Transcribing().validate(model, torch.device("cpu"))
    assert heard == ["validation"]
    assert set(figures) == {"onset_f1", "offset_f1", "velocity_f1", "onset_f1_worn"}
    assert all(0 <= value <= 1 for value in figures.values())
