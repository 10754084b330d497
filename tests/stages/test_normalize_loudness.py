import numpy as np
import pytest

from toolkit.dsp.loudness import measure_loudness
from toolkit.run import Run
from toolkit.stages.normalize_loudness import NormalizeLoudness
from toolkit.values import Audio


def music(seconds=5, num_channels=2, crest=1.0, sample_rate=44100):
    rng = np.random.default_rng(0)
    samples = 0.02 * rng.standard_normal((num_channels, seconds * sample_rate))
    samples[:, sample_rate // 2] = 0.1 * crest
    return Audio(samples.astype(np.float32), sample_rate)


@pytest.mark.parametrize("target", [-23.0, -40.0, -28.5])
def test_reaches_the_target(target):
    run = Run()
    out = NormalizeLoudness(target=target)(music(), run)
    loudness = measure_loudness(out.samples, out.sample_rate)
    assert loudness.integrated_lufs == pytest.approx(target, abs=0.01)
    assert run.findings["after_lufs"] == pytest.approx(target)
    assert run.findings["limited_by_ceiling"] is False


def test_is_one_constant_gain():
    audio, run = music(), Run()
    out = NormalizeLoudness()(audio, run)
    gain = np.float32(10 ** (run.findings["gain_db"] / 20))
    np.testing.assert_array_equal(out.samples, gain * audio.samples)


def test_gives_way_to_the_ceiling_and_says_so():
    run = Run()
    out = NormalizeLoudness(target=-10, ceiling=-2)(music(crest=5), run)
    loudness = measure_loudness(out.samples, out.sample_rate)
    assert loudness.true_peak_db == pytest.approx(-2, abs=0.01)
    assert loudness.integrated_lufs < -10.5
    assert run.findings["limited_by_ceiling"] is True


def test_strength_is_a_share_of_the_decibels():
    full, half = Run(), Run()
    NormalizeLoudness()(music(), full)
    NormalizeLoudness(strength=0.5)(music(), half)
    assert half.findings["gain_db"] == pytest.approx(full.findings["gain_db"] / 2)


def test_strength_zero_returns_the_same_object():
    audio = music()
    assert NormalizeLoudness(strength=0)(audio, Run()) is audio


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((2, 44100), np.float32),
        np.full((1, 1000), 0.5, np.float32),
        np.zeros((1, 0), np.float32),
        np.full((1, 44100), 1e-40, np.float32),
        np.full((6, 44100), 0.5, np.float32),
    ],
    ids=["silence", "short", "empty", "denormal", "six channels"],
)
def test_what_has_no_loudness_stays_and_is_reported(samples):
    audio, run = Audio(samples, 44100), Run()
    assert NormalizeLoudness()(audio, run) is audio
    assert run.findings["unchanged"]


@pytest.mark.parametrize("sample_rate", [4000, 11025, 192_000, 768_000])
def test_any_rate(sample_rate):
    audio = music(seconds=1, num_channels=1, sample_rate=sample_rate)
    out = NormalizeLoudness()(audio, Run())
    assert measure_loudness(out.samples, sample_rate).integrated_lufs == pytest.approx(
        -23, abs=0.05
    )
