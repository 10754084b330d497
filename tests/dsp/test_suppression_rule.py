import numpy as np
import pytest
from scipy import integrate

from toolkit.dsp.suppression_rule import gains_of


def ephraim_malah_1985(prior, ratio):
    """Equation 20: ξ/(1 + ξ) · exp(½ ∫_v^∞ e^-t/t dt), the integral by quadrature."""
    v = prior / (1 + prior) * ratio
    total = integrate.quad(lambda t: np.exp(-t) / t, v, 1, limit=200)[0] if v < 1 else 0.0
    total += integrate.quad(lambda t: np.exp(-t) / t, max(v, 1), np.inf)[0]
    return prior / (1 + prior) * np.exp(0.5 * total)


@pytest.mark.parametrize("prior", [0.01, 0.3, 1, 5, 100])
@pytest.mark.parametrize("ratio", [0.05, 0.5, 1, 3, 30, 1000])
def test_log_spectral_gains_are_those_of_the_paper(prior, ratio):
    one = np.full((1, 1), prior, np.float32), np.full((1, 1), ratio, np.float32)
    expected = min(ephraim_malah_1985(prior, ratio), 1)
    assert gains_of(*one, "log-spectral")[0, 0] == pytest.approx(expected, rel=0.004)
    assert gains_of(*one, "wiener")[0, 0] == pytest.approx(prior / (1 + prior))


@pytest.mark.parametrize("rule", ["wiener", "log-spectral"])
def test_gains_are_shares(rule):
    rng = np.random.default_rng(0)
    prior = (10 ** rng.uniform(-12, 12, (50, 50))).astype(np.float32)
    ratio = (10 ** rng.uniform(-12, 12, (50, 50))).astype(np.float32)
    prior[0], ratio[:, 0] = 0, 0
    gains = gains_of(prior, ratio, rule)
    assert gains.dtype == np.float32
    assert ((gains >= 0) & (gains <= 1)).all()
    assert not gains[0].any()
