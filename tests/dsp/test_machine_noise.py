import numpy as np
import pytest

from toolkit.dsp import damage, machine_noise

RATE = 8000


def thumps(seconds: float = 10.0) -> machine_noise.Thumps:
    shape = damage.Recording(2, int(seconds * RATE), RATE)
    return machine_noise.draw_thumps(np.random.default_rng(1), shape, rpm=60.0)


def test_a_thump_a_revolution():
    found = thumps()
    assert len(found.time) in (9, 10)
    assert np.diff(found.time) == pytest.approx(1.0, abs=0.01)


def test_thumps_equal_a_naive_sum():
    found = thumps(3.0)
    expected = np.zeros(3 * RATE)
    for begin in found.time:
        for sample in range(len(expected)):
            time = sample / RATE - begin
            if 0 <= time <= found.tail:
                expected[sample] += found._shape(np.array([time]))[0]
    whole = found.between(0, 3 * RATE, RATE)
    np.testing.assert_allclose(whole, found.gains[:, None] * expected, atol=1e-5)
    piece = found.between(5000, 9001, RATE)
    np.testing.assert_array_equal(piece, whole[:, 5000:9001])


def test_thumps_are_low_and_fall():
    found = thumps()
    wave = found.between(0, 10 * RATE, RATE)[0]
    spectrum = np.abs(np.fft.rfft(wave)) ** 2
    frequency = np.fft.rfftfreq(len(wave), 1 / RATE)
    assert spectrum[frequency < 100].sum() > 0.95 * spectrum.sum()
    assert 0.2 < np.abs(wave).max() <= 1.0


def test_hum_is_a_sum_of_sines_of_a_drifting_fundamental():
    hum = machine_noise.draw_hum(np.random.default_rng(2), mains_hz=50.0, harmonics=6)
    wave = hum.between(0, 20 * RATE, RATE)
    assert np.mean(wave**2) == pytest.approx(1.0, rel=0.02)
    spectrum = np.abs(np.fft.rfft(wave[0] * np.hanning(wave.shape[1]))) ** 2
    frequency = np.fft.rfftfreq(wave.shape[1], 1 / RATE)
    near = np.zeros(len(frequency), bool)
    for number in range(1, 7):
        near |= np.abs(frequency - number * hum.frequency) < 0.06 * number + 0.3
    assert spectrum[near].sum() > 0.999 * spectrum.sum()
    assert 49 <= hum.frequency <= 51
    np.testing.assert_allclose(hum.between(777, 999, RATE), wave[:, 777:999], atol=1e-12)


def test_partials_above_nyquist_are_left_out():
    hum = machine_noise.draw_hum(np.random.default_rng(2), mains_hz=60.0, harmonics=40)
    wave = hum.between(0, 2000, 1000)[0]
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    frequency = np.fft.rfftfreq(len(wave), 1 / 1000)
    between = np.abs((frequency / hum.frequency + 0.5) % 1 - 0.5) > 0.2
    assert spectrum[between].sum() < 1e-3 * spectrum.sum()
