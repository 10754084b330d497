import numpy as np
import pytest

from toolkit.dsp.stft import Grid
from toolkit.evaluation.musical_noise import kurtosis_ratio, quiet_floor_db

RATE = 22050


def noise(seconds=6, level=0.1):
    return (level * np.random.default_rng(0).standard_normal((1, seconds * RATE))).astype(
        np.float32
    )


def subtract(signal):
    """Plain spectral subtraction, the textbook maker of musical noise."""
    grid = Grid(256)
    spectra = grid.analyze(signal)
    power = np.abs(spectra) ** 2
    gain = np.sqrt(np.maximum(1 - 2 * power.mean() / np.maximum(power, 1e-12), 0.001))
    return grid.synthesize(spectra * gain, 0, signal.shape[1])


def test_the_same_noise_softer_is_free_of_it():
    assert kurtosis_ratio(noise(), 0.1 * noise(), RATE) == pytest.approx(1, abs=1e-4)


def test_spectral_subtraction_is_not():
    assert kurtosis_ratio(noise(), subtract(noise()), RATE) > 1.5


def test_kurtosis_is_that_of_the_definition():
    from toolkit.evaluation.musical_noise import _kurtosis

    power = np.random.default_rng(1).exponential(size=(200_000, 1))
    expected = np.mean((power - power.mean()) ** 4) / np.var(power) ** 2
    assert _kurtosis(power)[0] == pytest.approx(expected)
    assert expected == pytest.approx(9, abs=0.7)


def test_nothing_to_say_is_one():
    silence = np.zeros((1, 2 * RATE), np.float32)
    assert kurtosis_ratio(silence, silence, RATE) == 1
    assert kurtosis_ratio(noise(), np.zeros_like(noise()), RATE) == 1
    assert kurtosis_ratio(noise()[:, :100], noise()[:, :100], RATE) == 1
    with pytest.raises(ValueError, match="equal shapes"):
        kurtosis_ratio(noise(), noise()[:, 1:], RATE)


def test_the_floor_is_between_the_notes():
    signal = noise(level=0.01)
    for onset in range(0, 6 * RATE, RATE):
        signal[:, onset : onset + RATE // 2] += 0.3
        signal[:, onset : onset + RATE // 2] *= np.sin(np.arange(RATE // 2)).astype(np.float32)
    assert quiet_floor_db(signal, RATE) == pytest.approx(-40, abs=1.5)
    assert quiet_floor_db(signal[0], RATE) == pytest.approx(-40, abs=1.5)


def test_hum_does_not_count():
    hum = 0.5 * np.sin(2 * np.pi * 50 * np.arange(6 * RATE) / RATE)
    assert quiet_floor_db((noise(level=0.01) + hum).astype(np.float32), RATE) < -37


def test_silence_has_no_floor():
    assert quiet_floor_db(np.zeros((2, RATE), np.float32), RATE) == -np.inf
    assert quiet_floor_db(np.zeros((2, 0), np.float32), RATE) == -np.inf
