import numpy as np
import pytest
import torch
from torch import nn

from toolkit.models.masking import Masking
from toolkit.models.tfc_tdf import Config, Model

TINY = Config(n_fft=512, hop_length=256, stack=8, growth=4, levels=2)
RATE = 44100


class Constant(nn.Module):
    """Give every cell the same gain, as a network may."""

    config = TINY

    def __init__(self, gain):
        super().__init__()
        self.gain = gain

    def forward(self, features):
        return torch.full(features[:, 0].shape, self.gain)


def noise(channels, length, seed=0):
    return np.random.default_rng(seed).standard_normal((channels, length)).astype(np.float32)


@pytest.mark.parametrize("rate", [4000, 22050, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("dense", [True, False])
def test_a_constant_mask_is_a_gain_at_every_rate(rate, dense):
    samples = noise(2, rate // 2)
    removed, mean = Masking(Constant(0.25), rate, dense, gain_floor=0.2).removed(samples, 0)
    assert mean == pytest.approx(0.4)
    inner = slice(rate // 20, -rate // 20)
    assert np.allclose(removed[:, inner], 0.6 * samples[:, inner], atol=1e-4)


def test_a_mask_of_one_removes_next_to_nothing():
    samples = noise(1, 9000)
    removed, _ = Masking(Constant(1.0), RATE, dense=False, gain_floor=0.0).removed(samples, 0)
    assert np.abs(removed).max() < 2e-4 * np.abs(samples).max()


def test_bias_takes_more_away_where_the_network_is_not_sure():
    samples = noise(1, 20000)
    for gain, biased in ((0.5, 1 / (1 + np.exp(0.5))), (0.999, 0.999)):
        masking = Masking(Constant(gain), RATE, dense=False, gain_floor=0.0, bias=-1.0)
        assert masking.removed(samples, 0)[1] == pytest.approx(biased, abs=1e-3)


@pytest.mark.parametrize("dense", [True, False])
def test_frames_belong_to_the_recording_not_to_the_segment(dense):
    """The mask of a frame depends on its segment, so a network without memory is used here."""

    class Local(Constant):
        def forward(self, features):
            return (features[:, 0] > -0.1).float()

    masking = Masking(Local(0.0), RATE, dense, gain_floor=0.0)
    samples = noise(1, 40000)
    whole, _ = masking.removed(samples, 0)
    shifted, _ = masking.removed(samples, 64)
    again, _ = masking.removed(samples, 256)
    assert not np.allclose(whole, shifted, atol=1e-3)
    # A whole hop of the network further, everything lies on the same grid.
    assert np.allclose(whole, again, atol=1e-4)


def test_both_sides_of_a_pair_get_the_same_gains():
    torch.manual_seed(0)
    masking = Masking(Model(TINY).eval(), RATE, dense=True, gain_floor=0.05)
    left = noise(1, 20000)
    pair = np.concatenate([left, 0.5 * left])
    removed, _ = masking.removed(pair, 0)
    assert np.allclose(removed[1], 0.5 * removed[0], atol=1e-5)


def test_level_does_not_matter():
    torch.manual_seed(0)
    masking = Masking(Model(TINY).eval(), RATE, dense=False, gain_floor=0.05)
    samples = noise(1, 20000)
    loud, _ = masking.removed(samples, 0)
    soft, _ = masking.removed(1e-3 * samples, 0)
    assert np.allclose(1e3 * soft, loud, atol=1e-4)


def test_silence_stays_silent():
    masking = Masking(Model(TINY).eval(), RATE, dense=True, gain_floor=0.05)
    removed, _ = masking.removed(np.zeros((2, 20000), np.float32), 0)
    assert not removed.any()
