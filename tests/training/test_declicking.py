import numpy as np
import torch

from toolkit.models.click_detector import Config, Model
from toolkit.training.corpus import Corpus
from toolkit.training.declicking import Declicking, closed
from toolkit.training.simulation import Dice


def corpus(folder):
    rng = np.random.default_rng(0)
    path = folder / "noise.npy"
    np.save(path, (3000 * rng.standard_normal(60000)).astype(np.int16))
    return Corpus(((1.0, (path,)),))


def dice(seed=0):
    return Dice(torch.Generator().manual_seed(seed))


def test_small_gaps_are_closed_and_large_ones_are_not():
    mask = torch.zeros(1, 100, dtype=torch.bool)
    mask[0, [20, 30, 60]] = True
    wide = closed(mask)[0]
    assert wide.nonzero()[:, 0].tolist() == [*range(20, 31), 60]


def test_batches_have_the_truth_where_the_errors_are_loud(tmp_path):
    given, truth, weight = Declicking().batch(corpus(tmp_path), dice(), 4, 16000)
    assert given.shape == (4, 4, 16000)
    assert truth.shape == weight.shape == (4, 16000)
    bad = truth > 0
    assert 0 < bad.float().mean() < 0.3
    assert given[:, 3].abs()[bad].mean() > 1.1 * given[:, 3].abs()[~bad].mean()
    assert (weight[~bad] == 1).all()
    assert (weight[bad] >= 1).all()


def test_the_same_dice_give_the_same_batch(tmp_path):
    first, second = (Declicking().batch(corpus(tmp_path), dice(3), 2, 8000) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def test_some_steps_lower_the_loss(tmp_path):
    torch.manual_seed(0)
    task, music = Declicking(), corpus(tmp_path)
    model = Model(Config(width=8, middle=8, dilations=(1, 2)))
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    batch = task.batch(music, dice(), 1, 2000)
    losses = []
    for _ in range(10):
        loss = task.loss(model, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]
