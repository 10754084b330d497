from dataclasses import replace

import numpy as np
import pytest

from toolkit.dsp.condition import Condition
from toolkit.run import Run
from toolkit.stages.dehum import STAGE as Dehum
from toolkit.values import Audio

SAMPLE_RATE = 16000
CONDITION = Condition(
    10, SAMPLE_RATE, 1, -1, -20, -60, 40, 30, 8000, 0, 0, -80, 0, 0, -np.inf, 0, 0, 0, "mono"
)


def recording(seconds=20.0, hum=0.02, num_channels=1):
    rng = np.random.default_rng(0)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    clean = 0.003 * rng.standard_normal((num_channels, len(time)))
    clean += 0.1 * np.sin(2 * np.pi * 330 * time) * ((time % 3) < 1)
    phase = 2 * np.pi * np.cumsum(50 + 0.1 * np.sin(time / 4)) / SAMPLE_RATE
    lines = sum(hum / k * np.cos(k * phase + k) for k in (1, 2, 3, 4, 5, 7))
    return clean, (clean + lines).astype(np.float32)


def test_removes_hum_and_reports_it():
    clean, samples = recording(num_channels=2)
    run = Run()
    out = Dehum()(Audio(samples, SAMPLE_RATE), run)
    before, after = np.sum((samples - clean) ** 2), np.sum((out.samples - clean) ** 2)
    assert 10 * np.log10(before / after) > 25
    assert run.findings["hum_hz"] == pytest.approx(50, abs=0.1)
    assert set(run.findings["harmonics"]) >= {1, 2, 3, 4, 5, 7}
    assert run.findings["level_removed_db"] == pytest.approx(
        10 * np.log10(np.mean((samples - clean) ** 2)), abs=0.5
    )
    assert 0 < run.findings["drift_hz"] < 1


def test_strength_scales_what_is_taken():
    audio = Audio(recording()[1], SAMPLE_RATE)
    whole = audio.samples - Dehum()(audio, Run()).samples
    half = audio.samples - Dehum(strength=0.5)(audio, Run()).samples
    np.testing.assert_allclose(half, whole / 2, atol=1e-6)
    assert Dehum(strength=0)(audio, Run()) is audio


def test_leaves_a_recording_without_hum_alone():
    audio = Audio(recording()[0].astype(np.float32), SAMPLE_RATE)
    run = Run()
    assert Dehum()(audio, run) is audio
    assert run.findings["hum_hz"] == 0


@pytest.mark.parametrize("length", [0, 1, 2, 3, 500])
def test_tiny_signals(length):
    audio = Audio(np.ones((2, length), np.float32), SAMPLE_RATE)
    assert Dehum()(audio, Run()) is audio


def test_block_size_does_not_matter(monkeypatch):
    audio = Audio(recording()[1], SAMPLE_RATE)
    whole = Dehum()(audio, Run()).samples
    monkeypatch.setattr("toolkit.stages.dehum._BLOCK_SAMPLES", 10_007)
    np.testing.assert_allclose(Dehum()(audio, Run()).samples, whole, atol=1e-6)


@pytest.mark.parametrize("rate", [4000, 192_000])
def test_other_rates(rate):
    time = np.arange(10 * rate) / rate
    hum = sum(0.05 / k * np.cos(2 * np.pi * 50 * k * time + k) for k in range(1, 8))
    noise = 0.001 * np.random.default_rng(0).standard_normal(len(time))
    out = Dehum()(Audio((hum + noise).astype(np.float32)[None], rate), Run())
    assert np.std(out.samples) < 0.1 * np.std(hum)


def test_tuned_by_the_condition():
    stage, reason = Dehum().tuned(CONDITION)
    assert stage.strength == 0
    assert "no hum" in reason
    hums = replace(CONDITION, hum_hz=50.1, hum_db=-40.0, hum_prominence_db=18.0)
    stage, reason = Dehum().tuned(hums)
    assert stage.strength == 1
    assert "50.10 Hz" in reason
