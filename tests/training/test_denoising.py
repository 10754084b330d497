import pytest
import torch

from toolkit.models.tfc_tdf import Config, Model
from toolkit.training.corpus import open_corpus
from toolkit.training.denoising import Denoising
from toolkit.training.simulation import Dice

TINY = Config(n_fft=512, hop_length=256, stack=8, growth=4, levels=2)


def batch(ledger, task, count=4, seed=0):
    dice = Dice(torch.Generator().manual_seed(seed))
    return task.batch(open_corpus(ledger), dice, count, 22050)


def snr(clean, noisy):
    return 10 * torch.log10(clean.square().sum(1) / (noisy - clean).square().sum(1))


def test_loss_of_one_batch_falls(ledger):
    torch.manual_seed(0)
    task, model = Denoising(), Model(TINY)
    pairs = batch(ledger, task)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(30):
        loss = task.loss(model, pairs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_ratios_are_as_drawn(ledger):
    noisy, clean = batch(ledger, Denoising(clean_share=0.0), count=24)
    ratios = snr(clean, noisy)
    assert (ratios > -5.1).all()
    assert (ratios < 30.1).all()
    assert 4 < ratios.mean() < 12


def test_clean_items_are_all_but_untouched(ledger):
    noisy, clean = batch(ledger, Denoising(clean_share=1.0))
    assert (snr(clean, noisy) > 34.9).all()


def test_letting_all_pass_is_right_for_clean_items_and_wrong_for_noisy_ones(ledger):
    class Open(Model):
        def forward(self, features):
            return torch.ones_like(features[:, 0])

    model = Open(TINY)
    task = Denoising()
    clean = task.loss(model, batch(ledger, Denoising(clean_share=1.0)))
    noisy = task.loss(model, batch(ledger, Denoising(clean_share=0.0)))
    assert clean < noisy - 0.3


@pytest.mark.parametrize("seed", [1, 2])
def test_batches_are_finite_and_repeatable(ledger, seed):
    first, again = (batch(ledger, Denoising(), seed=seed) for _ in range(2))
    assert all(torch.isfinite(each).all() for each in first)
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))


def test_cut_batches_end_at_one_frequency(ledger):
    noisy, clean = batch(ledger, Denoising(cut_share=1.0))
    for signal in (noisy, clean):
        power = torch.fft.rfft(signal).abs().square().sum(0)
        total = power.cumsum(0) / power.sum()
        edge = int((total < 1 - 1e-6).sum())
        assert edge < 18100 * 22050 / 44100
        assert power[edge + 10 :].max() < 1e-6 * power.max()
