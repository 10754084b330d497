import subprocess
import sys

import numpy as np
import torch

from toolkit.checkpoints import shipped
from toolkit.style.listening import attack_features, beat_network


def test_it_says_what_the_torch_model_says():
    rng = np.random.default_rng(1)
    features = rng.normal(0, 1, (70, attack_features.NUM_FEATURES)).astype(np.float32)
    model = shipped().load(beat_network.CHECKPOINT)
    with torch.no_grad():
        expected = model(torch.from_numpy(features)[None], torch.ones(1, 70, 1))[0]
    np.testing.assert_allclose(beat_network.said(features), expected.numpy(), atol=2e-3)


def test_torch_is_not_imported():
    code = (
        "import sys, toolkit.style.listening.structure as s;"
        "from toolkit.values import Note, Notes;"
        "s.pulse(Notes(tuple(Note(0.5 * n, 0.5 * n + 0.4, 60) for n in range(20))));"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
