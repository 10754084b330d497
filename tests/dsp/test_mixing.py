import numpy as np
import pytest

from toolkit.dsp import mixing


def noise_of(rng: np.random.Generator, shape: tuple[int, int]):
    noise = rng.standard_normal(shape)
    return noise, lambda start, stop: noise[:, start:stop]


@pytest.mark.parametrize("snr_db", [-6.0, 2.0, 30.0])
def test_ratio_is_exact(snr_db):
    rng = np.random.default_rng(0)
    samples = (0.1 * rng.standard_normal((2, 300000))).astype(np.float32)
    _, between = noise_of(rng, samples.shape)
    out = np.zeros_like(samples)
    mixing.add_at_snr(samples, between, snr_db, out=out)
    added = out.astype(np.float64) - samples
    found = 10 * np.log10(np.mean(samples.astype(np.float64) ** 2) / np.mean(added**2))
    assert found == pytest.approx(snr_db, abs=0.01)


def test_silence_stays_silent():
    samples = np.zeros((1, 5000), np.float32)
    _, between = noise_of(np.random.default_rng(0), samples.shape)
    out = np.zeros_like(samples)
    assert mixing.add_at_snr(samples, between, 0.0, out=out) == 0
    assert not out.any()


def test_one_channel_of_noise_goes_to_all():
    samples = np.ones((3, 1000), np.float32)
    _, between = noise_of(np.random.default_rng(0), (1, 1000))
    out = np.zeros_like(samples)
    mixing.add_at_snr(samples, between, 0.0, out=out)
    assert np.array_equal(out[0], out[2])


def test_power_of_blocks_is_power_of_the_whole():
    samples = np.random.default_rng(0).standard_normal((2, 600000)).astype(np.float32)
    assert mixing.power(samples) == pytest.approx(np.mean(samples.astype(np.float64) ** 2))
    assert mixing.power(samples[:, :0]) == 0
