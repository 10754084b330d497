import torch

from toolkit.dsp import band_levels
from toolkit.models.band_envelope import Config, Model
from toolkit.training import extending
from toolkit.training.corpus import open_corpus
from toolkit.training.extending import Extending
from toolkit.training.simulation import Dice

TINY = Config(channels=16, blocks=2)


def batch(ledger, task, seed=0):
    dice = Dice(torch.Generator().manual_seed(seed))
    return task.batch(open_corpus(ledger), dice, 6, 44100)


def test_a_batch_is_drawn_by_its_dice_alone(ledger):
    one, same, other = (batch(ledger, Extending(), seed) for seed in (1, 1, 2))
    assert all(torch.equal(x, y) for x, y in zip(one, same, strict=True))
    assert not torch.equal(one[2], other[2])


def test_nothing_above_the_cutoff_is_heard(ledger):
    heard, known, wanted, flatness = batch(ledger, Extending())
    assert heard.shape == wanted.shape == flatness.shape
    assert heard.shape[2] == known.shape[1] == band_levels.num_bands()
    assert (heard * (1 - known)[:, None] == 0).all()
    assert ((known.sum(dim=1) > 20) & (known.sum(dim=1) < band_levels.num_bands())).all()
    assert (known.diff(dim=1) <= 0).all()
    assert (flatness < 1e-3).all()


def test_without_noise_and_slope_what_is_heard_is_what_was_there():
    music = 0.1 * torch.randn(1, 44100, generator=torch.Generator().manual_seed(0))
    hertz = torch.tensor([5000.0])
    nothing = torch.zeros(1, band_levels.num_bands())
    heard, known, wanted, flatness = extending._pairs(
        music, hertz, torch.tensor([200.0]), hertz, nothing, torch.zeros(1)
    )
    below = known[0] == 1
    assert torch.allclose(heard[..., below], wanted[..., below], atol=1e-4)
    # The logarithm of an exponentially distributed power is 2.5 dB below that of its mean.
    assert abs(float(flatness[..., 30:40].mean()) + 0.25) < 0.03


def test_offsets_move_levels_alone(ledger):
    music = 0.1 * torch.randn(1, 44100, generator=torch.Generator().manual_seed(0))
    hertz, slope = torch.tensor([5000.0]), torch.tensor([24.0])
    nothing = torch.zeros(1, band_levels.num_bands())
    plain, moved = (
        extending._pairs(music, hertz, slope, hertz, nothing, torch.tensor([offset]))[2]
        for offset in (0.0, -10.0)
    )
    assert torch.allclose(plain - moved, torch.full_like(plain, 0.5), atol=1e-4)


def test_loss_is_least_for_the_truth_and_what_is_known_does_not_count(ledger):
    task = Extending()
    heard, known, wanted, flatness = batch(ledger, task)

    class Answer(torch.nn.Module):
        def __init__(self, off):
            super().__init__()
            self.off = off

        def forward(self, heard, known):
            return wanted + self.off, flatness

    given = (heard, known, wanted, flatness)
    unknown = (1 - known)[:, None]
    assert task.loss(Answer(0), given) == 0
    assert task.loss(Answer(5 * (1 - unknown)), given) == 0
    assert task.loss(Answer(0.2 * unknown), given) < task.loss(Answer(0.5 * unknown), given)


def test_a_small_network_learns(ledger):
    torch.manual_seed(0)
    model, task = Model(TINY), Extending()
    given = batch(ledger, task)
    optimizer = torch.optim.AdamW(model.parameters(), 5e-3)
    losses = []
    for _ in range(30):
        loss = task.loss(model, given)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
