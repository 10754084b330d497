import numpy as np
import pytest

from toolkit.pipeline import execute, load
from toolkit.registry import stage_class
from toolkit.run import Run
from toolkit.values import Audio

RATE = 44100
KEYS = ("degrade-clicks", "degrade-hum", "degrade-surface-noise", "degrade-thumps")


def tone(seconds: float = 2.0, num_channels: int = 2) -> Audio:
    time = np.arange(int(seconds * RATE)) / RATE
    wave = 0.1 * np.sin(2 * np.pi * 330 * time)
    return Audio(np.tile(wave, (num_channels, 1)).astype(np.float32), RATE)


@pytest.mark.parametrize("key", KEYS)
def test_the_seed_decides(key):
    audio = tone()
    stage = stage_class(key)()
    one, same, other = (stage(audio, Run(seed=seed, step=key)) for seed in (1, 1, 2))
    assert np.array_equal(one.samples, same.samples)
    assert not np.array_equal(one.samples, other.samples)
    assert not np.array_equal(one.samples, audio.samples)


@pytest.mark.parametrize("key", ["degrade-hum", "degrade-surface-noise"])
def test_noise_has_the_stated_ratio(key):
    audio = tone()
    worn = stage_class(key)(snr_db=12.0)(audio, Run(step=key))
    added = worn.samples.astype(np.float64) - audio.samples
    ratio = 10 * np.log10(np.mean(audio.samples.astype(np.float64) ** 2) / np.mean(added**2))
    assert ratio == pytest.approx(12, abs=0.01)


def test_clicks_are_reported_and_local():
    audio = tone(10.0, 1)
    run = Run(step="x")
    worn = stage_class("degrade-clicks")(rate=5.0)(audio, run)
    changed = np.mean(worn.samples != audio.samples)
    assert 25 < run.findings["clicks"] < 80
    assert 0 < changed < 0.02


def test_clicks_do_not_depend_on_blocks():
    from toolkit.dsp import damage

    audio = tone(15.0, 1)
    worn = stage_class("degrade-clicks")(rate=40.0)(audio, Run(step="x"))
    shape = damage.Recording(1, audio.num_samples, RATE)
    clicks = damage.draw_clicks(Run(step="x").rng(), shape, rate=40.0)
    assert np.array_equal(worn.samples, damage.add_clicks(audio.samples, 0, clicks, RATE))


def test_thumps_reach_the_stated_height():
    audio = tone(5.0, 1)
    worn = stage_class("degrade-thumps")(height_db=12.0)(audio, Run(step="x"))
    peak = np.abs(worn.samples - audio.samples).max()
    rms = np.sqrt(np.mean(audio.samples**2))
    assert -6 < 20 * np.log10(peak / rms) - 12 <= 0.1


def test_the_shellac_pipeline_adds_all_four():
    audio = tone(3.0)
    worn, steps = execute(load("degrade-shellac"), audio, Run())
    assert [step.stage for step in steps] == [
        "degrade-surface-noise",
        "degrade-hum",
        "degrade-thumps",
        "degrade-clicks",
    ]
    added = worn.samples.astype(np.float64) - audio.samples
    ratio = 10 * np.log10(np.mean(audio.samples.astype(np.float64) ** 2) / np.mean(added**2))
    assert 0 < ratio < 10
