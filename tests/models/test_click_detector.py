import numpy as np
import pytest
import torch

from toolkit.models import click_detector
from toolkit.models.click_detector import Config, Model, odds

SMALL = Config(width=8, middle=8, dilations=(1, 2))


def shaken(config=SMALL):
    torch.manual_seed(0)
    model = Model(config).eval()
    with torch.no_grad():
        for value in model.parameters():
            value.add_(0.2 * torch.randn_like(value))
    return model


@pytest.mark.parametrize("num_samples", [1, 15, 16, 1000])
def test_one_number_for_every_sample(num_samples):
    features = torch.randn(2, 4, num_samples)
    assert Model(SMALL)(features).shape == (2, num_samples)


def test_an_untrained_network_finds_nothing():
    assert Model(Config())(torch.randn(1, 4, 4096)).sigmoid().mean() < 0.1


def test_pieces_do_not_show(monkeypatch):
    model = shaken(Config(width=8, middle=8))
    features = np.random.default_rng(0).standard_normal((4, 9000)).astype(np.float32)
    whole = odds(model, features)
    monkeypatch.setattr(click_detector, "_PIECE", 2048)
    np.testing.assert_allclose(odds(model, features), whole, atol=1e-4)


def test_it_hears_no_further_than_the_reach_of_a_piece():
    model = shaken(Config(width=8, middle=8))
    features = np.zeros((4, 8192), np.float32)
    spoiled = features.copy()
    spoiled[:, 4096] = 5
    changed = np.flatnonzero(np.abs(odds(model, spoiled) - odds(model, features)) > 0)
    assert 0 < 4096 - changed[0] < click_detector._REACH
    assert 0 < changed[-1] - 4096 < click_detector._REACH
