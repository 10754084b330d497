import numpy as np
import pytest
import torch

from toolkit.errors import ToolkitError
from toolkit.evaluation.songs import stem_of
from toolkit.models.tfc_tdf import Config, Model
from toolkit.training import bands, sources
from toolkit.training.separating import STEMS, Separating, open_corpus
from toolkit.training.simulation import Dice
from toolkit.values import DRUMS

TINY = Config(n_fft=512, hop_length=128, growth=4, levels=2, outputs=5, local=True)
RATE = bands.SAMPLE_RATE


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Three songs of four tones each, and noise."""
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    rng = np.random.default_rng(0)
    time = np.arange(6 * RATE) / RATE
    for number in range(3):
        tones = [np.sin(2 * np.pi * f * (1 + 0.1 * number) * time) for f in (440, 80, 5000, 1300)]
        for split in ("train", "validation"):
            folder = sources.prepared() / split / "bands"
            folder.mkdir(parents=True, exist_ok=True)
            np.save(folder / f"{number}.npy", (20000 * np.stack(tones)).astype(np.int16))
    sources.save(sources.prepared() / "train" / "noises" / "0.npy", rng.standard_normal(8 * RATE))
    return open_corpus("train")


def batch(corpus, task, count=8, seed=0):
    dice = Dice(torch.Generator().manual_seed(seed))
    return task.batch(corpus, dice, count, 2 * RATE)


def test_stems_are_five_and_some_are_silent(corpus):
    (stems,) = batch(corpus, Separating(), count=24)
    assert stems.shape == (24, len(STEMS), 2 * RATE)
    assert torch.isfinite(stems).all()
    silent = stems[:, :4].square().mean(dim=2) < 1e-8
    assert 0.05 < silent.float().mean() < 0.4
    assert not silent.all(dim=1).any()


def test_old_records_have_noise_and_a_narrow_band_and_others_have_not(corpus):
    (old,) = batch(corpus, Separating(old=1.0))
    (new,) = batch(corpus, Separating(old=0.0))

    def noise_db(stems):
        music, noise = stems[:, :4].sum(dim=1), stems[:, 4]
        return 10 * torch.log10(noise.square().mean(1) / music.square().mean(1))

    assert (noise_db(old) > -28.5).all()
    assert (noise_db(new) < -44.5).all()


def test_a_batch_is_drawn_from_its_seed_alone(corpus):
    first, second, other = (batch(corpus, Separating(), seed=seed)[0] for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_loss_of_one_batch_falls(corpus):
    torch.manual_seed(0)
    task, model = Separating(old=0.0), Model(TINY)
    pairs = batch(corpus, task, count=4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(25):
        loss = task.loss(model, pairs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.1


def test_nothing_prepared_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path))
    with pytest.raises(ToolkitError) as caught:
        open_corpus("train")
    assert "--prepare" in caught.value.hint


def test_programs_belong_to_stems():
    found = [stem_of(program) for program in (0, 7, 8, 32, 39, 40, DRUMS)]
    assert found == ["piano", "piano", "other", "bass", "bass", "other", "drums"]
