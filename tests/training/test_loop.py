from dataclasses import dataclass, replace

import pytest
import torch

from toolkit.training import loop
from toolkit.training.corpus import open_corpus
from toolkit.training.denoising import Denoising
from toolkit.training.loop import schedule, train


@dataclass(frozen=True)
class QuickDenoising(Denoising):
    """The real task; validation on the evaluation's ten pieces would take a minute."""

    def validate(self, model, device):
        return {"gain": float(sum(weight.abs().sum() for weight in model.parameters()))}


def weights(model):
    return torch.cat([each.flatten() for each in model.state_dict().values()])


def test_a_run_in_two_slices_ends_where_an_unbroken_one_does(ledger, recipe, tmp_path):
    corpus = open_corpus(ledger)
    whole = train(recipe, QuickDenoising(), corpus)
    halves = replace(recipe, folder=tmp_path / "halves")
    # No time at all is enough for one step: each call takes one and keeps its state.
    for _ in range(3):
        train(halves, QuickDenoising(), corpus, minutes=0)
    state = torch.load(halves.folder / "training" / loop.STATE, weights_only=True)
    assert state["step"] == 3
    resumed = train(halves, QuickDenoising(), corpus)
    assert torch.equal(weights(whole), weights(resumed))


def test_log_has_a_row_for_each_validation(ledger, recipe):
    train(recipe, QuickDenoising(), open_corpus(ledger))
    lines = (recipe.folder / "training" / loop.LOG).read_text().splitlines()
    assert lines[0] == "step,minutes,hours,loss,gain"
    assert [line.split(",")[0] for line in lines[1:]] == ["3", "6"]


def test_a_finished_run_is_not_trained_further(ledger, recipe):
    corpus = open_corpus(ledger)
    first = train(recipe, QuickDenoising(), corpus)
    assert torch.equal(weights(first), weights(train(recipe, QuickDenoising(), corpus)))


@pytest.mark.parametrize("progress", [0.0, 0.01, 0.02, 0.3, 0.99])
def test_learning_rate_rises_and_falls(progress):
    assert 0 <= schedule(progress) <= 1
    assert (schedule(progress + 0.005) > schedule(progress)) == (progress < 0.02)
