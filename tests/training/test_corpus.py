import numpy as np
import pytest
import torch

from toolkit.errors import ToolkitError
from toolkit.training import sources
from toolkit.training.corpus import open_corpus


def test_excerpts_are_of_the_tracks_and_of_one_level(ledger):
    corpus = open_corpus(ledger)
    music = corpus.excerpts(torch.Generator().manual_seed(0), 5, 10000)
    assert music.shape == (5, 10000)
    assert torch.allclose(music.square().mean(dim=1).sqrt(), torch.tensor(0.1), atol=1e-4)
    tracks = [np.load(path).astype(np.float64) for _, paths in corpus.tracks for path in paths]
    for item in music.double().numpy():
        best = max(np.abs(np.correlate(track, item, "valid")).max() for track in tracks)
        norms = [np.linalg.norm(item) * np.abs(track).max() for track in tracks]
        assert best > 0.05 * max(norms)


def test_the_same_seed_takes_the_same_excerpts(ledger):
    corpus = open_corpus(ledger)
    first, again = (corpus.excerpts(torch.Generator().manual_seed(3), 4, 5000) for _ in range(2))
    assert torch.equal(first, again)


def test_validation_tracks_are_apart(ledger):
    train = {path for _, paths in open_corpus(ledger).tracks for path in paths}
    held = {path for _, paths in open_corpus(ledger, "validation").tracks for path in paths}
    assert len(train) == 3
    assert len(held) == 1
    assert not {path.name for path in train} & {path.name for path in held}


def test_hours_are_those_of_the_tracks(ledger):
    assert open_corpus(ledger).hours == pytest.approx(3 * 8 / 3600)


def test_nothing_prepared_is_said(ledger, tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path / "empty"))
    with pytest.raises(ToolkitError, match="no music is prepared"):
        open_corpus(ledger)


def test_saved_tracks_peak_below_full_scale(tmp_path):
    sources.save(tmp_path / "a.npy", np.array([0.1, -2.0, 0.5], np.float32))
    assert np.load(tmp_path / "a.npy").tolist() == [1147, -22937, 5734]
