from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.checkpoints import Store
from toolkit.dsp import missing_band
from toolkit.dsp.condition import Condition
from toolkit.evaluation import extending
from toolkit.registry import folder
from toolkit.run import Run
from toolkit.stages import extend_bandwidth
from toolkit.stages.extend_bandwidth import ExtendBandwidth
from toolkit.values import Audio

RATE = 44100
STORE = Store(folder("checkpoints"))


@cache
def music(seconds=4.0, rate=RATE, seed=0):
    """Bowed and plucked notes with all their partials."""
    rng = np.random.default_rng(seed)
    out = 1e-4 * rng.standard_normal(int(seconds * rate))
    length = int(0.8 * rate)
    decay = np.exp(-4 * np.arange(length) / rate)
    for onset in np.arange(0, seconds - 1, 0.2):
        pitch = 150 * 2 ** (rng.integers(0, 24) / 12)
        harmonics = np.arange(1, int(min(0.48 * rate, 20000) / pitch))
        spectrum = np.zeros(length // 2 + 1, complex)
        bins = np.round(harmonics * pitch * length / rate).astype(int)
        spectrum[bins] = harmonics**-1.5 * np.exp(2j * np.pi * rng.random(len(harmonics)))
        first = int(onset * rate)
        out[first : first + length] += length * np.fft.irfft(spectrum, length) * decay
    return Audio((0.1 * out / out.std()).astype(np.float32)[None], rate)


def narrowed(cutoff_hz, slope_db=96, seconds=4.0, rate=RATE):
    return extending.narrowed(music(seconds, rate), cutoff_hz, slope_db)


def extended(audio, **parameters):
    run = Run(checkpoints=STORE).for_step("extend-bandwidth")
    return ExtendBandwidth(**parameters)(audio, run), run.findings


@pytest.mark.parametrize("slope_db", [36, 96])
@pytest.mark.parametrize("cutoff_hz", [3000, 4500, 8000])
def test_comes_nearer_to_the_treble_that_was_taken(cutoff_hz, slope_db):
    whole, narrow = music(), narrowed(cutoff_hz, slope_db)
    out, findings = extended(narrow)
    before, after = (
        extending.distance_above(whole.samples, each.samples, RATE, cutoff_hz)
        for each in (narrow, out)
    )
    assert after < 0.75 * before
    assert findings["cutoff_hz"] == pytest.approx(cutoff_hz, rel=0.15)
    assert findings["added_db"] < -15


def test_does_better_than_folding():
    whole, narrow = music(), narrowed(4000)
    ours, folded = extended(narrow)[0].samples, extending.folded(narrow, 4000, fall_db=12)
    distances = [
        extending.distance_above(whole.samples, each, RATE, 4000) for each in (ours, folded)
    ]
    assert distances[0] < distances[1]


@pytest.mark.parametrize("cutoff_hz", [3000.0, 6000.0])
def test_leaves_what_lies_below(cutoff_hz):
    narrow = narrowed(cutoff_hz)
    out, _ = extended(narrow, cutoff_hz=cutoff_hz)
    change_db = extending.changed_below_db(narrow.samples, out.samples, RATE, 0.95 * cutoff_hz)
    assert change_db < -60


def test_a_full_band_comes_back_untouched():
    out, findings = extended(music())
    assert out is music()
    assert findings["added"].startswith("nothing")


def test_no_room_above_the_cutoff():
    audio = music(2.0, 8000)
    out, findings = extended(audio, cutoff_hz=3800.0)
    assert out is audio
    assert "no room" in findings["added"]


@pytest.mark.parametrize("rate", [22050, 48000, 96000])
def test_any_rate(rate):
    narrow = narrowed(3500, rate=rate, seconds=3.0)
    whole = music(3.0, rate)
    out, _ = extended(narrow)
    assert extending.distance_above(whole.samples, out.samples, rate, 3500) < (
        0.75 * extending.distance_above(whole.samples, narrow.samples, rate, 3500)
    )


def test_strength_is_the_level_of_what_is_added():
    narrow = narrowed(4000)
    assert extended(narrow, strength=0.0)[0] is narrow
    full, half = (extended(narrow, strength=each)[0].samples for each in (1.0, 0.5))
    np.testing.assert_allclose(half, 0.5 * (full + narrow.samples), atol=1e-6)


def test_the_middle_stays_in_the_middle():
    narrow = narrowed(4000, seconds=2.0)
    pair = Audio(np.vstack([narrow.samples, 0.5 * narrow.samples]), RATE)
    out = extended(pair, cutoff_hz=4000.0)[0].samples
    alike = Audio(np.vstack([narrow.samples, narrow.samples]), RATE)
    same = extended(alike, cutoff_hz=4000.0)[0].samples
    assert np.array_equal(same[0], same[1])
    assert not np.array_equal(out[0], out[1])


def test_blocks_do_not_show(monkeypatch):
    narrow = narrowed(4000, seconds=6.0)
    whole = extended(narrow)[0].samples
    monkeypatch.setattr(extend_bandwidth, "_CELLS", 1)
    pieces = extended(narrow)[0].samples
    assert np.abs(whole - pieces).max() < 10 ** (-90 / 20)


def test_the_seed_decides():
    narrow = narrowed(4000, seconds=2.0)
    one, same = (extended(narrow)[0].samples for _ in range(2))
    other = ExtendBandwidth()(narrow, Run(seed=1, checkpoints=STORE)).samples
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_without_a_store_the_shipped_network_is_used():
    narrow = narrowed(4000, seconds=2.0)
    bare = ExtendBandwidth()(narrow, Run().for_step("extend-bandwidth")).samples
    assert np.array_equal(bare, extended(narrow)[0].samples)


@given(
    num_samples=st.sampled_from([1, 2, 3, 50, 1000, 5000]),
    num_channels=st.sampled_from([1, 2, 3]),
    rate=st.sampled_from([4000, 44100, 768000]),
    kind=st.sampled_from(["silence", "dc", "square", "denormal", "noise", "impulse"]),
)
@settings(deadline=None, max_examples=40)
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
    for cutoff_hz in (0.0, 1500.0):
        out, _ = extended(Audio(samples, rate), cutoff_hz=cutoff_hz)
        assert out.samples.shape == samples.shape
        assert out.samples.dtype == np.float32
        assert np.isfinite(out.samples).all()
        if kind == "silence":
            assert not out.samples.any()


def condition(high_hz, snr_db):
    return Condition(
        duration=10.0, sample_rate=RATE, num_channels=1, peak_db=-3.0, level_db=-20.0,
        noise_floor_db=-60.0, snr_db=snr_db, low_hz=50.0, high_hz=high_hz,
        clicks_per_second=0.0, thumps_per_minute=0.0, rumble_db=-90.0, dc=0.0, hum_hz=0.0,
        hum_db=-np.inf, hum_prominence_db=0.0, clipped_ratio=0.0, clip_level=0.0, groove="mono",
    )  # fmt: skip


def test_tuned_to_where_the_music_ends():
    assert ExtendBandwidth().tuned(condition(15000.0, 20))[0].strength == 0
    assert ExtendBandwidth().tuned(condition(0.0, 20))[0].strength == 0
    stage, reason = ExtendBandwidth().tuned(condition(4200.0, 20))
    assert (stage.strength, stage.cutoff_hz) == (1, 4200)
    assert "4.2 kHz" in reason
    assert ExtendBandwidth().tuned(condition(4200.0, 60))[0].cutoff_hz == 0
    assert missing_band.known_bands(4200.0).sum() < 40
