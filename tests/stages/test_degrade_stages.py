import numpy as np
import pytest
from scipy import signal

from toolkit.pipeline import execute, load
from toolkit.registry import pipeline_paths, stage_class, stage_keys
from toolkit.run import Run
from toolkit.values import Audio

RATE = 44100
RANDOM = (
    "degrade-band",
    "degrade-clicks",
    "degrade-dropouts",
    "degrade-hiss",
    "degrade-horn",
    "degrade-hum",
    "degrade-saturation",
    "degrade-scratches",
    "degrade-side-noise",
    "degrade-surface-noise",
    "degrade-thumps",
    "degrade-tone",
    "degrade-wow",
)
KEYS = (*RANDOM, "degrade-clipping", "degrade-echo", "degrade-tracing")
PIPELINES = tuple(name for name in pipeline_paths() if name.startswith("degrade-"))


def tone(seconds: float = 2.0, num_channels: int = 2) -> Audio:
    time = np.arange(int(seconds * RATE)) / RATE
    wave = 0.1 * np.sin(2 * np.pi * 330 * time)
    return Audio(np.tile(wave, (num_channels, 1)).astype(np.float32), RATE)


def apply(key: str, audio: Audio, **options) -> tuple[np.ndarray, dict]:
    run = Run(step=key)
    return stage_class(key)(**options)(audio, run).samples, run.findings


def noise(seconds: float, num_channels: int = 1, seed: int = 0) -> Audio:
    shape = (num_channels, int(seconds * RATE))
    samples = 0.1 * np.random.default_rng(seed).standard_normal(shape)
    return Audio(samples.astype(np.float32), RATE)


def test_every_kind_of_damage_is_tested_here():
    assert sorted(KEYS) == [key for key in stage_keys() if key.startswith("degrade-")]


@pytest.mark.parametrize("key", RANDOM)
def test_the_seed_decides(key):
    audio = noise(4.0, 2)
    stage = stage_class(key)()
    one, same, other = (stage(audio, Run(seed=seed, step=key)) for seed in (1, 1, 2))
    assert np.array_equal(one.samples, same.samples)
    assert not np.array_equal(one.samples, other.samples)
    assert not np.array_equal(one.samples, audio.samples)


@pytest.mark.parametrize("key", ["degrade-hum", "degrade-side-noise", "degrade-surface-noise"])
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


@pytest.mark.parametrize("name", PIPELINES)
def test_every_medium_makes_the_music_worse_and_says_how(name):
    audio = tone(3.0)
    worn, steps = execute(load(name), audio, Run(seed=2))
    assert np.isfinite(worn.samples).all()
    assert worn.samples.shape == audio.samples.shape
    added = worn.samples.astype(np.float64) - audio.samples
    assert np.mean(added**2) > 1e-6 * np.mean(audio.samples.astype(np.float64) ** 2)
    for step in steps:
        assert step.findings


def test_scratches_are_what_is_drawn():
    from toolkit.dsp import damage

    audio = tone(15.0, 1)
    worn, found = apply("degrade-scratches", audio, rate=2.0, radial=20.0, turns=6)
    shape, run = damage.Recording(1, audio.num_samples, RATE), Run(step="degrade-scratches")
    height_db = (16.0, 6.0)
    trains = damage.draw_scratches(run.rng("trains"), shape, rate=2.0, height_db=height_db)
    ticks = damage.draw_radial_scratches(
        run.rng("radial"), shape, rate=20 / 60, turns=6, height_db=height_db
    )
    assert found == {"shocks": len(trains), "recurring_ticks": len(ticks)}
    both = damage.together(trains, ticks)
    assert np.array_equal(worn, damage.add_clicks(audio.samples, 0, both, RATE))


@pytest.mark.parametrize("medium", ["tape", "disc"])
def test_dropouts_last_as_long_as_reported(medium):
    audio = noise(15.0)
    worn, found = apply("degrade-dropouts", audio, medium=medium, rate=4.0)
    changed = np.mean(worn != audio.samples) * audio.duration
    assert found["dropouts"] > 20
    assert changed == pytest.approx(found["seconds"], rel=0.02)


def test_dropouts_do_not_depend_on_blocks():
    from toolkit.dsp import damage, tape_dropouts

    audio = noise(15.0, 2)
    worn, _ = apply("degrade-dropouts", audio, rate=6.0)
    shape = damage.Recording(2, audio.num_samples, RATE)
    rng = Run(step="degrade-dropouts").rng()
    dropouts = tape_dropouts.draw_tape_dropouts(rng, shape, rate=6.0)
    whole = tape_dropouts.add_tape_dropouts(audio.samples, 0, dropouts, RATE)
    assert np.array_equal(worn, whole)


def test_hiss_has_its_ratio_and_rides_on_the_music():
    audio = noise(4.0)
    hiss, _ = apply("degrade-hiss", audio, snr_db=120.0, riding_db=-30.0)
    ratio = np.var(audio.samples) / np.var(hiss - audio.samples)
    assert 10 * np.log10(ratio) == pytest.approx(30, abs=0.5)
    hiss, _ = apply("degrade-hiss", audio, snr_db=20.0, riding_db=-120.0)
    ratio = np.var(audio.samples) / np.var(hiss - audio.samples)
    assert 10 * np.log10(ratio) == pytest.approx(20, abs=0.01)


@pytest.mark.parametrize("key", ["degrade-band", "degrade-horn", "degrade-tone"])
def test_filters_do_what_they_report(key):
    audio = noise(8.0)
    worn, found = apply(key, audio)
    # One resolution is 2.7 Hz: finer than any of the curves.
    frequency, cross = signal.csd(audio.samples[0], worn[0], RATE, nperseg=1 << 14)
    _, power = signal.welch(audio.samples[0], RATE, nperseg=1 << 14)
    measured = 20 * np.log10(np.abs(cross) / power)
    octave = {
        f: np.median(measured[(frequency > f / 1.1) & (frequency < 1.1 * f)])
        for f in (160, 640, 2560, 10240)
    }
    said = {
        "degrade-band": lambda f: _band_db(f, found),
        "degrade-horn": lambda f: _horn_db(f, found),
        "degrade-tone": lambda f: found["octaves_db"][round(np.log2(f / 40))],
    }[key]
    for f, gain_db in octave.items():
        if said(f) > -40:
            assert gain_db == pytest.approx(said(f), abs=1.5)


def _band_db(f: float, found: dict) -> float:
    low = (found["low_hz"] / f) ** (found["low_slope"] / 3.0103)
    high = (f / found["high_hz"]) ** (found["high_slope"] / 3.0103)
    return -10 * np.log10((1 + low) * (1 + high))


def _horn_db(f: float, found: dict) -> float:
    gain = 1.0
    for center, height, quality in zip(
        found["peaks_hz"], found["heights_db"], found["qualities"], strict=True
    ):
        detune = 1j * quality * (f / center - center / f)
        gain *= abs((10 ** (height / 20) + detune) / (1 + detune))
    return float(20 * np.log10(gain))


def test_tracing_does_not_depend_on_blocks():
    from toolkit.dsp.tracing import Tracing

    time = np.arange(4 * RATE) / RATE
    wave = np.sin(2 * np.pi * 440 * time) + 0.4 * np.sin(2 * np.pi * 3100 * time)
    audio = Audio((0.3 * wave).astype(np.float32)[None], RATE)
    worn, found = apply("degrade-tracing", audio)
    assert 0.4 < found["largest_slope"] < 0.6
    turn = 2 * np.pi * 78.26 / 60
    whole = Tracing(
        velocity=0.2,
        tip_radius=64e-6,
        speeds=(turn * 0.121, turn * 0.05),
        lateral=True,
        peak=float(np.abs(audio.samples).max()),
        num_samples=audio.num_samples,
        sample_rate=RATE,
    ).apply(audio.samples, 0)
    np.testing.assert_allclose(worn, whole, atol=1e-5)
    assert np.abs(worn - audio.samples).max() > 0.01


def test_wow_can_be_undone_from_its_report():
    from toolkit.dsp import wow

    audio = tone(3.0, 1)
    worn, found = apply("degrade-wow", audio, wow=1.0, flutter=0.1)
    wavering = wow.Wavering(
        np.array(found["rates_hz"]),
        np.array(found["depths_percent"]) / 100,
        np.array(found["phases"]),
    )
    where = wavering.positions(np.arange(audio.num_samples), audio.num_samples, RATE) / RATE
    expected = 0.1 * np.sin(2 * np.pi * 330 * where)
    inside = slice(300, -300)
    assert np.abs(worn[0, inside] - expected[inside]).max() < 2e-3
    assert np.abs(worn[0, inside] - audio.samples[0, inside]).max() > 0.05


def test_clipping_cuts_the_peaks_alone():
    audio = noise(8.0)
    worn, found = apply("degrade-clipping", audio, ceiling_db=-6.0, lopsided_db=2.0)
    peak = np.abs(audio.samples).max()
    assert worn.max() == pytest.approx(peak * 10 ** (-6 / 20))
    assert -worn.min() == pytest.approx(peak * 10 ** (-4 / 20))
    cut = (audio.samples > worn.max()) | (audio.samples < worn.min())
    assert np.array_equal(worn[~cut], audio.samples[~cut])
    assert found["clipped_samples"] == cut.sum() > 100


def test_side_noise_leaves_the_sum_and_single_channels_alone():
    audio = noise(3.0, 3)
    worn, found = apply("degrade-side-noise", audio)
    added = worn.astype(np.float64) - audio.samples
    assert found["pairs"] == 1
    assert np.abs(added[0] + added[1]).max() < 1e-6
    assert added[0].std() > 0.01
    assert np.array_equal(worn[2], audio.samples[2])
    single = noise(1.0)
    assert np.array_equal(apply("degrade-side-noise", single)[0], single.samples)


def test_echo_comes_one_turn_before_and_after():
    samples = np.zeros((1, 8 * RATE), np.float32)
    samples[0, 4 * RATE : 4 * RATE + 2000] = noise(1.0).samples[0, :2000]
    audio = Audio(samples, RATE)
    worn, found = apply("degrade-echo", audio, before_db=-20.0, after_db=-26.0)
    turn = found["turn_samples"]
    assert turn == round(1.8 * RATE)
    before, after = (
        worn[0, 4 * RATE + shift - 2500 : 4 * RATE + shift + 4500] for shift in (-turn, turn)
    )
    np.testing.assert_allclose(before, after * 10 ** (6 / 20), atol=1e-6)
    assert 0.03 < before.std() / samples[0, 4 * RATE - 2500 : 4 * RATE + 4500].std() < 0.1
    here = slice(4 * RATE, 4 * RATE + 2000)
    np.testing.assert_allclose(worn[0, here], samples[0, here], atol=1e-8)


def test_saturation_rounds_the_peaks_alone():
    time = np.arange(RATE) / RATE
    audio = Audio((0.8 * np.sin(2 * np.pi * 100 * time)).astype(np.float32)[None], RATE)
    worn, found = apply("degrade-saturation", audio, drive=4.0, share=1.0, spread=0.0)
    assert worn.max() == pytest.approx(0.8 * np.tanh(4.0) / 4, rel=1e-3)
    assert found["peak"] == pytest.approx(0.8, rel=1e-4)
    soft = np.abs(audio.samples) < 0.01
    np.testing.assert_allclose(worn[soft], audio.samples[soft], rtol=2e-3)
