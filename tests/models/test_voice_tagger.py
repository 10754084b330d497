import torch

from toolkit.models.voice_tagger import VOICES, Config, Model


def test_each_note_gets_a_logit_for_each_voice():
    model = Model(Config(features=5, channels=16, dilations=(1, 2))).eval()
    assert model(torch.zeros(2, 5, 33)).shape == (2, len(VOICES), 33)


def test_the_context_is_as_wide_as_it_says():
    config = Config(features=4, channels=16, dilations=(1, 2, 4))
    torch.manual_seed(0)
    model = Model(config).eval()
    x = torch.randn(1, 4, 64)
    base = model(x)[0, :, 32]
    for away in range(-10, 11):
        y = x.clone()
        y[0, :, 32 + away] += 5
        same = torch.allclose(model(y)[0, :, 32], base, atol=1e-6)
        assert same == (abs(away) > config.context)


def test_it_is_small():
    assert sum(each.numel() for each in Model(Config()).parameters()) < 300_000
