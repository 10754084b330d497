import numpy as np
import pytest

from toolkit.run import Run
from toolkit.stages import dethump
from toolkit.stages.dethump import Dethump
from toolkit.values import Audio

RATE = 44100


def chord(seconds):
    time = np.arange(int(seconds * RATE)) / RATE
    tones = sum(0.08 * np.sin(2 * np.pi * f * time) for f in (55, 220, 277, 330, 1100))
    return tones.astype(np.float32)


def thumped(clean, seed=5):
    rng = np.random.default_rng(seed)
    spoiled = clean.copy()
    time = np.arange(RATE // 4) / RATE
    for start in np.arange(0.4, len(clean) / RATE - 0.4, 0.77):
        frequency = rng.uniform(20, 45) * (1 - time)
        swing = np.sin(2 * np.pi * frequency * time) * np.exp(-time / 0.035)
        at = int(start * RATE)
        spoiled[at : at + len(time)] += (0.3 * rng.choice([-1, 1]) * swing).astype(np.float32)
    return spoiled


def snr(clean, other):
    error = np.sum((clean.astype(float) - other) ** 2)
    return 10 * np.log10(np.sum(clean.astype(float) ** 2) / error)


def test_thumps_go_and_the_bass_under_them_stays():
    clean = chord(10)
    spoiled = thumped(clean)
    run = Run()
    cleaned = Dethump(cutoff_hz=0)(Audio(spoiled[None], RATE), run).samples[0]
    assert snr(clean, cleaned) > snr(clean, spoiled) + 9
    assert run.findings["thumps_repaired"] == pytest.approx(12, abs=1)


def test_rumble_and_offset_go_and_organ_and_music_stay():
    time = np.arange(6 * RATE) / RATE
    organ = (0.2 * np.sin(2 * np.pi * 32.7 * time) + chord(6)).astype(np.float32)
    rumble = 0.05 * np.sin(2 * np.pi * 6 * time) + 0.02
    spoiled = (organ + rumble).astype(np.float32)
    cleaned = Dethump()(Audio(spoiled[None], RATE), Run()).samples[0]
    inner = slice(RATE, -RATE)
    assert snr(organ[inner], cleaned[inner]) > 40
    assert abs(np.mean(cleaned)) < 2e-4


def test_bass_below_the_cutoff_and_means_that_move_stay_bit_identical():
    signal = chord(8)
    time = np.arange(RATE) / RATE
    for start in range(0, 7 * RATE, 2 * RATE):
        note = np.hanning(RATE) * (0.2 * np.sin(2 * np.pi * 15 * time) + 0.1)
        signal[start : start + RATE] += note.astype(np.float32)
    run = Run()
    kept = Dethump()(Audio(signal[None], RATE), run).samples[0]
    np.testing.assert_array_equal(kept, signal)
    assert run.findings["offset"] == 0


def test_an_offset_goes_as_a_constant():
    signal = chord(8) - chord(8).mean()
    spoiled = (signal + 0.05).astype(np.float32)
    cleaned = Dethump()(Audio(spoiled[None], RATE), Run()).samples[0]
    assert np.ptp((spoiled - cleaned).astype(np.float64)) < 1e-7
    np.testing.assert_allclose(cleaned, signal, atol=1e-4)


def test_kick_drums_survive_bit_identically():
    time = np.arange(RATE // 3) / RATE
    phase = 2 * np.pi * np.cumsum(55 + 90 * np.exp(-time / 0.02)) / RATE
    hit = (0.6 * np.sin(phase) * np.exp(-time / 0.08)).astype(np.float32)
    signal = chord(6)
    for start in range(RATE // 5, 5 * RATE, RATE // 2):
        signal[start : start + len(hit)] += hit
    kept = Dethump(cutoff_hz=0)(Audio(signal[None], RATE), Run()).samples[0]
    np.testing.assert_array_equal(kept, signal)


def test_blocks_do_not_show(monkeypatch):
    audio = Audio(thumped(chord(12))[None], RATE)
    whole = Dethump()(audio, Run()).samples
    monkeypatch.setattr(dethump, "_BLOCK_SAMPLES", 1)
    pieces = Dethump()(audio, Run()).samples
    np.testing.assert_allclose(pieces, whole, atol=3e-5)


def rumbling(seconds, level=0.04):
    """Return steady noise below 35 Hz."""
    spectrum = np.fft.rfft(np.random.default_rng(8).standard_normal(int(seconds * RATE)))
    spectrum[np.arange(len(spectrum)) / seconds > 35] = 0
    noise = np.fft.irfft(spectrum)
    return (level * noise / noise.std()).astype(np.float32)


def test_heavy_rumble_among_the_music_is_turned_down(monkeypatch):
    clean = chord(12)
    audio = Audio((clean + rumbling(12))[None], RATE)
    gains, inner = {}, slice(RATE, -RATE)
    for floor_db in (0, 6, 12):
        run = Run()
        cleaned = Dethump(cutoff_hz=0, floor_db=floor_db)(audio, run).samples[0]
        gains[floor_db] = snr(clean[inner], cleaned[inner]) - snr(
            clean[inner], audio.samples[0, inner]
        )
        assert run.findings.get("rumbling_channels", 0) == (floor_db > 0)
    assert gains[0] == 0
    # Noise swings above its own mean, so that not every cell is turned down as far as that.
    assert 4.5 < gains[6] < 6
    assert 8 < gains[12] < 12
    monkeypatch.setattr(dethump, "_BLOCK_SAMPLES", 1)
    pieces = Dethump(cutoff_hz=0, floor_db=12)(audio, Run()).samples[0]
    np.testing.assert_allclose(pieces, cleaned, atol=1e-4)


def test_an_organ_pedal_that_never_stops_stays_bit_identical():
    time = np.arange(8 * RATE) / RATE
    pedal = sum(0.1 * np.sin(2 * np.pi * f * time) for f in (21.8, 32.7, 43.7, 65.4))
    signal = (pedal + chord(8)).astype(np.float32)
    kept = Dethump()(Audio(signal[None], RATE), Run()).samples[0]
    np.testing.assert_array_equal(kept, signal)


def test_strength_is_the_share_taken_away():
    audio = Audio(np.full((1, 4 * RATE), 0.1, np.float32), RATE)
    half = Dethump(strength=0.5)(audio, Run()).samples
    np.testing.assert_allclose(half, 0.05, atol=1e-3)
    assert Dethump(strength=0)(audio, Run()) is audio


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 500])
@pytest.mark.parametrize("rate", [4000, 44100, 768000])
def test_any_length_and_rate(num_samples, rate):
    noise = np.random.default_rng(0).standard_normal((2, num_samples)).astype(np.float32)
    result = Dethump()(Audio(noise, rate), Run()).samples
    assert result.shape == noise.shape
    assert np.isfinite(result).all()
