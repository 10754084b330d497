import pytest
import torch

from toolkit.models.spectra import NUM_FEATURES, Spectra, features, local_features


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


def test_local_features_see_no_farther_than_their_reach():
    torch.manual_seed(0)
    power = torch.rand(1, 60, 40) + 0.1
    changed = power.clone()
    changed[:, 50:] *= 100
    same, other = local_features(power, 10), local_features(changed, 10)
    assert torch.allclose(same[:, :, :30], other[:, :, :30], atol=1e-6)
    assert not torch.allclose(same[:, :, 41:50], other[:, :, 41:50])


def test_local_features_do_not_depend_on_the_recordings_level():
    torch.manual_seed(0)
    power = torch.rand(2, 30, 40) + 0.1
    assert torch.allclose(local_features(power, 8), local_features(1e-4 * power, 8), atol=1e-4)


def test_moving_means_are_means_of_what_is_there():
    power = torch.rand(1, 12, 8) + 0.5
    _, above_usual, _ = local_features(power, 3)[0]
    for frame in (0, 5, 11):
        near = slice(max(frame - 3, 0), frame + 4)
        levels = []
        for each in range(12):
            around = slice(max(each - 3, 0), each + 4)
            levels.append(torch.log(power[0, each] / power[0, around].mean() + 1e-6) / 2)
        usual = torch.stack(levels)[near].mean(dim=0)
        assert torch.allclose(above_usual[frame], (levels[frame] - usual) / 2, atol=1e-5)
