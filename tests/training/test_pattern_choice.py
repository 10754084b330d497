import numpy as np
import pytest
import torch

from toolkit.models.pattern_chooser import Config, Model
from toolkit.style.borrowed.pattern_distances import FACTS, distances, facts
from toolkit.style.borrowed.situations import NAMES
from toolkit.training.pattern_choice import PatternChoice, Songs
from toolkit.training.pattern_songs import Bars
from toolkit.training.simulation import Dice

ASKED = 12


def song(rng: np.random.Generator, bars: int = 30) -> Bars:
    """Return a song in which one feature, another in each song, says what is played."""
    about = rng.integers(0, 2, (bars, len(NAMES))).astype(np.float32)
    which = int(rng.integers(4))
    patterns = [
        frozenset(("a", at, 0) for at in ((0, 1, 2) if row[which] else (5, 6, 7))) for row in about
    ]
    apart = distances(patterns).astype(np.float32)
    return Bars(about, apart, facts(patterns).astype(np.float32))


@pytest.fixture(scope="module")
def songs():
    rng = np.random.default_rng(0)
    return Songs(tuple(song(rng) for _ in range(12)))


def dice(seed: int) -> Dice:
    return Dice(torch.Generator().manual_seed(seed))


def test_a_batch_hides_bars_from_their_reference(songs):
    queries, keys, known, bearing, apart, among, real, counts = PatternChoice().batch(
        songs, dice(0), 5, ASKED
    )
    assert queries.shape == keys.shape == (5, ASKED, len(NAMES))
    assert known.shape == (5, ASKED, len(FACTS))
    assert bearing.shape == (5, len(NAMES))
    assert apart.shape == among.shape == (5, ASKED, ASKED)
    sizes = real.sum(dim=1).int().tolist()
    assert all(6 <= size <= ASKED for size in sizes)
    assert (counts.sum(dim=1) > 0).all()
    for number, size in enumerate(sizes):
        assert not among[number, :size, :size].diagonal().any()
        assert not keys[number, size:].any()
        assert not apart[number, :, size:].any()
    again = PatternChoice().batch(songs, dice(0), 5, ASKED)
    assert all(torch.equal(*pair) for pair in zip(again[:2], (queries, keys), strict=True))


def test_padding_counts_for_nothing(songs):
    task = PatternChoice()
    torch.manual_seed(0)
    model = Model(Config(len(NAMES), len(FACTS), 8))
    batch = task.batch(songs, dice(1), 4, ASKED)
    loss = task.loss(model, batch)
    queries, keys, known, bearing, apart, among, real, counts = batch
    keys = keys + 7 * (1 - real[..., None])
    queries = queries - 3 * (1 - counts[..., None])
    other = task.loss(model, (queries, keys, known, bearing, apart, among, real, counts))
    assert float(loss.detach()) == pytest.approx(float(other.detach()), abs=1e-6)


def test_it_learns_what_each_reference_goes_by(songs):
    task = PatternChoice()
    torch.manual_seed(1)
    model = Model(Config(len(NAMES), len(FACTS), 16))
    with torch.no_grad():
        model.gain.zero_()
    optimizer = torch.optim.AdamW(model.parameters(), 5e-2)
    held = PatternChoice().batch(songs, dice(999), 32, ASKED)
    before = float(task.loss(model, held).detach())
    for step in range(30):
        loss = task.loss(model, task.batch(songs, dice(step), 8, ASKED))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(task.loss(model, held).detach()) < 0.6 * before


def test_validation_tells_the_plain_ways_beside_it(songs):
    task = PatternChoice()
    task.__dict__["_held"] = songs
    figures = task.validate(Model(Config(len(NAMES), len(FACTS), 8)).eval(), torch.device("cpu"))
    assert set(figures) == {
        f"{figure}{way}" for figure in ("distance", "top1") for way in ("", "_nearest", "_typical")
    }
    assert all(0 <= value <= 1 for value in figures.values())
    assert figures["top1"] > figures["top1_typical"]
