import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.dsp.limiter import context, limiting_gain

RATE = 8000


@given(st.integers(0, 2**16), st.floats(-12, -0.1))
def test_no_sample_is_above_the_ceiling(seed, ceiling_db):
    rng = np.random.default_rng(seed)
    samples = (rng.standard_normal((2, 3000)) * np.exp(rng.normal(0, 2, 3000))).astype(np.float32)
    limited = samples * limiting_gain(samples, RATE, ceiling_db=ceiling_db)
    assert np.abs(limited).max() <= 10 ** (ceiling_db / 20) * (1 + 1e-6)


def test_what_is_quiet_is_left_alone():
    samples = np.full((1, 5000), 0.5, np.float32)
    samples[0, 2500] = 2.0
    gain = limiting_gain(samples, RATE, ceiling_db=0.0)
    assert gain[2500] == pytest.approx(0.5)
    assert np.allclose(gain[: 2500 - context(RATE)], 1)
    assert np.allclose(gain[2501 + context(RATE) :], 1)
    assert np.abs(np.diff(gain)).max() < 0.01


def test_a_block_with_context_gets_the_gain_of_the_whole():
    samples = np.random.default_rng(1).standard_normal((1, 6000)).astype(np.float32)
    whole = limiting_gain(samples, RATE, ceiling_db=-6)
    reach = context(RATE)
    part = limiting_gain(samples[:, 2000 - reach : 4000 + reach], RATE, ceiling_db=-6)
    assert np.allclose(part[reach:-reach], whole[2000:4000], atol=1e-6)


def test_nothing_at_all():
    assert limiting_gain(np.zeros((2, 0), np.float32), RATE, ceiling_db=-1).shape == (0,)
