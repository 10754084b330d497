import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from toolkit.dsp.condition import Condition
from toolkit.evaluation.musical_noise import kurtosis_ratio
from toolkit.run import Run
from toolkit.stages import denoise
from toolkit.stages.denoise import Denoise
from toolkit.values import Audio

RATE = 44100


def music(seconds=8.0, rate=RATE, seed=0):
    """Chords and a plucked melody: onsets, decays, harmonics up to 8 kHz."""
    rng = np.random.default_rng(seed)
    out = np.zeros(int(seconds * rate))
    time = np.arange(int(0.9 * rate)) / rate
    for onset in np.arange(0, seconds - 1, 0.25):
        pitch = 196 * 2 ** (rng.choice([0, 2, 4, 7, 9, 12, 16, 19]) / 12)
        harmonics = np.arange(1, int(min(8000, 0.45 * rate) / pitch) + 1)
        tone = np.sin(2 * np.pi * pitch * np.outer(harmonics, time)) / harmonics[:, None] ** 1.3
        first = int(onset * rate)
        out[first : first + len(time)] += tone.sum(axis=0) * np.exp(-5 * time)
    return (0.3 * out / np.abs(out).max()).astype(np.float32)[np.newaxis]


def hiss(shape, seed=1, rate=RATE):
    """Falling noise whose level swings once a revolution of a 78."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal(shape)
    noise = white + 0.7 * np.roll(white, 1, axis=-1)
    swing = 1 + 0.15 * np.sin(2 * np.pi * 1.304 * np.arange(shape[-1]) / rate)
    return (noise * swing / noise.std()).astype(np.float32)


def mixed(clean, snr_db, seed=1, rate=RATE):
    level = clean.std() * 10 ** (-snr_db / 20)
    return (clean + level * hiss(clean.shape, seed, rate)).astype(np.float32)


def snr(clean, out):
    return 10 * np.log10(np.sum(clean**2) / np.sum((clean - out) ** 2))


def denoised(samples, rate=RATE, model="classical", **parameters):
    run = Run()
    return Denoise(model=model, **parameters)(Audio(samples, rate), run).samples, run.findings


@pytest.mark.parametrize(("snr_db", "gain_db"), [(2, 10), (6, 9), (12, 6.5), (20, 3), (30, 0.0)])
def test_music_stands_out_of_the_noise(snr_db, gain_db):
    clean = music()
    out, _ = denoised(mixed(clean, snr_db))
    assert snr(clean, out) > snr_db + gain_db


def test_clean_music_stays():
    clean = music()
    out, _ = denoised(clean)
    assert np.sum((clean - out) ** 2) < 10 ** (-4.5) * np.sum(clean**2)


def test_what_is_left_is_no_musical_noise():
    noise = 0.05 * hiss((1, 6 * RATE))
    out, findings = denoised(noise)
    assert kurtosis_ratio(noise, out, RATE) == pytest.approx(1, abs=0.15)
    assert 10 * np.log10(np.mean(noise**2) / np.mean(out**2)) > 15
    assert findings["noise_floor_db"] == pytest.approx(-26, abs=1.5)
    assert findings["reduction_db"] == pytest.approx(24, abs=0.1)


def test_attacks_survive():
    clean = np.zeros((1, 6 * RATE), np.float32)
    rng = np.random.default_rng(5)
    onsets = range(RATE // 2, 5 * RATE, RATE // 3)
    for onset in onsets:
        decay = np.exp(-np.arange(2000) / 300)
        clean[0, onset : onset + 2000] += 0.5 * rng.standard_normal(2000) * decay
    noisy = mixed(clean, 6)
    out, _ = denoised(noisy)
    for onset in onsets:
        attack = slice(onset, onset + 200)
        kept = np.sum(out[0, attack] ** 2) / np.sum(clean[0, attack] ** 2)
        assert 10 * np.log10(kept) > -2
        before = slice(onset - 5500, onset - 4500)
        assert np.std(out[0, before]) < 0.3 * np.std(noisy[0, before])


def test_strength_is_continuous_and_none_is_the_same_object():
    noisy = Audio(mixed(music(4), 6), RATE)
    assert Denoise(strength=0)(noisy, Run()) is noisy
    for model in ("classical", "fast"):
        full = Denoise(model=model)(noisy, Run()).samples
        half = Denoise(model=model, strength=0.5)(noisy, Run()).samples
        np.testing.assert_allclose(half, 0.5 * (full + noisy.samples), atol=1e-6)


def test_blocks_do_not_show(monkeypatch):
    noisy = mixed(music(12), 6)
    whole, _ = denoised(noisy)
    learned = denoise._learn(Audio(noisy, RATE), Run())
    monkeypatch.setattr(denoise, "_learn", lambda audio, run: learned)
    monkeypatch.setattr(denoise, "_CELLS", 2049 * 60)
    pieces, _ = denoised(noisy)
    assert np.abs(whole - pieces).max() < 10 ** (-90 / 20)


def test_rules_differ_a_little_and_both_help():
    clean = music(6)
    noisy = mixed(clean, 6)
    wiener, _ = denoised(noisy, rule="wiener")
    log_spectral, _ = denoised(noisy, rule="log-spectral")
    assert (wiener != log_spectral).any()
    assert snr(clean, wiener) == pytest.approx(snr(clean, log_spectral), abs=0.5)
    assert snr(clean, log_spectral) > 6 + 9


def test_crackle_above_the_music_goes_with_the_noise():
    clean = music(6)
    clean = signal.sosfiltfilt(signal.butter(8, 3000, fs=RATE, output="sos"), clean)
    noisy = mixed(clean, 6)
    rng = np.random.default_rng(3)
    noisy[0, rng.integers(0, noisy.shape[1], 100)] += 0.2
    out, _ = denoised(noisy)
    sections = signal.butter(8, 5000, "highpass", fs=RATE, output="sos")
    before, after = (signal.sosfilt(sections, each)[:, RATE // 4 :] for each in (noisy, out))
    assert np.abs(after).max() < 0.15 * np.abs(before).max()
    assert kurtosis_ratio(before, after, RATE) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("model", ["best", "fast", "classical"])
def test_the_image_is_kept(model):
    left = mixed(music(4), 6)[0]
    out, _ = denoised(np.stack([left, 0.5 * left]), model=model)
    np.testing.assert_allclose(out[1], 0.5 * out[0], atol=1e-5)


@pytest.mark.parametrize("rate", [8000, 48000, 96000])
@pytest.mark.parametrize("model", ["fast", "classical"])
def test_any_rate(rate, model):
    clean = music(4, rate)
    out, _ = denoised(mixed(clean, 6, rate=rate), rate, model)
    assert snr(clean, out) > 6 + 5


@pytest.mark.parametrize("model", ["fast", "classical"])
def test_noise_above_hearing_goes_too(model):
    noisy = mixed(music(4, 96000), 6, rate=96000)
    out, findings = denoised(noisy, 96000, model)
    assert ("above_22_khz" in findings) == (model == "fast")
    above = np.fft.rfftfreq(noisy.shape[1], 1 / 96000) > 24000
    before, after = (np.abs(np.fft.rfft(each[0]))[above] for each in (noisy, out))
    assert np.sum(after**2) < 0.01 * np.sum(before**2)


@given(
    num_samples=st.sampled_from([0, 1, 2, 3, 50, 1000, 5000]),
    num_channels=st.sampled_from([1, 2, 3]),
    rate=st.sampled_from([4000, 44100, 768000]),
    kind=st.sampled_from(["silence", "dc", "square", "denormal", "noise", "impulse"]),
)
@settings(deadline=None, max_examples=60)
def test_odd_signals_stay_finite(num_samples, num_channels, rate, kind):
    index = np.arange(num_samples)
    row = {
        "silence": np.zeros(num_samples),
        "dc": np.full(num_samples, 0.7),
        "square": np.where(index // 20 % 2, 1.0, -1.0),
        "denormal": np.full(num_samples, 1e-40),
        "noise": np.random.default_rng(0).uniform(-1, 1, num_samples),
        "impulse": (index == num_samples // 2).astype(float),
    }[kind]
    samples = np.tile(row, (num_channels, 1)).astype(np.float32)
    for model in ("fast", "classical"):
        out, _ = denoised(samples, rate, model)
        assert out.shape == samples.shape
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
        if kind == "silence":
            assert not out.any()


def condition(snr_db, floor_db=-60.0):
    return Condition(
        duration=10.0, sample_rate=RATE, num_channels=1, peak_db=-3.0, level_db=-20.0,
        noise_floor_db=floor_db, snr_db=snr_db, low_hz=50.0, high_hz=8000.0,
        clicks_per_second=0.0, thumps_per_minute=0.0, rumble_db=-90.0, dc=0.0, hum_hz=0.0,
        hum_db=-np.inf, hum_prominence_db=0.0, clipped_ratio=0.0, clip_level=0.0, groove="mono",
    )  # fmt: skip


def test_tuned_to_the_need():
    assert Denoise().tuned(condition(10))[0].strength == 1
    assert 0 < Denoise().tuned(condition(45))[0].strength < 1
    assert Denoise().tuned(condition(70))[0].strength == 0
    stage, reason = Denoise().tuned(condition(-120.0, -np.inf))
    assert stage.strength == 0
    assert "no steady noise" in reason


@pytest.mark.parametrize("model", ["best", "fast"])
@pytest.mark.parametrize(("snr_db", "gain_db"), [(2, 9), (6, 8), (12, 6), (20, 3), (30, 0.0)])
def test_the_network_finds_music_in_noise(model, snr_db, gain_db):
    clean = music()
    out, findings = denoised(mixed(clean, snr_db), model=model)
    assert snr(clean, out) > snr_db + gain_db
    assert findings["checkpoint"] == "denoise-music-44k"


def test_the_network_leaves_clean_music():
    clean = music()
    out, _ = denoised(clean, model="best")
    assert np.sum((clean - out) ** 2) < 10**-3 * np.sum(clean**2)


def test_segments_of_the_network_are_faded_into_each_other(monkeypatch):
    noisy = mixed(music(14), 6)
    whole, _ = denoised(noisy, model="fast")
    monkeypatch.setattr(denoise, "_SEGMENT_SECONDS", 6.0)
    pieces, _ = denoised(noisy, model="fast")
    # Other segments have other quiet moments, so results differ, but nowhere by a step.
    apart = whole - pieces
    assert 10 * np.log10(np.mean(apart**2) / np.mean(whole**2)) < -12
    assert np.abs(np.diff(apart)).max() < 1.5 * np.abs(np.diff(whole)).max()


def test_what_is_too_short_is_left_alone():
    audio = Audio(0.1 * hiss((1, RATE // 3)), RATE)
    run = Run()
    assert Denoise()(audio, run) is audio
    assert "too short" in run.findings["left_alone"]
