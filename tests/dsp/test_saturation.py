import math

import numpy as np
import pytest

from toolkit.dsp.saturation import Saturation, draw_saturation


def test_curve_is_the_formula():
    samples = np.linspace(-0.5, 0.5, 101).astype(np.float32)[None]
    out = Saturation(3.0, 0.25).apply(samples, 0.5)
    naive = [0.75 * x + 0.25 * 0.5 * math.tanh(3 * x / 0.5) / 3 for x in samples[0].tolist()]
    np.testing.assert_allclose(out[0], naive, atol=1e-7)


def test_soft_passages_pass_and_the_level_of_the_file_does_not_matter():
    rng = np.random.default_rng(0)
    samples = rng.uniform(-1, 1, (1, 500)).astype(np.float32)
    curve = Saturation(4.0, 0.4)
    soft = 1e-3 * samples
    np.testing.assert_allclose(curve.apply(soft, 1.0), soft, rtol=1e-4)
    np.testing.assert_allclose(curve.apply(soft, 1e-3), 1e-3 * curve.apply(samples, 1.0), rtol=1e-5)
    silence = np.zeros((1, 4), np.float32)
    assert curve.apply(silence, 0.0) is silence


def test_draws_follow_the_published_law():
    curves = [draw_saturation(np.random.default_rng(seed)) for seed in range(400)]
    drive, share = np.array([(curve.drive, curve.share) for curve in curves]).T
    assert 0.74 < drive.min() < drive.max() < 4.52
    assert 0.03 < share.min() < share.max() < 0.4
    assert np.median(drive) == pytest.approx(2.2, abs=0.15)
    assert np.median(share) == pytest.approx(0.18, abs=0.015)
    exact = draw_saturation(np.random.default_rng(0), drive=5.0, share=1.0, spread=0.0)
    assert exact == Saturation(5.0, 1.0)
