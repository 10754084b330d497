import numpy as np
import pytest

from toolkit.evaluation.onsets import onset_change, spectral_flux

RATE = 22050
RNG = np.random.default_rng(0)
TIME = np.arange(4 * RATE) / RATE
PLUCKS = (0.3 * RNG.standard_normal(len(TIME)) * np.exp(-20 * (TIME % 0.5))).astype(np.float32)[
    None
]


def naive_flux(samples: np.ndarray, n_fft: int, hop: int) -> np.ndarray:
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    padded = np.concatenate([np.zeros(n_fft // 2), samples, np.zeros(n_fft)])
    flux, before = [], np.zeros(n_fft // 2 + 1)
    for start in range(0, len(samples) + 1, hop):
        now = np.abs(np.fft.rfft(window * padded[start : start + n_fft])) / window.sum()
        flux.append(sum(max(a - b, 0.0) for a, b in zip(now, before, strict=True)))
        before = now
    return np.array(flux)


def test_flux_equals_a_naive_one():
    part = PLUCKS[:, :5000]
    found = spectral_flux(part, RATE)
    expected = naive_flux(part[0].astype(float), round(0.023 * RATE), round(0.01 * RATE))
    count = min(len(found), len(expected)) - 2
    np.testing.assert_allclose(found[:count], expected[:count], rtol=1e-4, atol=1e-7)


def test_louder_and_softened_attacks():
    assert onset_change(PLUCKS, PLUCKS, RATE) == 0
    assert onset_change(PLUCKS, 0.9 * PLUCKS, RATE) == pytest.approx(-10, abs=0.01)
    fade = np.minimum((TIME % 0.5) / 0.05, 1).astype(np.float32)
    assert onset_change(PLUCKS, PLUCKS * fade, RATE) < -30
    assert abs(onset_change(PLUCKS, np.roll(PLUCKS, RATE // 100, axis=1), RATE)) < 5


def test_silence_has_no_onsets():
    assert np.isnan(onset_change(np.zeros((1, 3000), np.float32), PLUCKS[:, :3000], RATE))
