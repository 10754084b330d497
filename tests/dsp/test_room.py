import numpy as np
import pytest

from toolkit.dsp.room import impulse_response

RATE = 22050


def test_it_has_unit_energy_and_two_different_sides():
    response = impulse_response(0.8, RATE)
    assert response.shape == (2, round(0.8 * RATE))
    assert np.allclose((response.astype(float) ** 2).sum(axis=1), 1, atol=1e-5)
    assert abs(np.corrcoef(response)[0, 1]) < 0.2


@pytest.mark.parametrize("seconds", [0.5, 1.5])
def test_it_decays_by_sixty_decibels_in_its_time(seconds):
    response = impulse_response(seconds, RATE).astype(float)
    left = np.cumsum(response[:, ::-1] ** 2, axis=1)[:, ::-1].mean(axis=0)
    level = 10 * np.log10(left / left[0])
    # Schroeder's backward integral between -5 and -25 dB, extrapolated.
    early, late = np.argmax(level < -5), np.argmax(level < -25)
    assert 3 * (late - early) / RATE == pytest.approx(seconds, rel=0.35)


def test_the_same_seed_is_the_same_room():
    assert np.array_equal(impulse_response(0.4, RATE, seed=3), impulse_response(0.4, RATE, seed=3))
    assert not np.array_equal(impulse_response(0.4, RATE), impulse_response(0.4, RATE, seed=3))


@pytest.mark.parametrize("rate", [8000, 96000])
def test_any_rate(rate):
    assert np.isfinite(impulse_response(0.3, rate)).all()
