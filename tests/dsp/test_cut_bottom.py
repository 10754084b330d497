import numpy as np
import pytest

from toolkit.dsp.cut_bottom import with_bottom


def noise(mean, frames=400, seed=0):
    """Return the power of noise with a mean for each bin."""
    rng = np.random.default_rng(seed)
    power = rng.standard_exponential((frames, len(mean)))
    power[:, 0] = rng.standard_normal(frames) ** 2
    return (power * mean).astype(np.float32)


@pytest.mark.parametrize("cut", [1, 4, 12])
def test_noise_without_a_bottom_gets_one_3_db_below_its_neighbors(cut):
    mean = np.full(200, 1e-4)
    mean[:cut] *= 1e-3
    power = noise(mean)
    before = power.copy()
    filled = with_bottom(power, 0)
    np.testing.assert_array_equal(power, before)
    np.testing.assert_array_equal(filled[:, cut + 5 :], power[:, cut + 5 :])
    # The median over nine bins sees a hole narrower than five bins only at its edge.
    there = filled[:, :cut].mean(axis=0) if cut > 4 else filled[:, :1].mean(axis=0)
    np.testing.assert_allclose(10 * np.log10(there / 1e-4), -3, atol=1.5)


@pytest.mark.parametrize("tilt", [-1.0, 0.0, 0.3])
def test_noise_that_goes_on_downward_stays_as_it_is(tilt):
    power = noise(1e-4 * (np.arange(200) + 1.0) ** tilt)
    assert with_bottom(power, 0) is power


def test_notes_are_no_noise_with_a_hole_below():
    mean = np.full(200, 1e-8)
    power = noise(mean)
    # Three partials that never pause, each three bins wide.
    for partial in (9, 15, 21):
        power[:, partial - 1 : partial + 2] += 1e-3
    assert with_bottom(power, 0) is power


@pytest.mark.parametrize("shape", [(0, 200), (1, 200), (50, 3), (50, 0)])
def test_any_shape_and_silence(shape):
    power = np.zeros(shape, np.float32)
    assert with_bottom(power, -7) is power


def test_what_is_put_in_belongs_to_the_frame():
    mean = np.full(200, 1e-4)
    mean[:8] = 1e-12
    # Three times the same, so that every part has the same quiet moments.
    power = np.tile(noise(mean, frames=100), (3, 1))
    whole = with_bottom(power, -5)
    np.testing.assert_allclose(with_bottom(power[100:], 95), whole[100:], rtol=0.02)
    assert np.corrcoef(whole[:100, 0], whole[100:200, 0])[0, 1] < 0.5
