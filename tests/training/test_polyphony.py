import numpy as np
import pytest

from toolkit.training import polyphony
from toolkit.training.polyphony import invention
from toolkit.training.presets import Preset

BANK = tuple(Preset(program, (0.0, 5.0, 5.0, 5.0, 5.0, 0.0)) for program in range(8))


@pytest.mark.parametrize("seed", range(20))
def test_notes_lie_within_the_time_and_the_preset(seed):
    notes = invention(np.random.default_rng(seed), BANK, 10.0)
    for note in notes:
        assert 0 <= note.onset < note.offset <= 10
        assert BANK[note.program].audible_seconds(note.pitch) > 0
        assert 0.1 < note.velocity <= 1


def test_the_same_seed_writes_the_same():
    one, again = (invention(np.random.default_rng(5), BANK, 10.0) for _ in range(2))
    assert one == again


def test_layers_are_limited():
    for seed in range(20):
        notes = invention(np.random.default_rng(seed), BANK, 5.0, most_layers=1)
        assert len({note.program for note in notes}) <= 1


@pytest.mark.parametrize("texture", tuple(dict.fromkeys(polyphony._TEXTURES)))
def test_every_texture_fills_the_time(texture):
    steps = texture(np.random.default_rng(0), 20.0, 0.3, 60)
    onsets = np.array([onset for onset, _, _ in steps])
    assert len(onsets) > 15
    assert onsets.min() < 3
    assert onsets.max() > 15
    assert all(21 <= pitch <= 108 for _, _, pitch in steps)
