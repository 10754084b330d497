import numpy as np
import pytest

from toolkit.dsp import zero_phase

RATE = 8000


def shelf(frequency: np.ndarray) -> np.ndarray:
    return -12 / (1 + (frequency / 500) ** 2)


@pytest.mark.parametrize("num_samples", [0, 1, 2, 3, 500, 300_000])
def test_blocks_equal_a_naive_convolution(num_samples):
    samples = np.random.default_rng(2).standard_normal((2, num_samples)).astype(np.float32)
    out = np.zeros_like(samples)
    zero_phase.filter_by(samples, shelf, RATE, out=out)
    kernel = zero_phase.taps(shelf, RATE)
    half = len(kernel) // 2
    for channel, result in zip(samples, out, strict=True):
        if num_samples:
            naive = np.convolve(channel.astype(np.float64), kernel)[half : half + num_samples]
            np.testing.assert_allclose(result, naive, atol=1e-6)


@pytest.mark.parametrize("rate", [4000, 44100, 192000])
def test_response_is_the_curve_and_has_no_phase(rate):
    kernel = zero_phase.taps(shelf, rate)
    np.testing.assert_allclose(kernel, kernel[::-1], atol=1e-12)
    n_fft = 1 << 17
    response = np.fft.rfft(np.roll(np.pad(kernel, (0, n_fft - len(kernel))), -(len(kernel) // 2)))
    frequency = np.fft.rfftfreq(n_fft, 1 / rate)
    audible = (frequency > 30) & (frequency < 0.49 * rate)
    gain_db = 20 * np.log10(np.abs(response[audible]))
    np.testing.assert_allclose(gain_db, shelf(frequency[audible]), atol=0.05)
    assert np.abs(np.angle(response[audible])).max() < 1e-9


def test_a_flat_curve_changes_nothing():
    kernel = zero_phase.taps(np.zeros_like, RATE)
    expected = np.zeros_like(kernel)
    expected[len(kernel) // 2] = 1
    np.testing.assert_allclose(kernel, expected, atol=1e-12)
