import pytest
import torch

from toolkit.checkpoints import Store
from toolkit.errors import ToolkitError
from toolkit.training import export
from toolkit.training.corpus import open_corpus
from toolkit.training.denoising import Denoising
from toolkit.training.loop import train


@pytest.fixture
def trained(ledger, recipe, monkeypatch):
    # Validation on the evaluation's ten pieces would take a minute.
    monkeypatch.setattr(Denoising, "validate", lambda self, model, device: {"gain": 1.5})
    return train(recipe, Denoising(), open_corpus(ledger))


def test_exported_checkpoint_loads_and_computes_the_same(trained, ledger, recipe):
    path = export.export(recipe, ledger)
    assert path.stat().st_size < 2.2 * sum(each.numel() for each in trained.parameters()) + 20000
    loaded = Store(recipe.folder.parent).load("tiny-44k")
    features = torch.randn(1, 3, 9, 256)
    with torch.no_grad():
        assert torch.allclose(loaded(features), trained(features), atol=2e-3)


def test_card_names_sources_licences_and_effort(trained, ledger, recipe):
    export.export(recipe, ledger)
    text = (recipe.folder / "CARD.md").read_text(encoding="utf-8")
    for words in ("CC0-1.0", "this test", "6 steps", "gain 1.5", "subtractive", "It knows nothing"):
        assert words in text
    assert (recipe.folder / "curves.png").stat().st_size > 1000


def test_one_flipped_bit_is_refused(trained, ledger, recipe):
    path = export.export(recipe, ledger)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ToolkitError, match="is not the file that its manifest names"):
        Store(recipe.folder.parent).load("tiny-44k")


def test_nothing_trained_is_said(ledger, recipe):
    with pytest.raises(ToolkitError, match="no training to export"):
        export.export(recipe, ledger)
