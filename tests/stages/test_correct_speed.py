import numpy as np
import pytest

from toolkit.dsp.resample import warp
from toolkit.run import Run
from toolkit.stages.correct_speed import CorrectSpeed
from toolkit.values import Audio


def tone(frequency, seconds=2.0, sample_rate=44100, num_channels=1):
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    samples = np.tile(0.5 * np.sin(2 * np.pi * frequency * time), (num_channels, 1))
    return Audio(samples.astype(np.float32), sample_rate)


def measured_hz(audio):
    segment = audio.samples[0] * np.hanning(audio.num_samples)
    spectrum = np.abs(np.fft.rfft(segment, 8 * audio.num_samples))
    return spectrum.argmax() * audio.sample_rate / (8 * audio.num_samples)


@pytest.mark.parametrize(
    ("stage", "factor"),
    [
        (CorrectSpeed(speed=1.05), 1.05),
        (CorrectSpeed(cents=-100), 2 ** (-1 / 12)),
        (CorrectSpeed(recorded_rpm=76.59), 76.59 / 78.26),
        (CorrectSpeed(recorded_rpm=45, played_rpm=33.333), 45 / 33.333),
        (CorrectSpeed(speed=1.5, cents=1200, strength=0.5), 3**0.5),
    ],
)
def test_constant_factors_change_pitch_and_length(stage, factor):
    audio, run = tone(1000, num_channels=2), Run()
    out = stage(audio, run)
    assert out.samples.shape == (2, round(audio.num_samples / factor))
    assert measured_hz(out) == pytest.approx(1000 * factor, rel=2e-4)
    assert run.findings["cents"] == pytest.approx(1200 * np.log2(factor))


@pytest.mark.parametrize(
    "stage",
    [
        CorrectSpeed(),
        CorrectSpeed(speed=2, strength=0),
        CorrectSpeed(hum_hz=50, strength=0),
        CorrectSpeed(recorded_rpm=33.3, played_rpm=33.3),
    ],
)
def test_nothing_to_do_returns_the_same_object(stage):
    audio = tone(440)
    assert stage(audio, Run()) is audio


def wavering_transfer(hum_hz, fast=1.0, depth=0.008, seconds=20, sample_rate=16000):
    """A 700 Hz tone over hum, played at `fast` times the speed with 0.8 Hz of wow."""
    num_samples = round(seconds * sample_rate * 1.3)
    time = np.arange(num_samples) / sample_rate
    studio = 0.1 * np.sin(2 * np.pi * 700 * time)
    studio += 0.001 * np.sin(2 * np.pi * hum_hz * time)
    studio += 0.001 * np.sin(6 * np.pi * hum_hz * time)
    studio += 1e-5 * np.random.default_rng(0).standard_normal(num_samples)
    at = fast * (1 + depth * np.sin(2 * np.pi * 0.8 * time))
    positions = np.cumsum(at)[: seconds * sample_rate]
    out = np.zeros((1, len(positions)), np.float32)
    warp(studio[None].astype(np.float32), lambda i: positions[i], out=out, fastest=1.1)
    return Audio(out, sample_rate), positions[-1] / sample_rate


def residual_cents(audio, frequency):
    """Instantaneous frequency of a tone, the first and last half second left out."""
    time = np.arange(audio.num_samples) / audio.sample_rate
    turned = audio.samples[0] * np.exp(-2j * np.pi * frequency * time)
    width = audio.sample_rate // 20
    still = np.convolve(turned, np.hanning(width) / width, "same")[:: width // 2]
    hertz = np.angle(still[1:] * np.conj(still[:-1])) / (2 * np.pi * (width // 2))
    edge = 20
    return 1200 * np.log2(1 + hertz[edge:-edge] * audio.sample_rate / frequency)


@pytest.mark.parametrize("hum_hz", [50.0, 60.0])
def test_hum_takes_the_wow_out_of_the_music(hum_hz):
    transfer, studio_seconds = wavering_transfer(hum_hz)
    run = Run()
    out = CorrectSpeed(hum_hz=hum_hz)(transfer, run)
    assert run.findings["hum_found"] is True
    assert residual_cents(transfer, 700).std() > 9
    after = residual_cents(out, 700)
    assert np.sqrt(np.mean(after**2)) < 0.5
    assert out.duration == pytest.approx(studio_seconds, abs=0.005)
    assert run.findings["wow_cents"] == pytest.approx(0.008 / np.sqrt(2) * 1731, rel=0.1)


def test_the_factor_says_where_the_hum_is_and_the_hum_says_the_rest():
    transfer, _ = wavering_transfer(50.0, fast=1.09)
    lost, found = Run(), Run()
    CorrectSpeed(hum_hz=50)(transfer, lost)
    out = CorrectSpeed(hum_hz=50, speed=0.92)(transfer, found)
    assert lost.findings["hum_found"] is False
    assert found.findings["hum_found"] is True
    assert np.abs(residual_cents(out, 700)).max() < 1


def test_half_strength_leaves_half_the_wow():
    transfer, _ = wavering_transfer(50.0)
    out = CorrectSpeed(hum_hz=50, strength=0.5)(transfer, Run())
    ratio = residual_cents(out, 700).std() / residual_cents(transfer, 700).std()
    assert ratio == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("sample_rate", [4000, 44100, 96000])
@pytest.mark.parametrize("kind", ["silence", "noise", "constant", "square", "denormal"])
def test_without_hum_nothing_is_guessed(kind, sample_rate):
    num_samples = 2 * sample_rate
    made = {
        "silence": np.zeros(num_samples),
        "noise": np.random.default_rng(0).standard_normal(num_samples),
        "constant": np.ones(num_samples),
        "square": np.sign(np.sin(2 * np.pi * 123 / sample_rate * np.arange(num_samples))),
        "denormal": np.full(num_samples, 1e-40),
    }
    audio = Audio(np.tile(made[kind], (2, 1)).astype(np.float32), sample_rate)
    run = Run()
    assert CorrectSpeed(hum_hz=50)(audio, run) is audio
    assert run.findings["hum_found"] is False


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 50])
def test_any_length(num_samples):
    audio = Audio(np.ones((3, num_samples), np.float32), 8000)
    for stage in (CorrectSpeed(speed=0.5), CorrectSpeed(speed=1.1, hum_hz=60)):
        out = stage(audio, Run())
        assert out.num_samples == round(num_samples / stage.speed)
        assert np.isfinite(out.samples).all()
