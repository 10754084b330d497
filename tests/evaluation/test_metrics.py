import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.evaluation import metrics

RNG = np.random.default_rng(0)
MUSIC = RNG.standard_normal((2, 20000)).astype(np.float32)
NOISE = RNG.standard_normal((2, 20000)).astype(np.float32)


@pytest.mark.parametrize("gain_db", [-40.0, -6.0, 0.0, 10.0])
def test_snr(gain_db):
    noise = (NOISE * 10 ** (gain_db / 20)).astype(np.float32)
    assert metrics.snr(MUSIC, MUSIC + noise) == pytest.approx(-gain_db, abs=0.2)


def test_si_sdr_ignores_level_and_snr_does_not():
    assert metrics.si_sdr(MUSIC, 0.25 * MUSIC) > 100
    assert metrics.snr(MUSIC, 0.5 * MUSIC) == pytest.approx(6.02, abs=0.01)
    one = metrics.si_sdr(MUSIC, MUSIC + 0.3 * NOISE)
    assert metrics.si_sdr(MUSIC, 7 * (MUSIC + 0.3 * NOISE)) == pytest.approx(one, abs=1e-3)


def naive_lsd(reference: np.ndarray, estimate: np.ndarray, n_fft: int, hop: int) -> float:
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)

    def powers(signal: np.ndarray) -> list[np.ndarray]:
        padded = np.concatenate([np.zeros(n_fft // 2), signal, np.zeros(n_fft // 2)])
        padded = np.concatenate([padded, np.zeros(-(len(padded) - n_fft) % hop)])
        starts = range(0, len(padded) - n_fft + 1, hop)
        return [
            np.abs(np.fft.rfft(padded[at : at + n_fft] * window) / window.sum()) ** 2
            for at in starts
        ]

    true, found = powers(reference), powers(estimate)
    floor = np.mean(true) * 1e-8
    each = [
        np.sqrt(np.mean((np.log10(one + floor) - np.log10(other + floor)) ** 2))
        for one, other in zip(true, found, strict=True)
    ]
    return float(np.mean(each))


def test_log_spectral_distance_equals_a_naive_one():
    estimate = MUSIC[:1] + 0.5 * NOISE[:1]
    found = metrics.log_spectral_distance(MUSIC[:1], estimate, n_fft=256, hop_length=64)
    assert found == pytest.approx(naive_lsd(MUSIC[0], estimate[0], 256, 64), rel=1e-3)
    assert metrics.log_spectral_distance(MUSIC, MUSIC) == 0


def test_energy_removed():
    assert metrics.energy_removed_db(MUSIC, 0.9 * MUSIC) == pytest.approx(-20, abs=0.01)
    assert metrics.energy_removed_db(MUSIC, MUSIC) == -np.inf


def test_touched_samples_a_minute():
    changed = MUSIC.copy()
    changed[0, :10] += 1
    assert metrics.touched_per_minute(MUSIC, changed, 20000) == pytest.approx(10 / 2 * 60)


@given(st.integers(-3000, 3000), st.integers(15000, 24000))
def test_delay_is_taken_out(delay, length):
    late = np.zeros((2, length), np.float32)
    source = np.arange(length) - delay
    inside = (source >= 0) & (source < MUSIC.shape[1])
    late[:, inside] = MUSIC[:, source[inside]]
    aligned, found = metrics.align(MUSIC, late)
    assert found == delay
    assert aligned.shape == MUSIC.shape
    assert np.array_equal(aligned[:, 4000:10000], MUSIC[:, 4000:10000])


@pytest.mark.parametrize("function", [metrics.snr, metrics.si_sdr, metrics.energy_removed_db])
def test_shapes_must_agree(function):
    with pytest.raises(ValueError, match="same shape"):
        function(MUSIC, MUSIC[:, 1:])
