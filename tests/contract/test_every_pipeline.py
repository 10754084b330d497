"""Every pipeline that ships must load, do its job on any signal, and keep silence silent."""

import numpy as np
import pytest

from toolkit.pipeline import execute, load, scale
from toolkit.registry import pipeline_paths
from toolkit.restore import restore_audio
from toolkit.run import Run
from toolkit.values import Audio

NAMES = tuple(pipeline_paths())
RESTORING = tuple(
    name for name in NAMES if not name.startswith("degrade-") and load(name).output is Audio
)


@pytest.mark.parametrize("name", NAMES)
def test_loads_under_its_own_name(name):
    pipeline = load(name)
    assert pipeline.name == name
    assert pipeline.summary.endswith(".")


@pytest.mark.parametrize("name", RESTORING)
def test_silence_stays_silent(name):
    audio = Audio(np.zeros((2, 30000), np.float32), 44100)
    assert not restore_audio(audio, Run(), name).samples.any()


@pytest.mark.parametrize("name", RESTORING)
def test_strength_zero_changes_nothing(name):
    samples = (0.1 * np.random.default_rng(0).standard_normal((2, 30000))).astype(np.float32)
    value, records = execute(scale(load(name), 0), Audio(samples, 44100), Run())
    assert np.array_equal(value.samples, samples)
    assert [record.id for record in records] == [step.id for step in load(name).steps]
