import math

import numpy as np
import pytest

from toolkit.adapters import bss_eval

RATE = 8000


def pair(channels: int = 1, seconds: float = 4.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shape = channels, int(seconds * RATE)
    reference = rng.standard_normal(shape).astype(np.float32)
    error = rng.standard_normal(shape) * np.linspace(0.05, 0.5, shape[1])
    return reference, (0.8 * reference + error).astype(np.float32)


def naive(reference: np.ndarray, estimate: np.ndarray) -> float:
    figures = []
    for start in range(0, reference.shape[1] - RATE + 1, RATE):
        true = reference[:, start : start + RATE].astype(np.float64)
        found = estimate[:, start : start + RATE]
        if true.any() and found.any():
            figures.append(10 * np.log10((true**2).sum() / ((true - found) ** 2).sum()))
    return float(np.median(figures))


@pytest.mark.parametrize("channels", [1, 2])
def test_it_is_the_median_of_plain_ratios(channels):
    reference, estimate = pair(channels)
    assert bss_eval.sdr(reference, estimate, RATE) == pytest.approx(
        naive(reference, estimate), abs=1e-3
    )


def test_filters_do_not_decide():
    reference, estimate = pair(seconds=3.0)
    other = pair(seconds=3.0, seed=1)[0]
    truth = np.stack([reference.T, other.T]).astype(np.float64)
    found = np.stack([estimate.T, other.T + 0.1 * reference.T])
    long = bss_eval._metrics().bss_eval(truth, found, window=RATE, hop=RATE, filters_len=64)[0][0]
    assert bss_eval.sdr(reference, estimate, RATE) == pytest.approx(np.median(long), abs=1e-3)


def test_silent_seconds_are_left_out():
    reference, estimate = pair()
    reference[:, :RATE] = 0
    estimate[:, 3 * RATE :] = 0
    found = bss_eval.sdr(reference, estimate, RATE)
    assert found == pytest.approx(naive(reference, estimate), abs=1e-3)


def test_silence_has_no_figure_and_shortness_one():
    reference, estimate = pair(seconds=0.5)
    silence = np.zeros_like(reference)
    assert math.isnan(bss_eval.sdr(silence, estimate, RATE))
    assert math.isnan(bss_eval.sdr(reference, silence, RATE))
    assert math.isfinite(bss_eval.sdr(reference, estimate, RATE))


def test_a_silent_channel_does_not_stop_it():
    reference, estimate = pair(2)
    reference[1] = 0
    estimate[1] = 0
    found = bss_eval.sdr(reference, estimate, RATE)
    assert found == pytest.approx(naive(reference[:1], estimate[:1]), abs=1e-2)
