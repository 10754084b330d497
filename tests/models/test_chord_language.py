import numpy as np
import pytest
import torch

from toolkit.checkpoints import shipped
from toolkit.models.chord_language import Config, Model, _turned
from toolkit.style.harmony.chord_events import CLASSES, FIELDS, NUM_CHORDS, START, Events
from toolkit.style.harmony.chord_language import Language, States, from_model, load


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return Model(Config(hidden=16, width=4)).eval()


def chart(rng, length=12):
    places = np.stack([rng.integers(0, size, length) for size in FIELDS], axis=1)
    return Events(rng.integers(0, NUM_CHORDS, length), rng.integers(0, 6, length), places)


def test_numpy_steps_are_the_network(model):
    given = chart(np.random.default_rng(2))
    with torch.no_grad():
        odds, lengths = model(
            torch.from_numpy(np.append(START, given.chords))[None],
            torch.from_numpy(np.append(0, given.durations[:-1]))[None],
            torch.from_numpy(given.places)[None],
        )
    wanted = odds[0].log_softmax(-1).numpy()[np.arange(12), given.chords]
    assert np.allclose(from_model(model).log_probabilities(given), wanted, atol=1e-4)
    language = from_model(model)
    memory, _ = language.step(language.start(), given.places[:1])
    first = language.durations(memory, given.chords[:1])
    assert np.allclose(first, lengths[0, :1].log_softmax(-1).numpy(), atol=1e-4)


def test_hypotheses_do_not_touch_each_other(model):
    language, rng = from_model(model), np.random.default_rng(3)
    states = States(rng.normal(size=(5, 16)), rng.integers(0, 144, 5), rng.integers(0, 6, 5))
    places = np.stack([rng.integers(0, size, 5) for size in FIELDS], axis=1)
    together = language.step(states, places)[1]
    for row in range(5):
        alone = language.step(states.take(np.array([row])), places[row : row + 1])[1]
        assert np.allclose(together[row], alone[0])
    assert np.allclose(np.exp(together).sum(axis=1), 1)


def test_steps_are_turned_to_roots():
    odds = torch.arange(NUM_CHORDS, dtype=torch.float32)[None, None]
    found = _turned(odds, torch.tensor([[7]]))[0, 0]
    for kind in range(len(CLASSES)):
        for root in range(12):
            assert found[12 * kind + root] == 12 * kind + (root - 7) % 12


@pytest.mark.parametrize("name", ["reharmonize-chords", "judge-chords-jazz", "judge-chords-common"])
def test_shipped_models_know_how_a_cadence_ends(name):
    language: Language = load(name)
    assert sum(each.size for each in language._weights.values()) < 500_000
    two, five = 12 * CLASSES.index("m7") + 2, 12 * CLASSES.index("7") + 7
    states = language.start()
    for beat, bar, chord in ((0, 0, 0), (0, 1, two), (2, 1, five)):
        memory, _ = language.step(states, np.array([[beat, 2, bar, 0]]))
        states = States(memory, np.array([chord]), np.array([3 if bar == 0 else 1]))
    after = language.step(states, np.array([[0, 2, 2, 0]]))[1][0]
    by_root = np.exp(after).reshape(len(CLASSES), 12).sum(axis=0)
    assert by_root.argmax() == 0
    assert by_root[0] > 10 * by_root[6]
    assert shipped().manifest(name).task == "model-chords"
