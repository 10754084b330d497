import subprocess
import sys

import numpy as np
import pytest
import torch

from toolkit.checkpoints import shipped
from toolkit.style.listening import attack_features, bar_features, beat_network


@pytest.mark.parametrize(
    ("checkpoint", "num_features"),
    [
        (beat_network.ATTACKS, attack_features.NUM_FEATURES),
        (beat_network.BEATS, bar_features.NUM_FEATURES),
    ],
)
def test_it_says_what_the_torch_model_says(checkpoint, num_features):
    rng = np.random.default_rng(1)
    features = rng.normal(0, 1, (70, num_features)).astype(np.float32)
    model = shipped().load(checkpoint)
    with torch.no_grad():
        expected = model(torch.from_numpy(features)[None], torch.ones(1, 70, 1))[0]
    np.testing.assert_allclose(beat_network.said(checkpoint, features), expected.numpy(), atol=2e-3)


def test_torch_is_not_imported():
    code = (
        "import sys, toolkit.style.listening.structure as s;"
        "from toolkit.values import Note, Notes;"
        "s.pulse(Notes(tuple(Note(0.5 * n, 0.5 * n + 0.4, 60) for n in range(20))));"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
