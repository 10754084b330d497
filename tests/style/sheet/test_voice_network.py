import numpy as np
import torch

from toolkit.models.voice_tagger import Config, Model
from toolkit.style.sheet import voice_network
from toolkit.style.sheet.note_context import NUM_FEATURES


def test_it_is_the_network_that_was_trained():
    torch.manual_seed(1)
    model = Model(Config(features=7, channels=16, dilations=(1, 4))).train()
    with torch.no_grad():
        for _ in range(5):
            model(torch.randn(4, 7, 50) * 2 + 1)
        model.eval()
        x = torch.randn(1, 7, 40)
        wanted = model(x)[0].T.numpy()
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    found = voice_network.logits_of(weights, [1, 4], x[0].T.numpy())
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_chances_do_not_depend_on_how_the_notes_are_cut(monkeypatch):
    features = np.random.default_rng(0).normal(0, 1, (150, NUM_FEATURES)).astype(np.float32)
    whole = voice_network.chances(features)
    monkeypatch.setattr(voice_network, "_CHUNK", 40)
    np.testing.assert_allclose(voice_network.chances(features), whole, atol=1e-5)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-9)
    assert voice_network.chances(features[:0]).shape == (0, 3)
