import pytest
import torch

from toolkit.models.spectra import NUM_FEATURES, Spectra, features


@pytest.mark.parametrize("hop", [256, 128])
@pytest.mark.parametrize("length", [5000, 5120])
def test_signal_comes_back(hop, length):
    grid = Spectra(512, hop)
    samples = torch.randn(2, length)
    back = grid.synthesize(grid.analyze(samples), length)
    assert torch.allclose(back[:, :-256], samples[:, :-256], atol=1e-5)


def test_features_do_not_depend_on_level():
    power = torch.rand(2, 40, 64) + 0.01
    assert torch.allclose(features(power), features(1e-6 * power), atol=1e-3)
    assert features(power).shape == (2, NUM_FEATURES, 40, 64)


def test_what_is_always_there_has_no_height_and_what_comes_and_goes_has():
    power = torch.full((1, 60, 64), 0.01)
    power[:, ::3, 20] = 100.0
    height = features(power)[0, 1]
    assert height[1].abs().max() < 1e-6
    assert height[0, 20] > 1.5


def test_silence_is_finite():
    assert torch.isfinite(features(torch.zeros(1, 20, 64))).all()
