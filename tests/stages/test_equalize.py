import numpy as np
import pytest

from toolkit.dsp.replay_curves import REPLAY_CURVES
from toolkit.errors import UsageError
from toolkit.run import Run
from toolkit.stages.equalize import Equalize
from toolkit.values import Audio


def tone(frequency, seconds=2, sample_rate=44100):
    time = np.arange(seconds * sample_rate) / sample_rate
    return Audio(0.05 * np.sin(2 * np.pi * frequency * time)[None].astype(np.float32), sample_rate)


def level_db(audio):
    half = audio.samples[:, audio.num_samples // 2 :]
    return 20 * np.log10(np.sqrt(np.mean(half.astype(float) ** 2)))


def noise(num_channels=2, num_samples=30_000):
    samples = 0.1 * np.random.default_rng(0).standard_normal((num_channels, num_samples))
    return Audio(samples.astype(np.float32), 44100)


@pytest.mark.parametrize(
    "stage",
    [
        Equalize(),
        Equalize(curve="acoustic"),
        Equalize(curve="riaa", undo="riaa"),
        Equalize(curve="riaa", strength=0),
        Equalize(high_hz=30_000),
    ],
)
def test_nothing_to_do_returns_the_same_object(stage):
    audio = noise()
    assert stage(audio, Run()) is audio


@pytest.mark.parametrize(("frequency", "gain"), [(50, 16.946), (1000, 0.0), (10_000, -13.734)])
def test_tones_come_out_at_the_curves_level(frequency, gain):
    audio = tone(frequency)
    out = Equalize(curve="riaa")(audio, Run())
    assert level_db(out) - level_db(audio) == pytest.approx(gain, abs=0.02)


def test_a_78_through_a_riaa_preamplifier_becomes_right():
    # As cut: the inverse of its own curve; as transferred: RIAA on top.
    played = noise()
    transferred = Equalize(curve="riaa", undo="columbia-78")(played, Run())
    restored = Equalize(curve="columbia-78", undo="riaa")(transferred, Run())
    error = restored.samples[:, 4000:] - played.samples[:, 4000:]
    # The subsonic high-pass of a curve without shelf is all that remains.
    spectrum = np.abs(np.fft.rfft(error * np.hanning(error.shape[1]))) ** 2
    audible = spectrum[:, np.fft.rfftfreq(error.shape[1], 1 / 44100) > 100].sum()
    original = np.abs(np.fft.rfft(played.samples[:, 4000:] * np.hanning(error.shape[1]))) ** 2
    assert 10 * np.log10(audible / original.sum()) < -40


def test_strength_mixes():
    audio = noise()
    full = Equalize(curve="aes-1951")(audio, Run()).samples
    half = Equalize(curve="aes-1951", strength=0.5)(audio, Run()).samples
    np.testing.assert_allclose(half, (full + audio.samples) / 2, atol=1e-6)


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 100])
@pytest.mark.parametrize("name", REPLAY_CURVES)
def test_any_length_keeps_its_shape(name, num_samples):
    audio = Audio(np.ones((3, num_samples), np.float32), 4000)
    out = Equalize(curve=name, low_hz=1000, high_hz=1500)(audio, Run())
    assert out.samples.shape == (3, num_samples)
    assert out.samples.dtype == np.float32
    assert np.isfinite(out.samples).all()


def test_an_unknown_curve_names_the_nearest():
    with pytest.raises(UsageError) as caught:
        Equalize(curve="columbia-lb")
    assert "columbia-lp" in caught.value.hint


def test_the_report_names_both_curves():
    run = Run()
    Equalize(curve="decca-ffrr-78", undo="riaa")(noise(), run)
    assert run.findings["curve"] == "decca-ffrr-78"
    assert run.findings["undo"] == "riaa"
